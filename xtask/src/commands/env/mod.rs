//! `env up|list|gc|down`: environments of branches.

mod down;
mod gc;
mod list;
mod up;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::EnvCommand;
use crate::config::{App, Config, load_app, preview_name};
use crate::error::Problem;
use crate::local;

pub(super) async fn run(command: EnvCommand, ctx: &Ctx) -> anyhow::Result<()> {
    match command {
        EnvCommand::Up(args) => Box::pin(up::run(args, ctx)).await,
        EnvCommand::List(args) => list::run(&args, ctx).await,
        EnvCommand::Gc(args) => Box::pin(gc::run(&args, ctx)).await,
        EnvCommand::Down(args) => Box::pin(down::run(&args, ctx)).await,
    }
}

/// The configuration of a branch's own environment.
fn of_branch(ctx: &Ctx, branch: &str) -> anyhow::Result<Config> {
    let app = load_app(&ctx.root)?;
    like(&app)?;
    if let Some(name) = app.branches.get(branch) {
        let text = format!("branch `{branch}` has the environment `{name}`, which does not end by itself");
        return Err(Problem::usage(text).hint(format!("cargo xtask deploy --env {name}")).into());
    }
    Config::load(&ctx.root, Some(&preview_name(branch)))
}

/// The environment that all branches' environments are beside: its account and region are theirs.
async fn beside(ctx: &Ctx) -> anyhow::Result<(Config, Aws, String)> {
    let app = load_app(&ctx.root)?;
    let config = Config::load(&ctx.root, Some(like(&app)?))?;
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    Ok((config, aws, identity.arn))
}

fn like(app: &App) -> Result<&str, Problem> {
    let none = || {
        Problem::usage("branches have no environments: config/app.yaml has no `previews`")
            .hint("add `previews: { like: <environment> }`")
    };
    app.previews.as_ref().map(|previews| previews.like.as_str()).ok_or_else(none)
}
