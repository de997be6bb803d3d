//! `env down`: the end of a branch's environment, whatever its clock says.

use super::super::Ctx;
use crate::cli::EnvDownArgs;
use crate::destroy::{self, Retained};

pub(super) async fn run(args: &EnvDownArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = super::of_branch(ctx, &args.branch)?;
    Box::pin(destroy::run(ctx, &config, Retained::Remove, None)).await
}
