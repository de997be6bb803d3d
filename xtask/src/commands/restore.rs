//! `restore`: a backup into an environment that holds nothing yet.

use super::Ctx;
use crate::aws::Aws;
use crate::backup::{self, Place};
use crate::cli::RestoreArgs;
use crate::error::Problem;
use crate::local;

pub(super) async fn run(args: RestoreArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    let name = &config.env.name;
    ctx.ui.step("Environment", format!("{name} in {} {} as {}", identity.account, config.env.region, identity.arn));
    let place = Place::parse(&args.from, &aws.s3)?;
    let manifest = backup::read(&place).await?;
    let of = &manifest.of;
    if of.app != config.app.app {
        let text = format!("the backup is of the application `{}`, this clone is of `{}`", of.app, config.app.app);
        return Err(Problem::failed(text).hint("run this in a clone of that application").into());
    }
    ctx.ui.say(format!("{}, of `{}` at {:.0}", manifest.told(), of.environment, of.at));
    ctx.ui.confirm(&format!("Write this into `{name}`"), config.env.answer())?;
    backup::restore(&ctx.ui, &aws, &config, &place, &manifest).await?;
    ctx.ui.step("Finished", format!("`{name}` holds what `{}` held: {}", of.environment, manifest.told()));
    Ok(())
}
