//! `bench`: this machine's figures of deploys, of the built functions and of the deployed app.

mod deploy;
mod functions;
mod source;
mod sync;
mod watch;

use super::Ctx;
use crate::cli::{BenchArgs, BenchPart};

pub(super) async fn run(args: BenchArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let mut parts = args.parts;
    if parts.is_empty() {
        parts = vec![BenchPart::Deploy, BenchPart::Watch, BenchPart::Functions, BenchPart::Growth, BenchPart::Sync];
    }
    for part in parts {
        match part {
            BenchPart::Deploy => deploy::run(ctx)?,
            BenchPart::Watch => watch::run(ctx).await?,
            BenchPart::Functions => functions::alone(ctx).await?,
            BenchPart::Growth => functions::deployed(ctx).await?,
            BenchPart::Sync => sync::run_all(ctx, &args.folders)?,
        }
    }
    Ok(())
}

/// The middle one of what was measured.
fn median<T: Ord + Copy + Default>(all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}
