//! Puts code into functions directly, and back. Ledger → tags → code → what the function says it runs: killed anywhere,
//! the ledger names every function that may run another code than its stack's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::ledger::TAGS;
use super::{Ledger, Swap, store};
use crate::aws::Aws;
use crate::aws::code::{self, LiveCode, Update};
use crate::build::Artifact;
use crate::config::Config;
use crate::deploy::wait::Pace;
use crate::error::Problem;

/// Functions at a time: Lambda's control plane takes 15 calls a second (AWS Lambda quotas).
const PARALLEL: usize = 8;
/// Longest update of a function's code.
const DEADLINE: Duration = Duration::from_mins(5);

/// The code that a service should run.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The service.
    pub service: &'a str,
    /// The code.
    pub artifact: &'a Artifact,
    /// The key of the code that the live stack names.
    pub deployed: &'a str,
    /// ARN of who asks for it.
    pub by: &'a str,
}

/// Puts code into every function of a service that runs another one; returns those that it touched.
pub async fn swap(aws: &Aws, config: &Config, ledger: &Ledger, target: Target<'_>) -> anyhow::Result<BTreeSet<String>> {
    let functions = &config.app.services[target.service].functions;
    let stack = config.stack_name(target.service);
    let names: BTreeSet<String> = functions.iter().map(|function| format!("{stack}-{function}")).collect();
    let code = Code::of(config, target.artifact)?;
    let live = look(aws, &names).await?;
    if let Some(gone) = names.iter().find(|name| !live.contains_key(*name)) {
        return Err(Problem::failed(format!("stack `{stack}` is there, but its function `{gone}` is not"))
            .hint("somebody deleted it: delete the stack or restore the function, then run a full deploy")
            .into());
    }
    let listed = |name: &String| ledger.functions.get(name);
    if target.artifact.key == target.deployed {
        let stray = |(name, seen): &(&String, &LiveCode)| seen.sha256 != code.sha256 || listed(name).is_some();
        let stray = live.iter().filter(stray).map(|(name, seen)| (name.clone(), seen.clone())).collect();
        let touched = set_back(aws, stray, code).await?;
        let seen = touched.iter().filter_map(|name| Some((name.clone(), listed(name)?.clone()))).collect();
        forget(aws, config, &seen).await?;
        return Ok(touched);
    }
    // One that runs the code already, but that no ledger names, is listed too: its stack does not know of it either.
    let swaps: BTreeMap<String, Swap> = live
        .iter()
        .filter(|(name, seen)| seen.sha256 != code.sha256 || listed(name).is_none_or(|swap| swap.code != code.key))
        .map(|(name, seen)| (name.clone(), code.swap(target, &seen.sha256)))
        .collect();
    if swaps.is_empty() {
        return Ok(BTreeSet::new());
    }
    store::update(aws, config, |ledger| ledger.intend(&swaps)).await?;
    let touched: BTreeSet<String> = swaps.keys().cloned().collect();
    let tags = |name: &String| Some(swaps[name].tags());
    let work = live.into_iter().filter(|(name, _)| swaps.contains_key(name));
    put_all(aws, work.map(|(name, seen)| (tags(&name), name, seen)).collect(), code).await?;
    Ok(touched)
}

/// After a full deploy: sees that every function of the service that the ledger names runs the stack's code. The trap is
/// a `CodeKey` that CloudFormation has already: it changes nothing then, whatever the function runs. `ledger` is as old as
/// the deploy; where it names nothing, what another command has put since is left to the next deploy.
pub async fn reconcile(
    aws: &Aws,
    config: &Config,
    ledger: &Ledger,
    (service, artifact): (&str, Option<&Artifact>),
) -> anyhow::Result<BTreeSet<String>> {
    if ledger.of(service).next().is_none() {
        return Ok(BTreeSet::new());
    }
    let fresh = store::read(aws, config).await?;
    let seen: BTreeMap<String, Swap> = fresh.of(service).map(|(name, swap)| (name.clone(), swap.clone())).collect();
    let names: BTreeSet<String> = seen.keys().cloned().collect();
    let live = look(aws, &names).await?;
    if let (Some(artifact), false) = (artifact, live.is_empty()) {
        let code = Code::of(config, artifact)?;
        set_back(aws, live, code).await?;
    }
    // Those that have gone with a change of their stack, too.
    forget(aws, config, &seen).await?;
    Ok(names)
}

/// Takes swaps off the ledger that were set back. What another command has written there since names other code.
async fn forget(aws: &Aws, config: &Config, seen: &BTreeMap<String, Swap>) -> anyhow::Result<()> {
    store::update(aws, config, |ledger| ledger.functions.retain(|name, swap| seen.get(name) != Some(swap))).await
}

/// An artifact as Lambda is asked for it.
#[derive(Clone, Debug)]
struct Code {
    bucket: String,
    key: String,
    sha256: String,
    architecture: &'static str,
}

impl Code {
    fn of(config: &Config, artifact: &Artifact) -> anyhow::Result<Self> {
        let sha256 = hex::decode(&artifact.sha256).with_context(|| format!("`{}` has no SHA-256", artifact.key))?;
        Ok(Self {
            bucket: artifact.bucket.clone(),
            key: artifact.key.clone(),
            sha256: BASE64_STANDARD.encode(sha256),
            architecture: config.env.architecture.name(),
        })
    }

    fn swap(&self, target: Target<'_>, replaced: &str) -> Swap {
        Swap {
            service: target.service.to_owned(),
            code: self.key.clone(),
            sha256: self.sha256.clone(),
            replaced: replaced.to_owned(),
            by: target.by.to_owned(),
            at: jiff::Timestamp::now().to_string(),
        }
    }
}

async fn set_back(aws: &Aws, functions: BTreeMap<String, LiveCode>, code: Code) -> anyhow::Result<BTreeSet<String>> {
    let names: BTreeSet<String> = functions.keys().cloned().collect();
    let work = functions.into_iter().map(|(name, seen)| (None, name, seen)).collect();
    put_all(aws, work, code).await?;
    Ok(names)
}

/// What functions run, those that there are; all are asked at once.
async fn look(aws: &Aws, names: &BTreeSet<String>) -> anyhow::Result<BTreeMap<String, LiveCode>> {
    let slots = Arc::new(Semaphore::new(PARALLEL));
    let mut tasks = JoinSet::new();
    for name in names.iter().cloned() {
        let (client, slots) = (aws.lambda.clone(), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire().await?;
            anyhow::Ok((code::describe(&client, &name).await?, name))
        });
    }
    let mut found = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        let (live, name) = done??;
        found.extend(live.map(|live| (name, live)));
    }
    Ok(found)
}

/// The new tags of a function, or none for one that goes back to its stack's code; its name; what it runs.
type Work = (Option<BTreeMap<String, String>>, String, LiveCode);

/// Waits for all, whatever becomes of one, and returns the first failure.
async fn put_all(aws: &Aws, work: Vec<Work>, code: Code) -> anyhow::Result<()> {
    let (slots, code) = (Arc::new(Semaphore::new(PARALLEL)), Arc::new(code));
    let mut tasks = JoinSet::new();
    for (tags, name, seen) in work {
        let (aws, slots, code) = (aws.clone(), Arc::clone(&slots), Arc::clone(&code));
        tasks.spawn(async move {
            let _slot = slots.acquire().await?;
            if let Some(tags) = tags.clone() {
                code::tag(&aws.lambda, &seen.arn, tags).await?;
            }
            if seen.sha256 != code.sha256 {
                put(&aws.lambda, &name, &code).await?;
            }
            // Last, so that no function runs a swapped code without saying so.
            if tags.is_none() {
                code::untag(&aws.lambda, &seen.arn, &TAGS).await?;
            }
            anyhow::Ok(())
        });
    }
    let mut failure = None;
    while let Some(done) = tasks.join_next().await {
        if let Err(error) = done? {
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Puts code into one function and waits until it says that it runs it.
async fn put(client: &aws_sdk_lambda::Client, name: &str, code: &Code) -> anyhow::Result<()> {
    let (start, mut pace) = (Instant::now(), Pace::default());
    let mut taken = false;
    loop {
        let seen = if taken {
            let gone = || Problem::failed(format!("function `{name}` was deleted meanwhile"));
            let seen = pace.tolerate(code::describe(client, name).await)?;
            seen.map(|live| live.ok_or_else(gone)).transpose()?
        } else {
            code::put(client, name, (&code.bucket, &code.key), code.architecture).await?
        };
        taken |= seen.is_some();
        match seen {
            Some(LiveCode { update: Update::Failed(reason), .. }) => {
                return Err(Problem::failed(format!("function `{name}` does not take its new code: {reason}")).into());
            }
            Some(live) if live.update == Update::Done && live.sha256 == code.sha256 => return Ok(()),
            _ => {}
        }
        if start.elapsed() > DEADLINE {
            let minutes = DEADLINE.as_secs() / 60;
            return Err(Problem::failed(format!("function `{name}` is still busy after {minutes} minutes"))
                .hint("the update goes on in AWS; run the same command again to look at it")
                .into());
        }
        pace.sleep().await;
    }
}
