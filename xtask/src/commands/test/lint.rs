//! Formatting, clippy, generated files, cfn-lint on every environment, the TypeScript projects.

use std::process::Command;

use super::super::Ctx;
use super::runner::{cargo, check};
use super::tally::Tally;
use super::unit::npm_projects;
use crate::config::{Config, environments, schema};
use crate::local::Venv;
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};
use crate::site::npm;

/// The linter of CloudFormation's own schemas, in a virtual environment of its own.
const CFN_LINT: &str = "cfn-lint==1.58.0\n";

pub(super) async fn run(ctx: &Ctx) -> anyhow::Result<Tally> {
    let mut tally = check(ctx, &ctx.root, &mut cargo(&["fmt", "--all", "--check"]))?;
    let targets = ["clippy", "--locked", "--quiet", "--workspace", "--all-targets", "--all-features"];
    tally += check(ctx, &ctx.root, &mut cargo(&[&targets[..], &["--", "-D", "warnings"]].concat()))?;
    let stale = schema::stale(&ctx.root);
    if !stale.is_empty() {
        ctx.ui.warn(format!("config/schema/ is out of date ({}): run `cargo xtask config schema`", stale.join(", ")));
    }
    tally += Tally::check(stale.is_empty());
    tally += templates(ctx)?;
    for project in npm_projects(ctx)? {
        npm::install(&ctx.ui, &project).await?;
        tally += check(ctx, &project, Command::new("npm").args(["run", "--silent", "lint"]))?;
        if project.join("tsconfig.json").is_file() {
            tally += check(ctx, &project, Command::new("npm").args(["run", "--silent", "typecheck"]))?;
        }
    }
    Ok(tally)
}

/// cfn-lint on all templates of each environment, as one check per environment.
fn templates(ctx: &Ctx) -> anyhow::Result<Tally> {
    let venv = Venv::new(&ctx.target().join("lint"), "cfn-lint", CFN_LINT, "import cfnlint");
    venv.ensure(&ctx.ui)?;
    let renderer = Renderer::load(&ctx.root)?;
    let mut tally = Tally::default();
    for name in environments(&ctx.root) {
        let config = Config::load(&ctx.root, Some(&name))?;
        let folder = ctx.target().join("lint").join(&name);
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(venv.python().with_file_name("cfn-lint"));
        command.args(["--regions", &config.env.region, "--"]);
        let mut write = |template: &str, text: String| {
            let path = folder.join(format!("{template}.yaml"));
            command.arg(&path);
            std::fs::write(path, text)
        };
        for bootstrap in [BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION] {
            write(bootstrap, renderer.bootstrap(&config, bootstrap)?)?;
        }
        for service in config.app.services.keys() {
            write(service, renderer.service(&config, service)?)?;
        }
        tally += check(ctx, &ctx.root, &mut command)?;
    }
    Ok(tally)
}
