//! `bootstrap`: what an account and a region share, and the roles of CI, made once by somebody with the rights.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::BootstrapArgs;
use crate::deploy::{self, Outcome, provider, shared};
use crate::error::Problem;
use crate::{local, plan, preflight};

/// What was made; printed by `--json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    account: String,
    region: String,
    changed: bool,
    /// By stack.
    stacks: BTreeMap<String, Outcome>,
    /// ARN by `deploy-<environment>`, `preview`, `plan`.
    roles: BTreeMap<String, String>,
}

pub(super) async fn run(args: BootstrapArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    if let Some(like) = &config.env.like {
        let text = format!("a branch's environment has what `{like}` has: there is nothing to prepare for it alone");
        return Err(Problem::usage(text).hint(format!("cargo xtask bootstrap --env {like}")).into());
    }
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    let place = format!("account {} in {}", identity.account, config.env.region);
    ctx.ui.step("Account", format!("{place} as {}", identity.arn));
    let config = provider::found(&ctx.ui, &aws, &config).await?;
    let stacks = shared::look_at(&aws, &config, shared::wanted_all(&config)?).await?;
    let plan = plan::of_shared(&config, &identity, &stacks)?;
    ctx.ui.say(plan::text(&plan, ctx.ui.colour(), ctx.ui.width()));
    plan::guard::check(&plan.refused, |key| deploy::shared_name(&config, key), &plan::Allowed::default())?;
    let found = Box::pin(preflight::look_at_shared(&aws, &config, &stacks)).await?;
    preflight::refuse(&ctx.ui, &format!("the bootstrap of `{}`", config.env.name), &found)?;
    if plan.changed && config.env.endpoint().is_none() {
        ctx.ui.confirm(&format!("Prepare {place} for `{}`", config.app.app), "yes")?;
    }
    let outcomes = Box::pin(shared::make(&ctx.ui, &aws, &config, &stacks)).await?;
    if args.json {
        let role = |stack: &shared::SharedStack| {
            Some((stack.key.trim_start_matches("bootstrap-").to_owned(), stack.role.clone()?))
        };
        let report = Report {
            account: identity.account,
            region: config.env.region.clone(),
            changed: outcomes.values().any(|outcome| *outcome != Outcome::Unchanged),
            stacks: outcomes,
            roles: stacks.iter().filter_map(role).collect(),
        };
        ctx.ui.data(serde_json::to_string_pretty(&report)?);
    }
    ctx.ui.step("Prepared", place);
    Ok(())
}
