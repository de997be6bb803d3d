//! `deploy`: from the configuration to the running environment.

use super::Ctx;
use crate::cli::DeployArgs;
use crate::deploy::{self, Outcome, Report};

pub(super) async fn run(args: DeployArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    let report = Box::pin(deploy::run(ctx, config, &args.service)).await?;
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&report)?);
    }
    summary(ctx, &report);
    Ok(())
}

fn summary(ctx: &Ctx, report: &Report) {
    let count = |wanted: Outcome| report.stacks.values().filter(|outcome| **outcome == wanted).count();
    let text = if report.changed {
        let (created, updated) = (count(Outcome::Created), count(Outcome::Updated));
        let files: usize = report.sites.values().map(|site| site.uploaded).sum();
        format!("{created} stacks created, {updated} updated, {files} site files uploaded")
    } else {
        "nothing changed".to_owned()
    };
    ctx.ui.step("Finished", format!("{text} in {:.1} s", report.seconds));
    for name in report.sites.keys() {
        if let Some(url) = report.outputs.get(name).and_then(|outputs| outputs.get("SiteUrl")) {
            ctx.ui.step("Open", url);
        }
    }
}
