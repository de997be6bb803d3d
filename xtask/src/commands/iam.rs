//! `iam print|diff`: what the roles of CI may do, and where that differs from what is deployed.

use std::collections::BTreeMap;

use serde_json::json;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::{IamCommand, IamDiffArgs, IamPrintArgs};
use crate::config::{Config, RoleClass};
use crate::deploy::shared;
use crate::error::{Exit, Problem};
use crate::iam;
use crate::render::Renderer;
use crate::{local, plan};

pub(super) async fn run(command: IamCommand, ctx: &Ctx) -> anyhow::Result<Exit> {
    match command {
        IamCommand::Print(args) => print(&args, ctx),
        IamCommand::Diff(args) => Box::pin(diff(&args, ctx)).await,
    }
}

/// Asks nobody: the rights follow from what is in the clone.
fn print(args: &IamPrintArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let config = ctx.config(&args.env)?;
    let renderer = Renderer::load(&ctx.root)?;
    let mut roles = BTreeMap::new();
    for class in known(&config)? {
        let role = iam::role(&config, &renderer, &class)?;
        let sizes: Vec<usize> = role.policies.iter().map(iam::Document::size).collect();
        let facts = json!({"subjects": role.subjects, "characters": sizes, "policies": role.policies});
        roles.insert(role.name, facts);
    }
    ctx.ui.data(serde_json::to_string_pretty(&roles)?);
    Ok(Exit::Done)
}

async fn diff(args: &IamDiffArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let config = ctx.config(&args.env)?;
    known(&config)?;
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    let stacks = shared::look_at(&aws, &config, shared::wanted_roles(&config)?).await?;
    let plan = plan::of_shared(&config, &identity, &stacks)?;
    ctx.ui.data(if args.json { plan.json()? } else { plan::text(&plan, ctx.ui.data_colour(), ctx.ui.asked_columns()) });
    if !plan.changed {
        return Ok(Exit::Done);
    }
    ctx.ui.step("Differs", format!("bring it into force: cargo xtask bootstrap --env {}", config.env.name));
    Ok(Exit::Changes)
}

/// The roles of an environment; an error where there are none.
fn known(config: &Config) -> Result<Vec<RoleClass>, Problem> {
    let classes = iam::classes(config);
    if !classes.is_empty() {
        return Ok(classes);
    }
    let (text, hint) = match &config.env.like {
        Some(like) => ("a branch's environment has no roles of its own", format!("ask for `--env {like}`")),
        None => (
            "config/app.yaml has no `github`, so there are no roles",
            "add `github: { repository: owner/name }`".to_owned(),
        ),
    };
    Err(Problem::usage(text).hint(hint))
}
