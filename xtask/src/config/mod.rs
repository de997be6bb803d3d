//! The configuration: `config/app.yaml` says what there is, `config/<environment>.yaml` where it goes.
//! Pure: text in, typed values or an error with file, line and column out. No AWS, no clock.

mod app;
mod branch;
mod environment;
mod function;
mod github;
mod position;
mod reference;
pub mod schema;
mod span;
mod validate;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

pub use app::{App, Key, Previews, Retention, Service, Site};
pub use branch::{PREVIEW_PREFIX, is_preview, preview_name};
pub use environment::{
    Architecture, Domain, Emulator, Environment, EnvironmentFile, FunctionSettings, Target, dns_suffix,
};
pub use function::find_function;
pub use github::{GitHub, PREVIEW_ENVIRONMENT, RepositoryIds, RoleClass};
pub use reference::{OutputRef, Outputs, Value};
pub use span::Span;

use crate::error::{Problem, suggestion};

/// The account number that the emulator answers with.
pub const EMULATED_ACCOUNT: &str = "000000000000";

/// The application with one of its environments, checked against each other.
#[derive(Clone, Debug)]
pub struct Config {
    /// The repository's root; every path in the configuration starts here.
    pub root: PathBuf,
    /// What there is.
    pub app: App,
    /// Where it goes.
    pub env: Environment,
}

impl Config {
    /// Reads and checks `config/app.yaml` and the environment's file; `None` means the default environment.
    pub fn load(root: &Path, environment: Option<&str>) -> anyhow::Result<Self> {
        let app = load_app(root)?;
        let name = environment.unwrap_or(&app.default_environment).to_owned();
        let env = load_environment(root, &app, &name)?;
        Ok(Self { root: root.to_owned(), app, env })
    }

    /// The configuration in another folder, for this environment: sizes, limits and services are that folder's; where the
    /// environment is, who may reach it and how it is guarded stay what they are.
    pub fn as_of(&self, folder: &Path) -> anyhow::Result<Self> {
        let (file, text) = read(folder, "app")?;
        let app: App = position::parse(&file, &text)?;
        validate::app(&app, &file, &text)?;
        if app.app != self.app.app {
            let text = format!("the release is of the application `{}`, this clone is of `{}`", app.app, self.app.app);
            return Err(Problem::failed(text).hint("run this in a clone of that application").into());
        }
        let (file, text) = read(folder, &self.env.name)?;
        let now = &self.env;
        let parsed = Environment::resolve(&now.name, position::parse(&file, &text)?);
        let env = Environment {
            like: now.like.clone(),
            labels: now.labels.clone(),
            domain: if now.like.is_some() { None } else { parsed.domain.clone() },
            target: now.target.clone(),
            region: now.region.clone(),
            protected: now.protected,
            profile: now.profile.clone(),
            ..parsed
        };
        validate::environment(&app, &env, &file, &text)?;
        Ok(Self { root: folder.to_owned(), app, env })
    }

    /// `{app}-{environment}`, the prefix of every name.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}-{}", self.app.app, self.env.name)
    }

    /// The name of a service's stack.
    #[must_use]
    pub fn stack_name(&self, service: &str) -> String {
        format!("{}-{service}", self.prefix())
    }

    /// The bucket of code artifacts: one per application, account and region.
    #[must_use]
    pub fn artifact_bucket(&self) -> String {
        format!("{}-artifacts-{}-{}", self.app.app, self.env.account(), self.env.region)
    }

    /// A named limit: the environment's, else the application's.
    #[must_use]
    pub fn limits(&self) -> std::collections::BTreeMap<String, u64> {
        let mut limits = self.app.limits.clone();
        limits.extend(self.env.limits.clone());
        limits
    }
}

/// Reads and checks `config/app.yaml` alone.
pub fn load_app(root: &Path) -> anyhow::Result<App> {
    let (file, text) = read(root, "app")?;
    let app: App = position::parse(&file, &text)?;
    validate::app(&app, &file, &text)?;
    validate::files(&app, root, (&file, &text), &environments(root))?;
    Ok(app)
}

/// What the app is called. Nothing else of the file is looked at.
pub fn app_name(root: &Path) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Named {
        app: String,
    }
    let (file, text) = read(root, "app")?;
    Ok(position::parse::<Named>(&file, &text)?.app)
}

/// Checks a text that is to become `config/app.yaml`, with every environment; what it names need not be there yet.
pub fn check_app(root: &Path, text: &str) -> anyhow::Result<()> {
    let file = "config/app.yaml";
    let app: App = position::parse(file, text)?;
    validate::app(&app, file, text)?;
    environments(root).iter().try_for_each(|name| load_environment(root, &app, name).map(drop))
}

/// The environment of a branch: as `branches:` maps it, else one of its own where `previews:` lets branches have that.
pub fn environment_of_branch(app: &App, branch: &str) -> Result<String, Problem> {
    let own = || app.previews.as_ref().map(|_| preview_name(branch));
    app.branches.get(branch).cloned().or_else(own).ok_or_else(|| {
        let known = app.branches.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        Problem::usage(format!("no environment for branch `{branch}`: `branches` in config/app.yaml has {known}"))
            .hint(format!("add `{branch}: <environment>` under `branches`, or `previews`, or pass `--env`"))
    })
}

/// The names of the environments that have a file, sorted.
#[must_use]
pub fn environments(root: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root.join("config")) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".yaml").map(str::to_owned))
        .filter(|name| name != "app")
        .collect();
    names.sort();
    names
}

fn load_environment(root: &Path, app: &App, name: &str) -> anyhow::Result<Environment> {
    if branch::is_reserved(name) {
        return load_preview(root, app, name);
    }
    load_file(root, app, name)
}

/// The environment of a branch: the file that `previews` names, under another name.
fn load_preview(root: &Path, app: &App, name: &str) -> anyhow::Result<Environment> {
    if root.join(format!("config/{name}.yaml")).is_file() {
        let text = format!("config/{name}.yaml: names like `{name}` are those of branches' environments");
        let hint = format!("rename it: any name but `{}` that does not begin with `{PREVIEW_PREFIX}`", branch::ALONE);
        return Err(Problem::usage(text).hint(hint).into());
    }
    let Some(previews) = app.previews.as_ref().filter(|_| is_preview(name)) else {
        let text = format!("no environment `{name}`: no branch has it");
        return Err(Problem::usage(text).hint("pass `--branch`, or see `cargo xtask env list`").into());
    };
    let base = load_file(root, app, &previews.like)?;
    if base.protected {
        let text = format!("config/app.yaml: `previews.like` is `{}`, which is protected", previews.like);
        return Err(Problem::usage(text).hint("name an environment that may end by itself").into());
    }
    let env = base.for_branch(name);
    let (file, text) = read(root, &previews.like)?;
    validate::environment(app, &env, &file, &text)?;
    Ok(env)
}

fn load_file(root: &Path, app: &App, name: &str) -> anyhow::Result<Environment> {
    if !root.join(format!("config/{name}.yaml")).is_file() {
        let known = environments(root);
        let problem = Problem::usage(format!("no environment `{name}`: there is no config/{name}.yaml"));
        return Err(problem.hint(suggestion(name, "environments", &known)).into());
    }
    let (file, text) = read(root, name)?;
    let parsed = position::parse(&file, &text)?;
    let env = Environment::resolve(name, parsed);
    validate::environment(app, &env, &file, &text)?;
    Ok(env)
}

fn read(root: &Path, name: &str) -> anyhow::Result<(String, String)> {
    let file = format!("config/{name}.yaml");
    let text = std::fs::read_to_string(root.join(&file)).with_context(|| format!("cannot read `{file}`"))?;
    Ok((file, text))
}

#[cfg(test)]
impl Config {
    /// An application and an environment for tests, without files.
    pub(crate) fn sample(app: &str, target: Target) -> Self {
        let parsed = |text: &str| serde_yaml::from_str(text).map_err(|error| error.to_string());
        let functions = serde_yaml::from_str("{memory: 128, timeout: 3, retention: 7}");
        let (Ok(app), Ok(functions)) = (parsed(app), functions) else { panic!("no configuration: {app}") };
        let env = Environment {
            name: "dev".into(),
            like: None,
            branch: None,
            labels: std::collections::BTreeMap::new(),
            target,
            profile: None,
            github_environment: None,
            region: "eu-central-1".into(),
            protected: false,
            architecture: Architecture::Arm64,
            functions,
            limits: std::collections::BTreeMap::new(),
            domain: None,
            alarm_topic: None,
            mail: None,
        };
        Self { root: PathBuf::from("/nowhere"), app, env }
    }
}
