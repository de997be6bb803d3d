//! `drift`: what has been changed past the stacks. Exit code 4 where there is any, 1 where not all of it is known.

use aws_sdk_cloudformation::types::StackStatus;
use tokio::task::JoinSet;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::DriftArgs;
use crate::config::Config;
use crate::deploy::{observe, scope};
use crate::drift::{Report, Stack, detect, text};
use crate::error::{Exit, Problem};

pub(super) async fn run(args: DriftArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let config = ctx.config(&args.env)?;
    scope::known(&config.app, &args.service)?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    // A stack of which there is nothing but a change set has no resources to look at.
    let made =
        observe(&aws, &config).await?.into_iter().filter(|(_, live)| live.status != StackStatus::ReviewInProgress);
    let mut services: Vec<String> = made.map(|(service, _)| service).collect();
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
    Ok(match (report.complete, report.drifted) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Changes,
        (true, false) => Exit::Done,
    })
}

/// All side by side; what cannot be known of one stack hides nothing of the others.
async fn all(aws: &Aws, config: &Config, services: Vec<String>) -> anyhow::Result<Vec<Stack>> {
    let mut tasks = JoinSet::new();
    for service in services {
        let (client, name) = (aws.cloudformation.clone(), config.stack_name(&service));
        tasks.spawn(async move {
            let looked = detect(&client, &service, &name).await;
            looked.unwrap_or_else(|error| Stack::unknown(&service, &name, format!("{error:#}")))
        });
    }
    let mut stacks = Vec::new();
    while let Some(done) = tasks.join_next().await {
        stacks.push(done?);
    }
    Ok(stacks)
}
