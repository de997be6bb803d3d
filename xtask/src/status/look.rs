//! Looks at one environment. What cannot be looked at is said, and spoils nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;

use super::state::{Environment, Latest, Seen, Stack, Swapped};
use crate::aws::{Aws, alarms, overview};
use crate::config::Config;
use crate::hotswap;
use crate::releases::Ledger;

/// Longest wait for one environment: the search for credentials alone may take some seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// Outputs that people open.
const URLS: [&str; 4] = ["SiteUrl", "ApiUrl", "CdnUrl", "DashboardUrl"];

/// An environment as it is now, or why it cannot be seen.
pub async fn look(config: &Config) -> Environment {
    let seen = match tokio::time::timeout(PATIENCE, Box::pin(see(config))).await {
        // The outermost words say enough: what is behind them is for the command that needs this environment.
        Ok(seen) => seen.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    Environment {
        name: config.env.name.clone(),
        account: config.env.account().to_owned(),
        region: config.env.region.clone(),
        emulated: config.env.endpoint().is_some(),
        seen,
    }
}

async fn see(config: &Config) -> anyhow::Result<Seen> {
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let prefix = format!("{}-", config.prefix());
    let ledger = Ledger::of(&aws.s3, config);
    let (stacks, release, swapped, ringing) = tokio::join!(
        overview::overview(&aws.cloudformation, &prefix),
        ledger.newest(),
        hotswap::read(&aws, config),
        alarms::ringing(&aws.cloudwatch, &prefix),
    );
    let mut stacks = stacks?;
    let mut seen = Seen::default();
    for service in config.app.services.keys() {
        let name = config.stack_name(service);
        let found = stacks.remove(&name);
        seen.urls.extend(found.iter().flat_map(|stack| urls(service, &stack.outputs)));
        seen.stacks.push(Stack::new(service, name, found));
    }
    if seen.stacks.iter().all(|stack| stack.status.is_none()) {
        // Where nothing is deployed the artifact bucket need not be there either.
        return Ok(seen);
    }
    match release.context("the last release is not known") {
        Ok(release) => seen.release = release.as_ref().map(Latest::new),
        Err(error) => seen.unknown.push(format!("{error:#}")),
    }
    match swapped.context("what is hotswapped is not known") {
        Ok(ledger) => seen.hotswapped = ledger.functions.iter().map(|(name, swap)| Swapped::new(name, swap)).collect(),
        Err(error) => seen.unknown.push(format!("{error:#}")),
    }
    match ringing {
        Ok(names) => {
            // Another environment's name may begin with this one's.
            let own = |name: &String| config.app.services.keys().any(|one| name.starts_with(&config.stack_name(one)));
            seen.alarms = names.into_iter().filter(own).collect();
        }
        Err(error) => seen.unknown.push(format!("{error:#}")),
    }
    Ok(seen)
}

fn urls(service: &str, outputs: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let url = |name: &&str| Some((format!("{service}.{name}"), outputs.get(*name)?.clone()));
    URLS.iter().filter_map(url).collect()
}
