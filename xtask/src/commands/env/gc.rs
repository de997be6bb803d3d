//! `env gc`: ends the environments of branches whose time is over.

use jiff::Timestamp;
use serde::Serialize;

use super::super::Ctx;
use crate::cli::EnvGcArgs;
use crate::config::{Config, is_preview};
use crate::destroy::{self, Retained};
use crate::error::Problem;
use crate::previews::{self, Record, State, Store};

/// What became of them; printed by `--json`.
#[derive(Debug, Default, Serialize)]
struct Report {
    destroyed: Vec<String>,
    kept: Vec<String>,
    failed: Vec<String>,
}

pub(super) async fn run(args: &EnvGcArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let (config, aws, by) = super::beside(ctx).await?;
    let store = Store::of(&aws.s3, &config);
    let mut report = Report::default();
    for (name, (record, etag)) in store.all().await? {
        if !due(&name, &record, Timestamp::now()) {
            report.kept.push(name);
            continue;
        }
        if args.dry_run {
            ctx.ui.step("Would go", told(&record));
            report.destroyed.push(name);
            continue;
        }
        // The claim and the clock are one object: a deploy that began since the look has changed it, and wins.
        if !previews::end(&store, &name, Some(&etag), &by).await? {
            ctx.ui.step("Kept", format!("{name}: deployed since"));
            report.kept.push(name);
            continue;
        }
        ctx.ui.step("Ending", told(&record));
        match destroy_one(ctx, &name).await {
            Ok(()) => report.destroyed.push(name),
            Err(error) => {
                ctx.ui.warn(format!("{name}: {error:#}"));
                report.failed.push(name);
            }
        }
    }
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&report)?);
    }
    let verb = if args.dry_run { "Found" } else { "Collected" };
    ctx.ui.step(verb, format!("{} expired, {} kept", report.destroyed.len(), report.kept.len()));
    if report.failed.is_empty() {
        return Ok(());
    }
    Err(Problem::failed(format!("not destroyed: {}", report.failed.join(", ")))
        .hint("what keeps each is said above; mend it, and the next `cargo xtask env gc` goes on")
        .into())
}

async fn destroy_one(ctx: &Ctx, name: &str) -> anyhow::Result<()> {
    let config = Config::load(&ctx.root, Some(name))?;
    Box::pin(destroy::run(ctx, &config, Retained::Remove, None)).await
}

/// Both must say so: the record that its time is over, and the name that it is of a branch.
fn due(name: &str, record: &Record, now: Timestamp) -> bool {
    is_preview(name) && record.environment == name && record.state(now) != State::Live
}

fn told(record: &Record) -> String {
    let Record { environment, branch, owner, expires, .. } = record;
    format!("{environment}, of `{branch}` and {owner}: its time ended at {expires:.0}")
}
