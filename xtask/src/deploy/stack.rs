//! One stack from what is there to what is wanted, whatever state it is found in.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use serde::Serialize;

use super::change::{Change, change};
use super::growth;
use super::rescue;
use super::review::Review;
use super::status::{self, Act, Step, decide};
use super::upload::place;
use super::wait::{self, Waited};
use super::world::{Seen, look};
use crate::aws::stacks::{self, LiveStack, StackInput};
use crate::aws::{Aws, events};
use crate::config::Config;
use crate::error::Problem;
use crate::recorder;
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
    /// It is as it was; its termination protection was turned on or off.
    Protection,
    /// It is as it was; code was put into its functions directly.
    Hotswapped,
    /// It is as it was; functions that had been hotswapped run its code again.
    Reconciled,
}

impl Outcome {
    /// As JSON has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Protection => "protection",
            Self::Hotswapped => "hotswapped",
            Self::Reconciled => "reconciled",
        }
    }
}

/// What an environment wants of every stack's operations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Whether the stack is protected against its deletion.
    pub protect: bool,
    /// Whether what succeeded is kept where something fails, instead of being rolled back.
    pub keep: bool,
}

/// A stack after a deploy.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    pub(super) outcome: Outcome,
    pub(super) outputs: BTreeMap<String, String>,
    /// Whether this deploy has seen another one's operation to its end.
    pub(super) joined: bool,
}

/// Times that a stack may be found busy or half-made before a person should look.
const ATTEMPTS: u32 = 9;

/// By what a stack is changed, and under which rules.
#[derive(Clone, Copy)]
pub(super) struct Hands<'a> {
    pub(super) ui: &'a Ui,
    pub(super) client: &'a Client,
    /// Where a template goes that is too long for a request.
    pub(super) bucket: (&'a Aws, &'a Config),
    pub(super) policy: Policy,
    /// What the change is held against.
    pub(super) review: &'a Review,
}

/// Brings a stack to what is wanted; joins what is in progress, clears what a failed creation left. `seen` is the stack as
/// it was found.
pub(super) async fn apply(hands: Hands<'_>, wanted: &StackInput, seen: Option<Seen>) -> anyhow::Result<Applied> {
    let (mut outcome, mut joined) = (Outcome::Unchanged, false);
    let mut found = Some(seen);
    for attempt in 0..ATTEMPTS {
        let (seen, fresh) = match found.take() {
            Some(seen) => (seen, false),
            None => (look(hands.client, &wanted.name).await?, true),
        };
        let template = seen.as_ref().and_then(|seen| seen.template.as_deref());
        let step = decide(seen.as_ref().map(|seen| &seen.live), template, wanted);
        let first = if step == Step::Update { growth(hands, wanted, template).await? } else { None };
        // What was found a while ago is good enough for leaving a stack alone, not for changing it.
        if !fresh && step != Step::Unchanged {
            continue;
        }
        if let Some(seen) = &seen {
            announce(hands.ui, wanted, &seen.live);
        }
        let done = match (step, seen) {
            (Step::Unchanged, Some(seen)) => return finish(hands, wanted, &seen.live, (outcome, joined)).await,
            (Step::As(act), Some(seen)) if wanted.kept.is_some() && act != Act::Join => {
                return Err(not_whole(wanted, &seen.live).into());
            }
            (Step::As(Act::Create), _) => change(hands, &wanted.for_creation(), true, None).await?,
            (Step::As(Act::GoOn), Some(seen)) => go_on(hands, wanted, &seen).await?,
            (Step::Update, Some(seen)) => {
                let plan = hands.review.plan(Some(&seen), wanted)?;
                match change(hands, first.as_ref().unwrap_or(wanted), false, Some(&plan)).await? {
                    Change::Nothing => return finish(hands, wanted, &seen.live, (outcome, joined)).await,
                    Change::Done(_) if first.is_some() => {
                        outcome = Outcome::Updated;
                        continue;
                    }
                    done => done,
                }
            }
            (Step::As(act), Some(seen)) => {
                other(hands, wanted, &seen.live, act).await?;
                joined |= act == Act::Join;
                continue;
            }
            // Every step but a creation comes from a stack that is there.
            (_, None) => continue,
        };
        match done {
            Change::Done(live) => {
                let new = live.status == StackStatus::CreateComplete;
                outcome = if new || outcome == Outcome::Created { Outcome::Created } else { Outcome::Updated };
                // What was created for the first time may still lack what only a whole stack gets.
                if wanted.creation.is_none() || step == Step::Update {
                    return finish(hands, wanted, &live, (outcome, joined)).await;
                }
            }
            Change::Refused(reason) => return Err(refused(wanted, &reason).into()),
            Change::Nothing | Change::Elsewhere => wait::pause(attempt).await,
        }
    }
    Err(Problem::failed(format!("stack `{}` changed under our hands {ATTEMPTS} times", wanted.name))
        .hint("another deploy is at work; wait for its end and run this again")
        .into())
}

/// What is sent first where the stack lacks resources that will be guarded.
async fn growth(hands: Hands<'_>, wanted: &StackInput, live: Option<&str>) -> anyhow::Result<Option<StackInput>> {
    let (Some(unguarded), Some(live)) = (&wanted.creation, live) else { return Ok(None) };
    let Some(template) = growth::first(live, &wanted.template, &unguarded.text)? else { return Ok(None) };
    let template_url = place(hands.bucket, &template).await?;
    Ok(Some(StackInput { template, template_url, creation: None, ..wanted.clone() }))
}

/// Steps that are no change of ours: the stack is looked at again after them.
async fn other(hands: Hands<'_>, wanted: &StackInput, live: &LiveStack, act: Act) -> anyhow::Result<()> {
    let Hands { ui, client, .. } = hands;
    match act {
        Act::Join => {
            let token = events::newest_token(client, &live.id).await?;
            wait::settle(ui, client, Waited::new(&live.id, &token)).await.map(drop)
        }
        Act::Recreate => rescue::recreate(ui, client, live).await,
        Act::FinishDeletion => rescue::finish_deletion(ui, client, wanted, live).await,
        Act::ContinueRollback => rescue::continue_rollback(ui, client, wanted, live).await,
        _ => Err(rescue::stuck(client, wanted, live).await),
    }
}

/// Goes on from an operation that kept what had succeeded. Where CloudFormation finds nothing to go on with, or cannot
/// (a replacement, say), the operation is rolled back, unless nothing may be rolled back.
async fn go_on(hands: Hands<'_>, wanted: &StackInput, seen: &Seen) -> anyhow::Result<Change> {
    let live = &seen.live;
    let first = live.status == StackStatus::CreateFailed;
    if !first && wanted.creation.is_some() {
        // What the failed operation has not made yet would be made with its guards, which no rollback could take back.
        hands.ui.step("Rolling back", format!("{}: it is protected, and never left half done", wanted.name));
        rescue::roll_back(hands.ui, hands.client, live).await?;
        return Ok(Change::Elsewhere);
    }
    let sent = if first { wanted.for_creation() } else { wanted.clone() };
    let plan = hands.review.plan(Some(seen), &sent)?;
    let reason = match change(hands, &sent, false, Some(&plan)).await? {
        Change::Refused(reason) => reason,
        Change::Nothing => "CloudFormation finds nothing to go on with".to_owned(),
        done => return Ok(done),
    };
    if hands.policy.keep {
        let problem = Problem::failed(format!("stack `{}` is {}: {reason}", wanted.name, live.status));
        return Err(problem.hint("run the same command with `--rollback on`, which rolls the failed one back").into());
    }
    hands.ui.step("Rolling back", format!("{}: {reason}", wanted.name));
    rescue::roll_back(hands.ui, hands.client, live).await?;
    Ok(Change::Elsewhere)
}

/// Of a stack that keeps its template only the inputs change: there is nothing to make it anew from.
fn not_whole(wanted: &StackInput, live: &LiveStack) -> Problem {
    let problem = Problem::failed(format!("stack `{}` is {}: its new inputs cannot be set", wanted.name, live.status));
    problem.hint("deploy it in full: the same command with `--service` for its service, too")
}

fn announce(ui: &Ui, wanted: &StackInput, live: &LiveStack) {
    let says = status::of(&live.status).says;
    if !says.is_empty() {
        ui.step("Found", format!("{} {}: {says}", wanted.name, live.status));
    }
}

fn refused(wanted: &StackInput, reason: &str) -> Problem {
    Problem::failed(format!("CloudFormation refuses the change of `{}`: {reason}", wanted.name))
}

/// Sets the termination protection, where it is not as the environment wants it, in either direction.
async fn finish(
    hands: Hands<'_>,
    wanted: &StackInput,
    live: &LiveStack,
    (mut outcome, joined): (Outcome, bool),
) -> anyhow::Result<Applied> {
    let protect = hands.policy.protect;
    if protect != live.termination_protection {
        if let Some(agreed) = hands.review.agreed.as_ref().filter(|_| !protect) {
            agreed.unprotects()?;
        }
        stacks::protect(hands.client, &live.id, protect).await?;
        let verb = if protect { "Protected" } else { "Unprotected" };
        hands.ui.step(verb, format!("{} against its deletion", wanted.name));
        if outcome == Outcome::Unchanged {
            outcome = Outcome::Protection;
        }
    }
    recorder::outcome(outcome.name());
    Ok(Applied { outcome, outputs: live.outputs.clone(), joined })
}
