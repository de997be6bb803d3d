//! One stack from what is there to what is wanted: change set, execution, events, outcome.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::status::{Step, decide};
use super::wait::{self, Pace};
use super::world::{Seen, look};
use crate::aws::stacks::{self, ChangeSet, LiveStack, StackInput};
use crate::error::Problem;
use crate::ui::Ui;

/// What a deploy did to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing differed; nothing was called.
    Unchanged,
    /// It is new.
    Created,
    /// It was changed.
    Updated,
    /// It is as it was; code was put into its functions directly.
    Hotswapped,
    /// It is as it was; functions that had been hotswapped run its code again.
    Reconciled,
}

/// A stack after a deploy.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    pub(super) outcome: Outcome,
    pub(super) outputs: BTreeMap<String, String>,
}

/// Times that a stack may be found busy or half-made before a person should look.
const ATTEMPTS: u32 = 5;

/// Brings a stack to what is wanted; joins what is in progress, clears what a failed creation left. `seen` is the stack as
/// it was found.
pub(super) async fn apply(
    ui: &Ui,
    client: &Client,
    wanted: &StackInput,
    seen: Option<Seen>,
    protect: bool,
) -> anyhow::Result<Applied> {
    let mut found = Some(seen);
    for _ in 0..=ATTEMPTS {
        let (seen, fresh) = match found.take() {
            Some(seen) => (seen, false),
            None => (look(client, &wanted.name).await?, true),
        };
        let (live, template) = seen.map(|seen| (seen.live, seen.template)).unzip();
        let step = decide(live.as_ref(), template.flatten().as_deref(), wanted);
        // What was found a while ago is good enough for leaving a stack alone, not for changing it.
        if !fresh && step != Step::Unchanged {
            continue;
        }
        match (step, live) {
            (Step::Unchanged, Some(live)) => return finish(client, &live, Outcome::Unchanged, protect).await,
            (Step::Create, _) => {
                if let Change::Done(live) = change(ui, client, wanted, true).await? {
                    return finish(client, &live, Outcome::Created, protect).await;
                }
            }
            (Step::Update, Some(live)) => match change(ui, client, wanted, false).await? {
                Change::Done(live) => return finish(client, &live, Outcome::Updated, protect).await,
                Change::Nothing => return finish(client, &live, Outcome::Unchanged, protect).await,
                Change::Elsewhere => {}
            },
            (Step::Recreate, Some(live)) => {
                ui.say(format!(
                    "{:>12} `{}` is left from a failed creation ({})",
                    "Deleting", wanted.name, live.status
                ));
                let token = format!("xtask-clear-{}", fingerprint(wanted));
                stacks::delete(client, &live.id, &token).await?;
                wait::settle(ui, client, &live.id, &token).await?;
            }
            (Step::Join, Some(live)) => {
                ui.say(format!("{:>12} `{}` is {}", "Waiting", wanted.name, live.status));
                let token = stacks::newest_token(client, &live.id).await?.unwrap_or_default();
                wait::settle(ui, client, &live.id, &token).await?;
            }
            (Step::Stuck(hint), Some(live)) => {
                let text = format!("stack `{}` is {}: {}", wanted.name, live.status, live.reason);
                return Err(Problem::failed(text).hint(hint.replace("<stack>", &wanted.name)).into());
            }
            // Every step but `Create` comes from a stack that is there.
            (_, None) => {}
        }
    }
    Err(Problem::failed(format!("stack `{}` changed under our hands {ATTEMPTS} times", wanted.name))
        .hint("another deploy is at work; wait for its end and run this again")
        .into())
}

async fn finish(client: &Client, live: &LiveStack, outcome: Outcome, protect: bool) -> anyhow::Result<Applied> {
    if protect && !live.termination_protection {
        stacks::protect(client, &live.id, true).await?;
    }
    Ok(Applied { outcome, outputs: live.outputs.clone() })
}

/// What became of a change set.
enum Change {
    /// It was executed, and the stack is as wanted.
    Done(LiveStack),
    /// CloudFormation found nothing to change after all.
    Nothing,
    /// Another deploy executes it: look at the stack again.
    Elsewhere,
}

/// Makes and executes a change set.
async fn change(ui: &Ui, client: &Client, wanted: &StackInput, new: bool) -> anyhow::Result<Change> {
    let name = format!("xtask-{}", fingerprint(wanted));
    if !new {
        sweep(client, &wanted.name, &name).await?;
    }
    if !stacks::create_change_set(client, wanted, &name, new).await? {
        // A killed run left it: use it if it is whole, else make it anew.
        let found = ready(client, &wanted.name, &name).await?;
        if !matches!(found, ChangeSet::Ready | ChangeSet::Taken) {
            stacks::delete_change_set(client, &wanted.name, &name).await?;
            stacks::create_change_set(client, wanted, &name, new).await?;
        }
    }
    match ready(client, &wanted.name, &name).await? {
        ChangeSet::Ready => {}
        ChangeSet::Taken | ChangeSet::Pending => return Ok(Change::Elsewhere),
        ChangeSet::Empty => {
            stacks::delete_change_set(client, &wanted.name, &name).await?;
            return Ok(Change::Nothing);
        }
        ChangeSet::Refused(reason) => {
            stacks::delete_change_set(client, &wanted.name, &name).await?;
            clear_shell(client, &wanted.name, &name).await?;
            return Err(
                Problem::failed(format!("CloudFormation refuses the change of `{}`: {reason}", wanted.name)).into()
            );
        }
    }
    let token = format!("{name}-{}", jiff::Timestamp::now().as_millisecond());
    if !stacks::execute(client, &wanted.name, &name, &token).await? {
        return Ok(Change::Elsewhere);
    }
    let live = wait::settle(ui, client, &wanted.name, &token).await?;
    match live {
        Some(live) if matches!(live.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") => Ok(Change::Done(live)),
        other => Err(failure(client, wanted, &token, other.as_ref()).await),
    }
}

/// The root cause first, then the status that the stack was left in.
async fn failure(client: &Client, wanted: &StackInput, token: &str, live: Option<&LiveStack>) -> anyhow::Error {
    let events = stacks::events(client, &wanted.name, token).await.unwrap_or_default();
    let status = live.map_or("gone".to_owned(), |live| live.status.as_str().to_owned());
    let problem = match wait::root_cause(&events) {
        Some(event) => Problem::failed(format!(
            "stack `{}`: {} ({}) {}: {}",
            wanted.name, event.logical_id, event.kind, event.status, event.reason
        )),
        None => Problem::failed(format!(
            "stack `{}` did not reach what was asked: {}",
            wanted.name,
            live.map(|live| live.reason.as_str()).unwrap_or_default()
        )),
    };
    problem.hint(format!("the stack is {status}; mend the cause and run the same command again")).into()
}

async fn ready(client: &Client, stack: &str, name: &str) -> anyhow::Result<ChangeSet> {
    let mut pace = Pace::default();
    loop {
        let poll = stacks::change_set(client, stack, name).await;
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

/// Deletes what killed runs left: change sets of ours under other names.
async fn sweep(client: &Client, stack: &str, keep: &str) -> anyhow::Result<()> {
    for name in stacks::change_sets(client, stack).await? {
        if name.starts_with("xtask-") && name != keep {
            stacks::delete_change_set(client, stack, &name).await?;
        }
    }
    Ok(())
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
