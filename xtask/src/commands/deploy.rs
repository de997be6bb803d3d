//! `deploy`: from the configuration to the running environment.

use super::Ctx;
use crate::cli::{DeployArgs, Rollback};
use crate::deploy::{self, Manner, Outcome, Report, Source, Wait};
use crate::plan;

pub(super) async fn run(args: DeployArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    let source = Source::checkout(&config)?;
    let reviewed = args.plan.as_deref().map(plan::read).transpose()?;
    // A plan says for itself which services it is of.
    let services = reviewed.as_ref().map_or(args.service, |plan| plan.services.iter().cloned().collect());
    let manner = Manner {
        hotswap: args.hotswap,
        keep: args.rollback == Rollback::Off,
        cdn: if args.wait { Wait::Ended } else { Wait::Asked },
        allowed: plan::Allowed { places: args.allow_replacement.into_iter().collect(), otherwise: None },
        reviewed,
        ..Manner::default()
    };
    let report = Box::pin(deploy::run_in(ctx, config, &services, source, manner)).await?;
    finish(ctx, &report, args.json)
}

/// What was done, as data and in words.
pub(super) fn finish(ctx: &Ctx, report: &Report, json: bool) -> anyhow::Result<()> {
    if json {
        ctx.ui.data(serde_json::to_string_pretty(report)?);
    }
    summary(ctx, report);
    Ok(())
}

/// What a deploy did, and where the site is.
pub(super) fn summary(ctx: &Ctx, report: &Report) {
    ctx.ui.step("Finished", told(report));
    if let Some(id) = report.release {
        ctx.ui.step("Released", format!("{id}: see `cargo xtask releases --env {}`", report.environment));
    }
    if !report.unproven.is_empty() {
        let (count, name) = (report.unproven.len(), &report.environment);
        let text = format!("by the emulator: {count} kinds of properties; see `cargo xtask local parity --env {name}`");
        ctx.ui.step("Unproven", text);
    }
    for name in report.sites.keys() {
        if let Some(url) = report.outputs.get(name).and_then(|outputs| outputs.get("SiteUrl")) {
            ctx.ui.step("Open", url);
        }
    }
}

/// What a deploy did, in one line.
pub(super) fn told(report: &Report) -> String {
    let count = |wanted: Outcome| report.stacks.values().filter(|outcome| **outcome == wanted).count();
    let text = if report.changed {
        let (created, updated) = (count(Outcome::Created), count(Outcome::Updated));
        let files: usize = report.sites.values().map(|site| site.uploaded).sum();
        let beside = [
            (Outcome::Hotswapped, "hotswapped"),
            (Outcome::Reconciled, "reconciled"),
            (Outcome::Protection, "with termination protection turned on or off"),
        ];
        let beside = beside.map(|(outcome, word)| match count(outcome) {
            0 => String::new(),
            services => format!("{services} {word}, "),
        });
        format!("{created} stacks created, {updated} updated, {}{files} site files uploaded", beside.concat())
    } else {
        "nothing changed".to_owned()
    };
    format!("{text} in {:.1} s", report.seconds)
}
