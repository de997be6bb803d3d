//! `drift`: what has been changed past the stacks. Exit code 4 where there is any.

use tokio::task::JoinSet;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::DriftArgs;
use crate::config::Config;
use crate::deploy::observe;
use crate::drift::{Report, Stack, detect, text};
use crate::error::{Exit, Problem, suggestion};

pub(super) async fn run(args: DriftArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let config = ctx.config(&args.env)?;
    if let Some(unknown) = args.service.iter().find(|name| !config.app.services.contains_key(*name)) {
        let hint = suggestion(unknown, "services", config.app.services.keys());
        return Err(Problem::usage(format!("no service `{unknown}` in config/app.yaml")).hint(hint).into());
    }
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let mut services: Vec<String> = observe(&aws, &config).await?.into_keys().collect();
    services.retain(|service| args.service.is_empty() || args.service.contains(service));
    if services.is_empty() {
        return Err(Problem::failed(format!("environment `{}` has no such stacks", config.env.name))
            .hint(format!("cargo xtask deploy --env {}", config.env.name))
            .into());
    }
    let spinner = ctx.ui.spinner(format!("looking for drift of {} stacks", services.len()));
    let stacks = all(&aws, &config, services).await?;
    drop(spinner);
    let report = Report::new(&config.env.name, stacks);
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&report)?);
    } else {
        ctx.ui.data(text(&report, ctx.ui.data_colour()));
    }
    Ok(if report.drifted { Exit::Changes } else { Exit::Done })
}

/// All side by side; the first failure is the one to show.
async fn all(aws: &Aws, config: &Config, services: Vec<String>) -> anyhow::Result<Vec<Stack>> {
    let mut tasks = JoinSet::new();
    for service in services {
        let (client, name) = (aws.cloudformation.clone(), config.stack_name(&service));
        tasks.spawn(async move { detect(&client, &service, &name).await });
    }
    let mut stacks = Vec::new();
    while let Some(done) = tasks.join_next().await {
        stacks.push(done??);
    }
    Ok(stacks)
}
