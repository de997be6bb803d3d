//! `bootstrap`: what an account and a region share, made once by somebody with the rights.

use super::Ctx;
use crate::aws::Aws;
use crate::cli::ChangeArgs;
use crate::{deploy, local};

pub(super) async fn run(args: ChangeArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    let place = format!("account {} in {}", identity.account, config.env.region);
    ctx.ui.step("Account", format!("{place} as {}", identity.arn));
    if config.env.endpoint().is_none() {
        ctx.ui.confirm(&format!("Prepare {place} for `{}`", config.app.app), "yes")?;
    }
    let world = deploy::World::look(&aws, &config).await?;
    Box::pin(deploy::bootstrap(&ctx.ui, &aws, &config, &world)).await?;
    ctx.ui.step("Prepared", place);
    Ok(())
}
