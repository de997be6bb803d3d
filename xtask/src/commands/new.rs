//! `new service`: a service that deploys and passes the tests, to be made into what it is for.

use std::process::Stdio;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::Ctx;
use super::test::runner::cargo;
use crate::cli::NewCommand;
use crate::error::Problem;
use crate::scaffold::{ServiceName, create};

pub(super) fn run(command: NewCommand, ctx: &Ctx) -> anyhow::Result<()> {
    let NewCommand::Service { name } = command;
    let name = ServiceName::parse(&name)?;
    // Ended by a signal, it would leave a half of the service; cargo hears of Ctrl-C too, and its end takes all of it back.
    let _held = [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::terminate()].map(signal);
    for path in create(&ctx.root, &name, || lock(ctx))? {
        ctx.ui.data(path.display().to_string());
    }
    ctx.ui.step("Created", format!("service `{name}`: now `cargo xtask deploy --service {name}`; docs/new-service.md"));
    Ok(())
}

/// Enters the new package into Cargo.lock, without a look at any registry.
fn lock(ctx: &Ctx) -> anyhow::Result<()> {
    let mut command = cargo(&["update", "--workspace", "--offline", "--quiet"]);
    let output = command.current_dir(&ctx.root).stdin(Stdio::null()).output().context("cannot start cargo")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Problem::failed(format!("cargo cannot enter the package into Cargo.lock: {said}"))
        .hint("`cargo fetch` gets what the workspace needs; then run this again")
        .into())
}
