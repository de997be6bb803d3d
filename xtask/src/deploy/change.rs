//! One change set, from what is wanted to its end: made or found, executed or left to whoever was faster.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use sha2::{Digest, Sha256};

use super::ending::in_progress;
use super::failure;
use super::stack::Hands;
use super::wait::{self, Pace, Waited};
use crate::aws::change_sets::{self, ChangeSet};
use crate::aws::events;
use crate::aws::stacks::{self, LiveStack, StackInput};
use crate::plan::StackPlan;

/// What became of a change set.
#[derive(Debug)]
pub(super) enum Change {
    /// It was executed, and the stack is as wanted.
    Done(LiveStack),
    /// CloudFormation found nothing to change after all.
    Nothing,
    /// Another deploy was faster: look at the stack again.
    Elsewhere,
    /// CloudFormation does not want it, for this reason.
    Refused(String),
}

/// Makes and executes a change set; `new` where there is no stack yet, or no more than a shell. Where there is a plan, the
/// change set is compared with it first.
pub(super) async fn change(
    hands: Hands<'_>,
    wanted: &StackInput,
    new: bool,
    plan: Option<&StackPlan>,
) -> anyhow::Result<Change> {
    let Hands { ui, client, policy, review, .. } = hands;
    let name = format!("xtask-{}", fingerprint(wanted));
    let resources = match prepare(client, wanted, &name, new).await? {
        ChangeSet::Ready(resources) => resources,
        ChangeSet::Taken | ChangeSet::Pending | ChangeSet::Gone => return Ok(Change::Elsewhere),
        ChangeSet::Empty => {
            change_sets::delete(client, &wanted.name, &name).await?;
            return Ok(Change::Nothing);
        }
        ChangeSet::Refused(reason) => {
            change_sets::delete(client, &wanted.name, &name).await?;
            clear_shell(client, &wanted.name, &name).await?;
            return Ok(Change::Refused(reason));
        }
    };
    if let Some(plan) = plan
        && !review.compare(client, plan, &name).await?
    {
        return Ok(Change::Elsewhere);
    }
    let token = token(&name);
    // From here on it goes on without us, even if the answer never comes.
    let starting = ui.operation(&wanted.name);
    match change_sets::execute(client, (&wanted.name, &name), &token, policy.keep).await {
        Ok(true) => {}
        Ok(false) => return Ok(Change::Elsewhere),
        Err(error) => return elsewhere(client, wanted, new, error).await.map(|()| Change::Elsewhere),
    }
    drop(starting);
    let live = wait::settle(ui, client, Waited::new(&wanted.name, &token).of(resources)).await?;
    match live {
        Some(live) if matches!(live.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") => Ok(Change::Done(live)),
        other => {
            let events = events::of(client, &wanted.name, &token).await.unwrap_or_default();
            Err(failure::of_operation(&wanted.name, &events, other.as_ref()).into())
        }
    }
}

/// A change set of this name, as CloudFormation has worked it out.
async fn prepare(client: &Client, wanted: &StackInput, name: &str, new: bool) -> anyhow::Result<ChangeSet> {
    if !new {
        sweep(client, &wanted.name, name).await?;
    }
    for _ in 0..2 {
        match change_sets::create(client, wanted, name, new).await {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) => return elsewhere(client, wanted, new, error).await.map(|()| ChangeSet::Gone),
        }
        // A killed run left it, or another run has just made it: use it if it is whole, else make it anew.
        let found = ready(client, &wanted.name, name).await?;
        if matches!(found, ChangeSet::Ready(_) | ChangeSet::Taken) {
            return Ok(found);
        }
        if !change_sets::delete(client, &wanted.name, name).await? {
            return Ok(ChangeSet::Taken);
        }
    }
    ready(client, &wanted.name, name).await
}

/// Whether a refusal only means that another deploy came first, as the stack's status tells: the error's code does not.
async fn elsewhere(client: &Client, wanted: &StackInput, new: bool, error: anyhow::Error) -> anyhow::Result<()> {
    let Ok(live) = stacks::describe(client, &wanted.name).await else { return Err(error) };
    let moved = match &live {
        None => !new,
        Some(live) => {
            let shell = matches!(live.status, StackStatus::ReviewInProgress | StackStatus::DeleteComplete);
            in_progress(&live.status) || new != shell
        }
    };
    if moved { Ok(()) } else { Err(error) }
}

async fn ready(client: &Client, stack: &str, name: &str) -> anyhow::Result<ChangeSet> {
    let mut pace = Pace::default();
    loop {
        let poll = change_sets::look(client, stack, name).await;
        match pace.tolerate(poll)? {
            Some(ChangeSet::Pending) | None => {
                pace.check(stack)?;
                pace.sleep().await;
            }
            Some(done) => return Ok(done),
        }
    }
}

/// The shell that a refused first change set made would stay behind as `REVIEW_IN_PROGRESS`.
async fn clear_shell(client: &Client, stack: &str, token: &str) -> anyhow::Result<()> {
    match stacks::describe(client, stack).await? {
        Some(live) if live.status == StackStatus::ReviewInProgress => stacks::delete(client, &live.id, token).await,
        _ => Ok(()),
    }
}

/// Deletes what killed runs left: change sets of ours under other names. One that another deploy is just making stays:
/// whoever executes first makes CloudFormation drop the other's.
async fn sweep(client: &Client, stack: &str, keep: &str) -> anyhow::Result<()> {
    for name in change_sets::names(client, stack).await? {
        if name.starts_with("xtask-") && name != keep {
            change_sets::delete(client, stack, &name).await?;
        }
    }
    Ok(())
}

/// Marks the events of one operation, for whoever reads them.
pub(super) fn token(name: &str) -> String {
    format!("{name}-{}", jiff::Timestamp::now().as_millisecond())
}

/// Content, not time, names a change set: two deploys of the same thing meet in one.
fn fingerprint(wanted: &StackInput) -> String {
    let mut hasher = Sha256::new();
    hasher.update(wanted.template.as_bytes());
    for (kind, map) in [("p", &wanted.parameters), ("t", &wanted.tags)] {
        for (key, value) in map {
            hasher.update(format!("\0{kind}\0{key}\0{value}"));
        }
    }
    hex::encode(&hasher.finalize()[..8])
}
