//! Tests that need nothing but this machine: the workspace's, and those of the sites.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use super::super::Ctx;
use super::runner::{agree, cargo, run as run_program};
use super::tally::Tally;
use crate::config::load_app;
use crate::site::npm;

pub(super) async fn run(ctx: &Ctx) -> anyhow::Result<Tally> {
    let ran =
        run_program(ctx, &ctx.root, &mut cargo(&["test", "--locked", "--quiet", "--workspace", "--no-fail-fast"]))?;
    let mut tally = agree("cargo test", Tally::of_cargo(&ran.output), ran.success)?;
    for project in sites(ctx)? {
        npm::install(&ctx.ui, &project).await?;
        let report = ctx.target().join("test/vitest.json");
        // An old report must not speak for a run that wrote none.
        let _ = std::fs::remove_file(&report);
        let mut command = Command::new("npm");
        command.args(["test", "--", "--reporter=default", "--reporter=json"]);
        command.arg(format!("--outputFile.json={}", report.display()));
        let ran = run_program(ctx, &project, &mut command)?;
        let text = std::fs::read_to_string(&report).with_context(|| format!("no report in `{}`", report.display()))?;
        tally += agree("vitest", Tally::of_vitest(&serde_json::from_str(&text)?), ran.success)?;
    }
    Ok(tally)
}

/// The npm projects of the repository: the sites, and the browser tests.
pub(super) fn npm_projects(ctx: &Ctx) -> anyhow::Result<Vec<PathBuf>> {
    let mut projects = sites(ctx)?;
    projects.push(ctx.root.join("tests/browser"));
    Ok(projects)
}

fn sites(ctx: &Ctx) -> anyhow::Result<Vec<PathBuf>> {
    let app = load_app(&ctx.root)?;
    let sources = app.services.values().filter_map(|service| service.site.as_ref()).map(|site| &site.source);
    Ok(sources.map(|source| ctx.root.join(source)).collect())
}
