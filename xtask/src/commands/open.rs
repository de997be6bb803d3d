//! `open`: a site, an API, the dashboard or the console in the browser.

use std::io::ErrorKind;

use serde_json::json;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::OpenArgs;
use crate::config::{App, Config, Outputs};
use crate::deploy::{observe, scope};
use crate::error::Problem;

pub(super) async fn run(args: OpenArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let url = if args.console {
        console(&config, args.service.as_deref())?
    } else {
        let aws = Aws::connect(&config.env).await;
        aws.identify(&config.env).await?;
        let stacks = observe(&aws, &config).await?;
        let outputs = stacks.into_iter().map(|(service, live)| (service, live.outputs)).collect();
        choose(&config.app, &outputs, &args, &config.env.name)?
    };
    let url = web(url)?;
    if !args.json {
        ctx.ui.data(&url);
    }
    // Where there is no browser, the URL is what a person needs.
    let opened = ::open::that_detached(&url);
    if let Err(error) = &opened {
        ctx.ui.warn(format!("no browser could be opened: {}", why(error)));
    }
    if args.json {
        ctx.ui.data(json!({"url": url, "opened": opened.is_ok()}).to_string());
    }
    Ok(())
}

/// An opener's own error is a number for those who know it.
fn why(error: &std::io::Error) -> &'static str {
    if error.kind() == ErrorKind::NotFound {
        "this machine has no program that opens URLs, such as xdg-open"
    } else {
        "the program that opens URLs on this machine found none, or failed"
    }
}

/// What a stack puts out is handed to another program only where it is a page: an opener starts anything else, too.
fn web(url: String) -> Result<String, Problem> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(url);
    }
    Err(Problem::failed(format!("`{url}` is no page: expected `https://` or `http://`"))
        .hint("correct the output in the stack's template"))
}

/// The URL among the outputs.
fn choose(app: &App, outputs: &Outputs, args: &OpenArgs, environment: &str) -> Result<String, Problem> {
    let output = |service: &str, name: &str| outputs.get(service).and_then(|values| values.get(name)).cloned();
    let missing = |what: String| {
        Problem::failed(format!("environment `{environment}` has no {what}"))
            .hint(format!("cargo xtask deploy --env {environment}"))
    };
    if args.dashboard {
        let found = outputs.values().find_map(|values| values.get("DashboardUrl")).cloned();
        return found.ok_or_else(|| missing("output `DashboardUrl`".to_owned()));
    }
    if let Some(service) = &args.service {
        scope::known(app, &[service.to_owned()])?;
        let found = output(service, "SiteUrl").or_else(|| output(service, "ApiUrl"));
        return found.ok_or_else(|| missing(format!("`{service}.SiteUrl` and no `{service}.ApiUrl`")));
    }
    let mut sites = app.services.iter().filter(|(_, spec)| spec.site.is_some());
    sites.find_map(|(service, _)| output(service, "SiteUrl")).ok_or_else(|| missing("site".to_owned()))
}

/// CloudFormation's list of stacks, filtered.
fn console(config: &Config, service: Option<&str>) -> Result<String, Problem> {
    if config.env.endpoint().is_some() {
        let text = format!("environment `{}` is emulated: it has no console", config.env.name);
        return Err(Problem::usage(text).hint("cargo xtask status shows its stacks"));
    }
    let filter = match service {
        Some(service) => {
            scope::known(&config.app, &[service.to_owned()])?;
            config.stack_name(service)
        }
        None => config.prefix(),
    };
    let (region, host) = (&config.env.region, host(config.env.partition()));
    Ok(format!(
        "https://{region}.console.{host}/cloudformation/home?region={region}#/stacks?filteringText={filter}&filteringStatus=active"
    ))
}

/// The console's domain per partition (AWS General Reference, "AWS service endpoints").
fn host(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.cn",
        "aws-us-gov" => "amazonaws-us-gov.com",
        _ => "aws.amazon.com",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cli::EnvArgs;

    fn url(service: Option<&str>, dashboard: bool) -> Result<String, Problem> {
        let app: App = serde_yaml::from_str(
            "{app: demo, defaultEnvironment: dev, homeRegion: r, services: {
               web: {stack: s, site: {source: web, output: dist}}, orders: {stack: s}, mail: {stack: s}}}",
        )
        .unwrap();
        let values = |name: &str, url: &str| BTreeMap::from([(name.to_owned(), url.to_owned())]);
        let outputs = Outputs::from([
            ("web".to_owned(), values("SiteUrl", "site")),
            ("orders".to_owned(), values("ApiUrl", "api")),
            ("mail".to_owned(), values("DashboardUrl", "board")),
        ]);
        let args = OpenArgs {
            env: EnvArgs::default(),
            service: service.map(str::to_owned),
            dashboard,
            console: false,
            json: false,
        };
        choose(&app, &outputs, &args, "dev")
    }

    #[test]
    fn a_machine_without_a_browser_is_told_in_words() {
        let failed = std::io::Error::other("Launcher \"xdg-open\" failed with ExitStatus(unix_wait_status(768))");
        assert_eq!(why(&failed), "the program that opens URLs on this machine found none, or failed");
        assert!(why(&ErrorKind::NotFound.into()).contains("no program that opens URLs"));
    }

    #[test]
    fn only_pages_are_opened() {
        assert!(web("https://x.example/".into()).is_ok() && web("http://x.localhost:1/".into()).is_ok());
        for other in ["file:///etc/passwd", "/bin/sh", "javascript:alert(1)", "httpsx://y", "--help", ""] {
            assert!(web(other.into()).unwrap_err().to_string().contains("is no page"), "{other}");
        }
    }

    #[test]
    fn the_site_is_opened_unless_something_else_is_named() {
        assert_eq!(url(None, false).unwrap(), "site");
        assert_eq!(url(Some("web"), false).unwrap(), "site");
        assert_eq!(url(Some("orders"), false).unwrap(), "api");
        assert_eq!(url(None, true).unwrap(), "board");
        assert!(url(Some("mail"), false).unwrap_err().to_string().contains("mail.ApiUrl"));
        assert!(url(Some("order"), false).unwrap_err().to_string().contains("no service `order`"));
    }
}
