//! `bench functions` and `bench growth`: build what AWS would get and hand it to the workspace's own driver, the package
//! `bench`, which knows what the functions do and prints what it measured.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use super::super::Ctx;
use super::super::test::live;
use super::super::test::runner::{cargo, run};
use crate::build::{Plan, package_all};
use crate::cli::EnvArgs;
use crate::config::Architecture;
use crate::error::Problem;
use crate::local::Venv;

/// The driver's package and folder.
const DRIVER: &str = "bench";

/// The functions driven one by one, as Lambda does, beside the driver's baseline.
pub(super) async fn alone(ctx: &Ctx) -> anyhow::Result<()> {
    let setup = prepare(ctx).await?;
    drive(ctx, "functions", &setup, None)
}

/// The app deployed to the emulator of the tests, driven over HTTP.
pub(super) async fn deployed(ctx: &Ctx) -> anyhow::Result<()> {
    let setup = prepare(ctx).await?;
    let program = std::env::current_exe().context("cannot find the running program")?;
    let driven = match live::deploy(ctx, &program).await {
        Ok(outputs) => drive(ctx, "growth", &setup, Some(&outputs)),
        Err(error) => Err(error),
    };
    live::stop(ctx).await?;
    driven
}

/// Builds the zips for this machine's processor and the baseline's environment; returns the file that names them.
async fn prepare(ctx: &Ctx) -> anyhow::Result<PathBuf> {
    let config = ctx.config(&EnvArgs::default())?;
    let packages: Vec<String> = config.app.services.values().filter_map(|service| service.package.clone()).collect();
    let host = Architecture::host().context("this machine's processor is none of Lambda's")?;
    let zips = package_all(&ctx.ui, &config, &packages, Plan::release_for(host)).await?;
    let scratch = ctx.target().join("bench/functions");
    std::fs::create_dir_all(&scratch).with_context(|| format!("cannot create `{}`", scratch.display()))?;
    let list = ctx.root.join(DRIVER).join("baseline/requirements.txt");
    let requirements = std::fs::read_to_string(&list).with_context(|| format!("cannot read `{}`", list.display()))?;
    let venv = Venv::new(&scratch, "the benchmark's baseline", requirements, "import awslambdaric, boto3");
    venv.ensure(&ctx.ui)?;
    let setup = json!({"zips": zips, "python": venv.python(), "scratch": scratch});
    let file = scratch.join("setup.json");
    std::fs::write(&file, setup.to_string()).with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(file)
}

fn drive(ctx: &Ctx, what: &str, setup: &Path, outputs: Option<&Path>) -> anyhow::Result<()> {
    let mut command = cargo(&["run", "--locked", "--quiet", "--package", DRIVER, "--", what]);
    command.arg(setup).envs(outputs.map(|outputs| ("E2E_OUTPUTS", outputs)));
    if run(ctx, &ctx.root, &mut command)?.success {
        return Ok(());
    }
    Err(Problem::failed(format!("the benchmark of `{what}` failed, or a target was not kept")).into())
}
