//! `status`: every environment of config/ at a glance.

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::Ctx;
use crate::cli::StatusArgs;
use crate::config::{Config, environments};
use crate::error::{Exit, Problem};
use crate::plan::counted;
use crate::status::{Environment, look, text};

pub(super) async fn run(args: StatusArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let configs = if args.env.env.is_some() || args.env.branch.is_some() {
        vec![ctx.config(&args.env)?]
    } else {
        let all = environments(&ctx.root).into_iter().map(|name| Config::load(&ctx.root, Some(&name)));
        all.collect::<anyhow::Result<_>>()?
    };
    let spinner = ctx.ui.spinner(format!("looking at {}", counted(configs.len(), "environment")));
    let mut tasks = JoinSet::new();
    for config in configs {
        tasks.spawn(async move { look(&config).await });
    }
    let mut found: Vec<Environment> = tasks.join_all().await;
    drop(spinner);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&found)?);
    } else {
        ctx.ui.data(text(&found, Timestamp::now(), ctx.ui.data_colour(), ctx.ui.columns().unwrap_or(80)));
    }
    if found.iter().all(|one| one.seen.is_err()) {
        if args.json {
            // Each environment's error is in the data already, which is one document.
            return Ok(Exit::Failed);
        }
        let hint = "cargo xtask local start, or sign in to an account (aws sso login)";
        return Err(Problem::failed("no environment could be looked at").hint(hint).into());
    }
    Ok(Exit::Done)
}
