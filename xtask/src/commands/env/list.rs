//! `env list`: the environments of branches.

use jiff::Timestamp;

use super::super::Ctx;
use crate::cli::EnvListArgs;
use crate::previews::Store;
use crate::previews::show::{Shown, table};

pub(super) async fn run(args: &EnvListArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let (config, aws, _) = super::beside(ctx).await?;
    let now = Timestamp::now();
    let all = Store::of(&aws.s3, &config).all().await?;
    let all: Vec<Shown> = all.into_values().map(|(record, _)| Shown::at(record, now)).collect();
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&all)?);
    } else if all.is_empty() {
        ctx.ui.step("Found", "no environment of a branch; one is made by `cargo xtask env up --branch <branch>`");
    } else {
        ctx.ui.data(table(all, now));
    }
    Ok(())
}
