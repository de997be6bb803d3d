//! `bench sync`: this program's `sync` beside `s5cmd`, `rclone` and the AWS CLI, on one S3 in memory. The package
//! `bench-sync` is that S3, drives the tools in turns and prints what they took.

use anyhow::Context;
use serde_json::json;

use super::super::Ctx;
use super::super::test::runner::{cargo, run};
use crate::error::Problem;
use crate::local::Venv;

/// The driver's package and folder.
const DRIVER: (&str, &str) = ("bench-sync", "bench/s3");
/// Runs of each step; the median counts.
const ROUNDS: usize = 3;

pub(super) fn run_all(ctx: &Ctx, only: &[String]) -> anyhow::Result<()> {
    let scratch = ctx.target().join("bench/sync");
    std::fs::create_dir_all(&scratch).with_context(|| format!("cannot create `{}`", scratch.display()))?;
    let list = ctx.root.join(DRIVER.1).join("requirements.txt");
    let requirements = std::fs::read_to_string(&list).with_context(|| format!("cannot read `{}`", list.display()))?;
    let venv = Venv::new(&scratch, "the sync's competitors", requirements, "import awscli");
    venv.ensure(&ctx.ui)?;
    let program = std::env::current_exe().context("cannot find the running program")?;
    let setup = json!({
        "xtask": program,
        "python": venv.python(),
        "scratch": scratch,
        "root": ctx.root,
        "rounds": ROUNDS,
        "only": only,
    });
    let file = scratch.join("setup.json");
    std::fs::write(&file, setup.to_string()).with_context(|| format!("cannot write `{}`", file.display()))?;
    let mut command = cargo(&["run", "--locked", "--quiet", "--profile", "measure", "--package", DRIVER.0, "--"]);
    if run(ctx, &ctx.root, command.arg(&file))?.success {
        return Ok(());
    }
    Err(Problem::failed("the benchmark of `sync` failed").into())
}
