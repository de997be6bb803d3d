//! The text of each workflow, from the templates of this program.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
use tera::{Context, Tera};

use super::actions;
use super::paths::paths;
use crate::affected::reaches;
use crate::build::Workspace;
use crate::config::{Architecture, Config, GitHub, PREVIEW_ENVIRONMENT, RoleClass, load_app};
use crate::error::Problem;

const SHARED: (&str, &str) = ("shared", include_str!("../../templates/ci/shared.yml.tera"));
const SERVICE: &str = include_str!("../../templates/ci/service.yml.tera");
const PULL_REQUEST: &str = include_str!("../../templates/ci/pull-request.yml.tera");
const PREVIEW: &str = include_str!("../../templates/ci/preview.yml.tera");
const ENVIRONMENTS: &str = include_str!("../../templates/ci/environments.yml.tera");

/// File name → text of every workflow.
///
/// # Errors
/// A wrong configuration where it names no repository, or a branch whose environment is this machine.
pub fn workflows(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let app = load_app(root)?;
    let Some(github) = &app.github else {
        return Err(Problem::usage("config/app.yaml has no `github`: nobody knows whose workflows these are")
            .hint("add `github: { repository: owner/name }`")
            .into());
    };
    let tera = templates()?;
    let mut targets = Vec::new();
    for (branch, name) in &app.branches {
        let config = aws(root, name, &format!("branches.{branch}"))?;
        targets.push(target(&config, github, branch)?);
    }
    let mut context = Context::new();
    context.insert("image", &github.image);
    context.insert("targets", &targets);
    context.insert("branches", &app.branches.keys().collect::<Vec<_>>());
    let mut files = BTreeMap::new();
    for (service, reach) in &reaches(root, &app, &Workspace::load(root)?)? {
        let mut context = context.clone();
        context.insert("service", service);
        context.insert("paths", &paths(&app, reach));
        files.insert(format!("deploy-{service}.yml"), render(&tera, "service", &context)?);
    }
    files.insert("pull-request.yml".to_owned(), render(&tera, "pull-request", &context)?);
    if let Some(previews) = &app.previews {
        let config = aws(root, &previews.like, "previews.like")?;
        context.insert("role", &RoleClass::Preview.arn(&config.app, &config.env));
        context.insert("region", &config.env.region);
        context.insert("runner", runner(config.env.architecture));
        context.insert("environment", PREVIEW_ENVIRONMENT);
        files.insert("preview.yml".to_owned(), render(&tera, "preview", &context)?);
        files.insert("environments.yml".to_owned(), render(&tera, "environments", &context)?);
    }
    Ok(files)
}

/// An environment that lives on AWS.
fn aws(root: &Path, name: &str, place: &str) -> anyhow::Result<Config> {
    let config = Config::load(root, Some(name))?;
    if config.env.endpoint().is_none() {
        return Ok(config);
    }
    let text =
        format!("config/app.yaml: `{place}` is `{name}`, the emulator of one machine: no workflow can deploy there");
    Err(Problem::usage(text).hint("name an environment with an `account`").into())
}

fn target(config: &Config, github: &GitHub, branch: &str) -> anyhow::Result<Value> {
    let (app, env) = (&config.app, &config.env);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !branch.chars().all(plain) {
        let text = format!("config/app.yaml: branch `{branch}` cannot be named in a workflow");
        return Err(Problem::usage(text).hint("letters, digits and `-_./`").into());
    }
    Ok(json!({
        "branch": branch,
        "environment": env.name,
        "github_environment": env.github_environment(),
        "role": RoleClass::Deploy(env.name.clone()).arn(app, env),
        "plan_role": RoleClass::Plan.arn(app, env),
        "region": env.region,
        "runner": runner(env.architecture),
        "default": branch == github.default_branch,
    }))
}

/// A runner of the functions' own processor: what is built there needs no cross toolchain.
fn runner(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "ubuntu-24.04-arm",
        Architecture::X86_64 => "ubuntu-24.04",
    }
}

fn templates() -> anyhow::Result<Tera> {
    let mut tera = Tera::default();
    tera.register_function("gh", expression);
    let own = [
        SHARED,
        ("service", SERVICE),
        ("pull-request", PULL_REQUEST),
        ("preview", PREVIEW),
        ("environments", ENVIRONMENTS),
    ];
    tera.add_raw_templates(own).context("the workflows' templates are broken")?;
    tera.autoescape_on(vec![]);
    Ok(tera)
}

/// GitHub's own expressions, whose brackets are those of the templates, too.
fn expression(args: &HashMap<String, Value>) -> tera::Result<Value> {
    let text = args.get("e").and_then(Value::as_str).ok_or_else(|| tera::Error::msg("gh() takes e: an expression"))?;
    Ok(format!("${{{{ {text} }}}}").into())
}

fn render(tera: &Tera, name: &str, context: &Context) -> anyhow::Result<String> {
    let mut context = context.clone();
    for action in actions::ALL {
        let short = action.name.rsplit('/').next().unwrap_or(action.name).replace('-', "_");
        context.insert(short, &action.pinned());
    }
    let text = tera.render(name, &context).with_context(|| format!("cannot render the workflow `{name}`"))?;
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.push("");
    Ok(lines.join("\n"))
}
