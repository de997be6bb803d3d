//! Ways out of the states that a failed operation leaves. What loses or leaves something behind is a person's to say:
//! `--yes` does not.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;

use super::change::token;
use super::failure;
use super::status;
use super::wait::{self, Waited};
use crate::aws::events::{self, Event};
use crate::aws::stacks::{self, LiveStack, StackInput};
use crate::error::Problem;
use crate::ui::Ui;

/// Deletes what a failed first creation left.
pub(super) async fn recreate(ui: &Ui, client: &Client, live: &LiveStack) -> anyhow::Result<()> {
    let token = token("xtask-clear");
    stacks::delete(client, &live.id, &token).await?;
    wait::settle(ui, client, Waited::new(&live.id, &token)).await.map(drop)
}

/// Tries a failed deletion once more, but only that of a stack that was never whole: any other held something.
pub(super) async fn finish_deletion(
    ui: &Ui,
    client: &Client,
    wanted: &StackInput,
    live: &LiveStack,
) -> anyhow::Result<()> {
    if events::was_whole(client, &live.id).await? {
        let problem = listed(wanted, live, &events::newest(client, &live.id).await.unwrap_or_default());
        let hint = match wanted.tags.get("environment") {
            Some(environment) => format!("finish the deletion first: cargo xtask destroy --env {environment}"),
            None => format!("finish the deletion first: aws cloudformation delete-stack --stack-name {}", wanted.name),
        };
        return Err(problem.hint(hint).into());
    }
    let token = token("xtask-clear");
    stacks::delete(client, &live.id, &token).await?;
    match wait::settle(ui, client, Waited::new(&live.id, &token)).await? {
        Some(left) if left.status == StackStatus::DeleteFailed => abandon(ui, client, wanted, &left).await,
        _ => Ok(()),
    }
}

/// Leaves behind what cannot be deleted, if a person says so.
async fn abandon(ui: &Ui, client: &Client, wanted: &StackInput, live: &LiveStack) -> anyhow::Result<()> {
    let events = events::newest(client, &live.id).await?;
    let left = list(ui, wanted, &events);
    if left.is_empty() {
        return Err(stuck(client, wanted, live).await);
    }
    let row = status::of(&live.status);
    let hint =
        format!("aws cloudformation delete-stack --stack-name {} --retain-resources {}", wanted.name, left.join(" "));
    ui.confirm_in_person(&format!("{} (stack `{}`)", row.asks_in_person, wanted.name), "leave", &hint)?;
    let token = token("xtask-abandon");
    stacks::abandon(client, &live.id, &left, &token).await?;
    wait::settle(ui, client, Waited::new(&live.id, &token)).await.map(drop)
}

/// Goes on with a failed rollback: first with everything, then without what failed again, if a person says so.
pub(super) async fn continue_rollback(
    ui: &Ui,
    client: &Client,
    wanted: &StackInput,
    live: &LiveStack,
) -> anyhow::Result<()> {
    let row = status::of(&live.status);
    list(ui, wanted, &events::newest(client, &live.id).await?);
    ui.confirm(&format!("{} of `{}`", row.asks, wanted.name), "continue")?;
    if rolled_back(ui, client, live, &[]).await? {
        return Ok(());
    }
    let skip = list(ui, wanted, &events::newest(client, &live.id).await?);
    if skip.is_empty() {
        return Err(stuck(client, wanted, live).await);
    }
    let command = format!(
        "mend the cause, or: aws cloudformation continue-update-rollback --stack-name {} --resources-to-skip {}",
        wanted.name,
        skip.join(" ")
    );
    ui.confirm_in_person(&format!("{} (stack `{}`)", row.asks_in_person, wanted.name), "skip", &command)?;
    if !rolled_back(ui, client, live, &skip).await? {
        let events = events::newest(client, &live.id).await.unwrap_or_default();
        return Err(listed(wanted, live, &events).hint(command).into());
    }
    ui.warn(format!(
        "{} of `{}` may not be as the template says: look at them before the next change",
        skip.join(", "),
        wanted.name
    ));
    Ok(())
}

async fn rolled_back(ui: &Ui, client: &Client, live: &LiveStack, skip: &[String]) -> anyhow::Result<bool> {
    let token = token("xtask-continue");
    stacks::continue_rollback(client, &live.id, skip, &token).await?;
    let live = wait::settle(ui, client, Waited::new(&live.id, &token)).await?;
    Ok(live.is_none_or(|live| live.status != StackStatus::UpdateRollbackFailed))
}

/// Rolls back an operation that had kept what succeeded.
pub(super) async fn roll_back(ui: &Ui, client: &Client, live: &LiveStack) -> anyhow::Result<()> {
    let token = token("xtask-back");
    stacks::rollback(client, &live.id, &token).await?;
    wait::settle(ui, client, Waited::new(&live.id, &token)).await.map(drop)
}

/// What only a person can decide, with all that is known of it.
pub(super) async fn stuck(client: &Client, wanted: &StackInput, live: &LiveStack) -> anyhow::Error {
    let events = events::newest(client, &live.id).await.unwrap_or_default();
    listed(wanted, live, &events)
        .hint(format!("aws cloudformation describe-stack-events --stack-name {}, or the console", wanted.name))
        .into()
}

/// Says what failed and why; the logical ids.
fn list(ui: &Ui, wanted: &StackInput, events: &[Event]) -> Vec<String> {
    let failed = failure::failed(events);
    for event in &failed {
        ui.warn(format!("`{}`: {}", wanted.name, failure::describe(event)));
    }
    failed.into_iter().map(|event| event.logical_id.clone()).collect()
}

fn listed(wanted: &StackInput, live: &LiveStack, events: &[Event]) -> Problem {
    let failed = failure::failed(events).into_iter().map(|event| format!("\n  {}", failure::describe(event)));
    let failed: String = failed.collect();
    Problem::failed(format!("stack `{}` is {}: {}{failed}", wanted.name, live.status, live.reason))
}
