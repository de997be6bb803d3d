//! `outputs`: what an environment's stacks say, for people or as JSON.

use serde_json::{Map, Value, json};

use super::Ctx;
use crate::aws::Aws;
use crate::cli::OutputsArgs;
use crate::config::{Config, Outputs};
use crate::deploy::observe;
use crate::error::Problem;

pub(super) async fn run(args: OutputsArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let stacks = observe(&aws, &config).await?;
    let outputs: Outputs = stacks.into_iter().map(|(service, live)| (service, live.outputs)).collect();
    if outputs.is_empty() {
        return Err(Problem::failed(format!("environment `{}` has no stacks", config.env.name))
            .hint(format!("cargo xtask deploy --env {}", config.env.name))
            .into());
    }
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&to_json(&config, &outputs))?);
    } else {
        for (service, values) in &outputs {
            for (name, value) in values {
                ctx.ui.data(format!("{service}.{name} = {value}"));
            }
        }
    }
    Ok(())
}

/// `{aws: {endpoint?, region, account}, service: {name: value}}`
fn to_json(config: &Config, outputs: &Outputs) -> Value {
    let mut facts = Map::new();
    facts.extend(config.env.endpoint().map(|endpoint| ("endpoint".to_owned(), Value::from(endpoint))));
    facts.insert("region".into(), config.env.region.clone().into());
    facts.insert("account".into(), config.env.account().into());
    let mut all = Map::from_iter([("aws".to_owned(), Value::Object(facts))]);
    all.extend(outputs.iter().map(|(service, values)| (service.clone(), json!(values))));
    Value::Object(all)
}
