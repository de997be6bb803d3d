//! `affected`: the services that a change can influence, and why.

use anyhow::Context;

use super::Ctx;
use crate::affected::{Affected, Tree, VERSION, checkout, compare, resolve, text};
use crate::cli::AffectedArgs;
use crate::config::{Config, environments};

pub(super) fn run(args: &AffectedArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let names = if args.env.is_empty() { environments(&ctx.root) } else { args.env.clone() };
    for name in &args.env {
        Config::load(&ctx.root, Some(name))?;
    }
    let base = resolve(&ctx.root, &args.base)?;
    let old = laid_out(ctx, &base)?;
    // What an older commit says may be unknown to this deployer: then all is taken to differ, and told so.
    let before = Tree::read(old.path(), &names).map_err(|error| format!("{error:#}"));
    let (head, after) = if args.uncommitted {
        (None, Tree::read(&ctx.root, &names)?)
    } else {
        let head = resolve(&ctx.root, "HEAD")?;
        let new = laid_out(ctx, &head)?;
        (Some(head), Tree::read(new.path(), &names)?)
    };
    let affected = Affected { version: VERSION, base, head, services: compare(&before, &after)? };
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&affected)?);
        return Ok(());
    }
    if affected.services.is_empty() {
        ctx.ui.step("Affected", "no service");
        return Ok(());
    }
    ctx.ui.data(text(&affected, args.why));
    Ok(())
}

/// A commit in a folder of its own, gone when dropped.
fn laid_out(ctx: &Ctx, commit: &str) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("revision-").tempdir().context("cannot make a temporary folder")?;
    checkout(&ctx.root, commit, folder.path())?;
    Ok(folder)
}
