//! `destroy`: deletes an environment and proves that nothing is left.

use super::Ctx;
use crate::cli::DestroyArgs;
use crate::destroy;

pub(super) async fn run(args: DestroyArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    Box::pin(destroy::run(ctx, &config, args.retained(), args.backup.as_deref())).await
}
