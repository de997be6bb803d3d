//! `build`: the functions' zips without a deploy, for a look at their sizes or for a pipeline's earlier step.

use super::Ctx;
use crate::build::{Plan, megabytes, package_all, verify};
use crate::cli::BuildArgs;

pub(super) async fn run(args: BuildArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let packages: Vec<String> = config.app.services.values().filter_map(|service| service.package.clone()).collect();
    let chosen = args.architecture.or(args.verify.then_some(config.env.architecture));
    let plan = chosen.map_or_else(|| Plan::of(&config), Plan::release_for);
    if args.verify {
        verify(&ctx.ui, (&config.root, &ctx.target().join("verify")), &packages, plan).await?;
    }
    let zips = package_all(&ctx.ui, &config, &packages, plan).await?;
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&zips)?);
        return Ok(());
    }
    for one in zips {
        ctx.ui.data(format!(
            "{:<10} {:>6.2} MB  sha256 {}  {}",
            one.package,
            megabytes(one.bytes),
            one.sha256,
            one.key
        ));
    }
    Ok(())
}
