//! `config check|show|schema`.

use anyhow::Context;

use super::Ctx;
use crate::cli::{ConfigCommand, EnvArgs};
use crate::config::{Config, environments, schema};
use crate::error::Problem;

pub(super) fn run(command: ConfigCommand, ctx: &Ctx) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check(args) => check(&args, ctx),
        ConfigCommand::Show(args) => {
            let config = ctx.config(&args)?;
            let mut shown = serde_json::to_value(&config.env)?;
            shown["limits"] = serde_json::to_value(config.limits())?;
            ctx.ui.data(serde_yaml::to_string(&shown)?);
            Ok(())
        }
        ConfigCommand::Schema { check: false } => {
            schema::write(&ctx.root).context("cannot write to `config/schema/`")?;
            ctx.ui.step("Wrote", "config/schema/");
            Ok(())
        }
        ConfigCommand::Schema { check: true } => match schema::stale(&ctx.root).as_slice() {
            [] => Ok(()),
            stale => Err(Problem::failed(format!("out of date in config/schema/: {}", stale.join(", ")))
                .hint("cargo xtask config schema")
                .into()),
        },
    }
}

fn check(args: &EnvArgs, ctx: &Ctx) -> anyhow::Result<()> {
    if args.env.is_some() || args.branch.is_some() {
        let config = ctx.config(args)?;
        ctx.ui.step("Checked", format!("config/app.yaml with config/{}.yaml", config.env.name));
        return Ok(());
    }
    for name in environments(&ctx.root) {
        Config::load(&ctx.root, Some(&name))?;
        ctx.ui.step("Checked", format!("config/app.yaml with config/{name}.yaml"));
    }
    Ok(())
}
