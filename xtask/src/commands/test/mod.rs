//! `test`: sets up what the tests need, runs every suite, adds up the counts. A suite that fails does not stop the next.

pub(super) mod browser;
mod lint;
pub(super) mod live;
pub(super) mod runner;
mod tally;
mod unit;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;

use tally::Tally;

use super::Ctx;
use crate::cli::{Suite, TestArgs};
use crate::error::Problem;

pub(super) async fn run(args: TestArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let mut suites = args.only;
    if suites.is_empty() {
        suites = vec![Suite::Lint, Suite::Unit, Suite::E2e, Suite::Browser];
    }
    suites.sort_unstable();
    suites.dedup();
    let program = keep_program(ctx)?;
    let mut total = Tally::default();
    let (live, still): (Vec<Suite>, Vec<Suite>) =
        suites.into_iter().partition(|suite| matches!(suite, Suite::E2e | Suite::Browser));
    for suite in still {
        let start = Instant::now();
        let tally = match suite {
            Suite::Lint => lint::run(ctx).await,
            _ => unit::run(ctx).await,
        };
        total += report(ctx, suite, tally, start);
    }
    if !live.is_empty() {
        total += live::run(ctx, &live, &program).await;
    }
    ctx.ui.data(total.to_string());
    if total.failed > 0 {
        return Err(Problem::failed(format!("{} of {} tests failed", total.failed, total.passed + total.failed)).into());
    }
    Ok(())
}

/// A copy of the running program for the end-to-end tests: `cargo test` builds it anew and takes the original away.
fn keep_program(ctx: &Ctx) -> anyhow::Result<PathBuf> {
    let folder = ctx.target().join("test");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let kept = folder.join("xtask");
    // Removed first: a program that still runs cannot be written over, but can lose its name.
    let _ = std::fs::remove_file(&kept);
    let this = std::env::current_exe().context("cannot find the running program")?;
    std::fs::copy(&this, &kept).with_context(|| format!("cannot copy `{}`", this.display()))?;
    Ok(kept)
}

/// A suite's line; an error of the suite itself is one failure.
fn report(ctx: &Ctx, suite: Suite, tally: anyhow::Result<Tally>, start: Instant) -> Tally {
    let tally = tally.unwrap_or_else(|error| {
        ctx.ui.error(&error);
        Tally { passed: 0, failed: 1 }
    });
    ctx.ui.step("Tested", format!("{suite:?}: {tally} in {:.0} s", start.elapsed().as_secs_f64()));
    tally
}
