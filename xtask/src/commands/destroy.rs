//! `destroy`: deletes an environment and proves that nothing is left.

use super::Ctx;
use crate::cli::ChangeArgs;
use crate::destroy;

pub(super) async fn run(args: ChangeArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    destroy::run(ctx, &config).await
}
