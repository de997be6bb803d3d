//! Tests of the deployed app: a fresh emulator, a real deploy by this very binary, then HTTP, deployer and browser.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use super::super::Ctx;
use super::runner::{agree, cargo, run as run_program};
use super::tally::Tally;
use super::{browser, lint, report};
use crate::cli::Suite;
use crate::config::Config;
use crate::error::Problem;
use crate::local::{self, Venv};
use crate::site::npm;

/// The environment that is reset and deployed for the tests.
const ENVIRONMENT: &str = "test";

pub(super) async fn run(ctx: &Ctx, suites: &[Suite], program: &Path) -> Tally {
    let start = Instant::now();
    let mut total = Tally::default();
    match deploy(ctx, program).await {
        Ok(outputs) => {
            for suite in suites {
                let start = Instant::now();
                let tally = match suite {
                    Suite::Browser => in_browser(ctx, &outputs, program).await,
                    _ => over_http(ctx, &outputs, program),
                };
                total += report(ctx, *suite, tally, start);
            }
        }
        Err(error) => total += report(ctx, suites[0], Err(error), start),
    }
    // Whatever has happened: a test run leaves nothing running.
    if let Err(error) = stop(ctx).await {
        ctx.ui.warn(format!("{error:#}"));
    }
    total
}

/// Deploys to an emulator without a past; returns the file that holds the outputs.
pub(in crate::commands) async fn deploy(ctx: &Ctx, program: &Path) -> anyhow::Result<PathBuf> {
    let config = Config::load(&ctx.root, Some(ENVIRONMENT))?;
    local::reset(ctx, &config).await?;
    let ran = run_program(ctx, &ctx.root, Command::new(program).args(["deploy", "--env", ENVIRONMENT, "--yes"]))?;
    if !ran.success {
        return Err(Problem::failed("the app could not be deployed for its tests").into());
    }
    let outputs =
        Command::new(program).args(["outputs", "--env", ENVIRONMENT, "--json"]).current_dir(&ctx.root).output()?;
    if !outputs.status.success() {
        return Err(Problem::failed("the outputs of the deployed app cannot be read").into());
    }
    let folder = ctx.target().join("test");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let file = folder.join("outputs.json");
    std::fs::write(&file, outputs.stdout).with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(file)
}

pub(in crate::commands) async fn stop(ctx: &Ctx) -> anyhow::Result<()> {
    let config = Config::load(&ctx.root, Some(ENVIRONMENT))?;
    local::stop(ctx, &config).await?;
    Ok(())
}

fn over_http(ctx: &Ctx, outputs: &Path, program: &Path) -> anyhow::Result<Tally> {
    let mut command =
        cargo(&["test", "--locked", "--quiet", "--package", "tests", "--features", "e2e", "--no-fail-fast"]);
    command.env("E2E_OUTPUTS", outputs).env("E2E_XTASK", program).env("E2E_SCHEMATHESIS", schemathesis(ctx)?);
    command.env("E2E_CFN_LINT", lint::cfn_lint(ctx)?);
    let ran = run_program(ctx, &ctx.root, &mut command)?;
    agree("cargo test", Tally::of_cargo(&ran.output), ran.success)
}

/// The program that tests an API against its OpenAPI document, in a virtual environment of its own.
fn schemathesis(ctx: &Ctx) -> anyhow::Result<PathBuf> {
    let list = ctx.root.join("tests/contract/requirements.txt");
    let requirements = std::fs::read_to_string(&list).with_context(|| format!("cannot read `{}`", list.display()))?;
    let venv = Venv::new(&ctx.target().join("test"), "schemathesis", &requirements, "import schemathesis");
    venv.ensure(&ctx.ui)?;
    Ok(venv.python().with_file_name("schemathesis"))
}

async fn in_browser(ctx: &Ctx, outputs: &Path, program: &Path) -> anyhow::Result<Tally> {
    let project = ctx.root.join("tests/browser");
    npm::install(&ctx.ui, &project).await?;
    let browser = browser::find(ctx, &project)?;
    let mut command = Command::new("npm");
    command.args(["test"]).env("E2E_OUTPUTS", outputs).env("E2E_XTASK", program).env("BROWSER_PATH", browser);
    let ran = run_program(ctx, &project, &mut command)?;
    agree("node --test", Tally::of_node(&ran.output), ran.success)
}
