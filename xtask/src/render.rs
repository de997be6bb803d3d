//! Templates with an environment filled in. Pure but for reading `stacks/`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use tera::{Context, Tera};

use crate::config::Config;
use crate::error::Problem;
use crate::iam::Role;
use crate::keys::Facts;

/// The template of the account's shared resources, in `stacks/`.
pub const BOOTSTRAP_ACCOUNT: &str = "bootstrap-account";
/// The template of the region's shared resources, in `stacks/`.
pub const BOOTSTRAP_REGION: &str = "bootstrap-region";
/// The template of the certificate of an environment's domain, in `stacks/`.
pub const BOOTSTRAP_CERTIFICATE: &str = "bootstrap-certificate";
/// The template of a role for CI, in `stacks/`.
pub const BOOTSTRAP_ROLE: &str = "bootstrap-role";

/// The templates below `stacks/`, parsed once.
#[derive(Debug)]
pub struct Renderer {
    tera: Tera,
}

/// Every `*.yaml.tera` below `stacks/`, by its path relative to it.
pub(crate) fn sources(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let folder = root.join("stacks");
    let mut texts = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&folder) {
        let entry = entry.with_context(|| format!("cannot read `{}`", folder.display()))?;
        let relative = entry.path().strip_prefix(&folder).unwrap_or(entry.path());
        let Some(name) = relative.to_str().filter(|name| name.ends_with(".yaml.tera")) else { continue };
        let text = std::fs::read_to_string(entry.path()).with_context(|| format!("cannot read `stacks/{name}`"))?;
        texts.insert(name.to_owned(), text);
    }
    Ok(texts)
}

impl Renderer {
    /// Parses every template source.
    pub fn load(root: &Path) -> anyhow::Result<Self> {
        let mut tera = Tera::default();
        tera.add_raw_templates(sources(root)?).map_err(|error| explain(&error, "cannot parse `stacks/`"))?;
        tera.autoescape_on(vec![]);
        Ok(Self { tera })
    }

    /// A service's template, as CloudFormation gets it.
    pub fn service(&self, config: &Config, service: &str, keys: &BTreeMap<String, Facts>) -> anyhow::Result<String> {
        self.stack(config, service, keys, config.env.protected)
    }

    /// The template that a service's stack is created from, where it is another one: without what would keep CloudFormation
    /// from taking a failed creation back.
    pub fn creation(
        &self,
        config: &Config,
        service: &str,
        keys: &BTreeMap<String, Facts>,
    ) -> anyhow::Result<Option<String>> {
        if !config.env.protected {
            return Ok(None);
        }
        let text = self.stack(config, service, keys, false)?;
        Ok((text != self.service(config, service, keys)?).then_some(text))
    }

    /// `guarded`: resources that hold data refuse their deletion.
    fn stack(
        &self,
        config: &Config,
        service: &str,
        keys: &BTreeMap<String, Facts>,
        guarded: bool,
    ) -> anyhow::Result<String> {
        let spec = config.app.services.get(service).with_context(|| format!("no service `{service}`"))?;
        let mut context = context(config, service, guarded);
        let functions: BTreeMap<_, _> =
            spec.functions.iter().map(|name| (name.clone(), config.env.function(name))).collect();
        context.insert("functions", &functions);
        context.insert("keys", keys);
        let template = spec.stack.strip_prefix("stacks").unwrap_or(&spec.stack).display().to_string();
        self.render(&template, &context)
    }

    /// A service's template where AWS is not asked: its keys are placeholders, and nobody may deploy it.
    pub fn offline(&self, config: &Config, service: &str) -> anyhow::Result<String> {
        let spec = config.app.services.get(service).with_context(|| format!("no service `{service}`"))?;
        self.service(config, service, &Facts::placeholders(spec))
    }

    /// A bootstrap template: `BOOTSTRAP_ACCOUNT`, `BOOTSTRAP_REGION`, or under a domain `BOOTSTRAP_CERTIFICATE`.
    pub fn bootstrap(&self, config: &Config, name: &str) -> anyhow::Result<String> {
        self.render(&format!("{name}.yaml.tera"), &context(config, name, config.env.protected))
    }

    /// The template of a role for CI.
    pub fn role(&self, config: &Config, role: &Role) -> anyhow::Result<String> {
        let mut context = context(config, BOOTSTRAP_ROLE, config.env.protected);
        context.insert("role", role);
        self.render(&format!("{BOOTSTRAP_ROLE}.yaml.tera"), &context)
    }

    fn render(&self, template: &str, context: &Context) -> anyhow::Result<String> {
        let text = self
            .tera
            .render(template, context)
            .map_err(|error| explain(&error, &format!("cannot render `stacks/{template}`")))?;
        let text = tidy(&text);
        only_ascii(template, &text)?;
        Ok(text)
    }
}

fn context(config: &Config, service: &str, guarded: bool) -> Context {
    let env = &config.env;
    let mut context = Context::new();
    context.insert("app", &config.app.app);
    context.insert("prefix", &config.prefix());
    context.insert("service", service);
    context.insert("stack", &config.stack_name(service));
    context.insert("limits", &config.limits());
    let functions: BTreeMap<_, _> = config.app.services.iter().map(|(name, spec)| (name, &spec.functions)).collect();
    context.insert("services", &functions);
    let boundary = format!("arn:{}:iam::{}:policy/{}-boundary", env.partition(), env.account(), config.app.app);
    context.insert("boundary", &boundary);
    // The emulator refuses the type, and lets everybody in.
    let makes = config.app.github.as_ref().map(|github| github.makes_provider(env.account()));
    let makes = makes.filter(|_| env.endpoint().is_none());
    context.insert("makesOidcProvider", &(makes == Some(true)));
    context.insert("foundOidcProvider", &(makes == Some(false)));
    let mut facts = serde_json::json!({
        "name": env.name,
        "region": env.region,
        "account": env.account(),
        "protected": env.protected,
        "guarded": guarded,
        "emulated": env.endpoint().is_some(),
        "architecture": env.architecture.name(),
    });
    if let (Some(endpoint), Some(port)) = (env.endpoint(), env.emulator_port()) {
        facts["endpoint"] = endpoint.into();
        facts["port"] = port.into();
    }
    if let Some(domain) = &env.domain {
        facts["domain"] = serde_json::json!(domain);
    }
    if let Some(mail) = &env.mail {
        facts["mail"] = serde_json::json!(mail);
    }
    if let Some(topic) = &env.alarm_topic {
        facts["alarmTopic"] = topic.as_str().into();
    }
    context.insert("env", &facts);
    context
}

/// Macros leave blank lines and trailing blanks behind; without them the text is shorter and diffs are quieter.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.push("");
    lines.join("\n")
}

/// CloudFormation gives templates back with `?` for every other character: the comparison with what is live would
/// find a change for ever.
fn only_ascii(template: &str, text: &str) -> Result<(), Problem> {
    let lines = text.lines().enumerate();
    let Some((number, line)) = lines.into_iter().find(|(_, line)| !line.is_ascii()) else { return Ok(()) };
    let odd = line.chars().find(|c| !c.is_ascii()).unwrap_or_default();
    Err(Problem::usage(format!(
        "`stacks/{template}`: `{odd}` in line {} of the rendered text: `{}`",
        number + 1,
        line.trim()
    ))
    .hint("CloudFormation keeps ASCII only; write it in ASCII"))
}

fn explain(error: &tera::Error, what: &str) -> anyhow::Error {
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = cause {
        causes.push(one.to_string());
        cause = one.source();
    }
    Problem::usage(format!("{what}: {}", causes.join(": "))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudformation_would_mangle_is_refused_with_its_line() {
        assert!(only_ascii("a.yaml.tera", "a: 1\nb: 2\n").is_ok());
        let error = only_ascii("a.yaml.tera", "a: 1\nb: caf\u{e9}\n").unwrap_err().to_string();
        assert!(error.contains("stacks/a.yaml.tera") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn blank_lines_go_and_indentation_stays() {
        assert_eq!(tidy("a:\n\n  b: 1  \n   \nc: 2"), "a:\n  b: 1\nc: 2\n");
    }
}
