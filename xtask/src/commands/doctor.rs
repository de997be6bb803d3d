//! `doctor`: every prerequisite, the version found, how to get what is missing, and what stands in the way of a deploy.

use std::path::Path;

use serde_json::{Value, json};

use super::Ctx;
use super::test::browser;
use crate::aws::Aws;
use crate::cli::DoctorArgs;
use crate::config::Config;
use crate::deploy::{Source, World};
use crate::error::{Exit, Problem, hints};
use crate::local::{self, OLDEST_PYTHON, Python, Version};
use crate::preflight::tools::{Tool, across, at_least, node, rust, version};
use crate::preflight::{self, Weight};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    name: &'static str,
    found: Result<String, String>,
    required: bool,
    remedy: String,
}

impl From<Tool> for Check {
    fn from((name, found, remedy): Tool) -> Self {
        Self::of(name, found, remedy)
    }
}

impl Check {
    fn of(name: &'static str, found: Result<String, String>, remedy: impl Into<String>) -> Self {
        Self { name, found, required: true, remedy: remedy.into() }
    }

    /// Something that is nice to have, or that is made when it is needed.
    fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    fn line(&self) -> String {
        match (&self.found, self.required) {
            (Ok(found), _) => format!("ok       {:<15}{found}", self.name),
            (Err(lack), true) => format!("missing  {:<15}{lack}; {}", self.name, self.remedy),
            (Err(lack), false) => format!("optional {:<15}{lack}; {}", self.name, self.remedy),
        }
    }
}

pub(super) async fn run(args: DoctorArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let config = ctx.config(&args.env)?;
    let mut checks = tools();
    match config.env.emulator_port() {
        Some(_) => checks.push(emulator(ctx, &config).await?),
        None => checks.extend(aws(&config).await),
    }
    if checks.last().is_some_and(|reached| reached.found.is_ok()) {
        checks.extend(deploy(&config).await?);
    }
    let missing: Vec<&str> = missing(&checks).collect();
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&data(&config.env.name, &checks))?);
        return Ok(if missing.is_empty() { Exit::Done } else { Exit::Failed });
    }
    for check in &checks {
        ctx.ui.data(check.line());
    }
    if missing.is_empty() {
        return Ok(Exit::Done);
    }
    let message = format!("environment `{}` cannot be deployed from here: {}", config.env.name, missing.join(", "));
    Err(Problem::failed(message).hint("the table says how to get each").into())
}

fn data(environment: &str, checks: &[Check]) -> Value {
    let check = |one: &Check| {
        let remedy = one.found.is_err().then_some(&one.remedy);
        let (found, lack) = (one.found.as_ref().ok(), one.found.as_ref().err());
        json!({"name": one.name, "found": found, "lack": lack, "required": one.required, "remedy": remedy})
    };
    let ready = missing(checks).next().is_none();
    json!({"environment": environment, "ready": ready, "checks": checks.iter().map(check).collect::<Vec<_>>()})
}

/// The names of what is required and not there.
fn missing(checks: &[Check]) -> impl Iterator<Item = &'static str> {
    checks.iter().filter(|check| check.required && check.found.is_err()).map(|check| check.name)
}

fn tools() -> Vec<Check> {
    let python = match Python::find() {
        Ok(python) => Check::of("python3", Ok(format!("{} with venv", python.version)), ""),
        Err(problem) => {
            let error = anyhow::Error::from(problem);
            let remedy = hints(&error).collect::<Vec<_>>().join("; ");
            Check::of("python3", Err(format!("{error}, {OLDEST_PYTHON} or newer is needed")), remedy)
        }
    };
    let browser = browser::installed().ok_or("none found").map(|path| describe(&path));
    let mut checks: Vec<Check> = rust().map(Check::from).into();
    checks.push(python);
    checks.extend(node().map(Check::from));
    checks.extend([
        Check::of("git", at_least(version("git"), &[]), "https://git-scm.com/downloads"),
        Check::of("browser", browser.map_err(str::to_owned), "`cargo xtask test` gets a Chromium where it can")
            .optional(),
    ]);
    checks
}

async fn emulator(ctx: &Ctx, config: &Config) -> anyhow::Result<Check> {
    let status = local::status(ctx, config).await?;
    let found = status.running.map(|(pid, _)| format!("{} (pid {pid})", status.endpoint));
    Ok(Check::of("emulator", found.ok_or_else(|| "not running".to_owned()), "`cargo xtask deploy` starts it")
        .optional())
}

/// What a deploy of everything would look at before its first write.
async fn deploy(config: &Config) -> anyhow::Result<Vec<Check>> {
    let aws = Aws::connect(&config.env).await;
    let world = World::look(&aws, config).await?;
    let services = config.app.services.keys().cloned().collect();
    let templates = preflight::templates(config, &Source::checkout(config)?, &services)?;
    let mut found = preflight::look(&aws, config, &templates, &world.services).await?;
    found.extend(preflight::lost_code(&aws, config, &world).await?);
    if found.is_empty() {
        return Ok(vec![Check::of("deploy", Ok(format!("nothing in the way of {} stacks", services.len())), "")]);
    }
    let check = |one: preflight::Finding| Check {
        required: one.weight == Weight::Stops,
        ..Check::of("deploy", Err(format!("`{}`: {}", one.stack, one.problem)), one.remedy)
    };
    Ok(found.into_iter().map(check).collect())
}

async fn aws(config: &Config) -> Vec<Check> {
    let mut checks: Vec<Check> = across(config).into_iter().map(Check::from).collect();
    let identity = Aws::connect(&config.env).await.identify(&config.env).await;
    let remedy = identity.as_ref().err().map(|error| hints(error).collect::<Vec<_>>().join("; ")).unwrap_or_default();
    let found =
        identity.map(|who| format!("{} in account {}", who.arn, who.account)).map_err(|error| error.to_string());
    checks.push(Check::of("credentials", found, remedy));
    checks
}

fn describe(browser: &Path) -> String {
    let version = Version::of(browser, "--version").map(|version| format!("{version} ")).unwrap_or_default();
    format!("{version}{}", browser.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_counts_as_missing() {
        let lack = |name| Check::of(name, Err("not found".to_owned()), "get it");
        let checks = [lack("node"), lack("browser").optional(), Check::of("git", Ok("2.39.5".to_owned()), "")];
        assert_eq!(missing(&checks).collect::<Vec<_>>(), ["node"]);
        let told = data("dev", &checks);
        assert_eq!(told["ready"], false);
        let node = json!({"name": "node", "found": null, "lack": "not found", "required": true, "remedy": "get it"});
        assert_eq!(told["checks"][0], node);
        assert_eq!((&told["checks"][2]["found"], &told["checks"][2]["remedy"]), (&json!("2.39.5"), &Value::Null));
        assert_eq!(data("dev", &checks[1..])["ready"], true);
        assert_eq!(checks[0].line(), "missing  node           not found; get it");
        assert_eq!(checks[2].line(), "ok       git            2.39.5");
    }
}
