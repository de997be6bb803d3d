//! One stack to its end: buckets emptied, deletion started or joined, waited for.

use aws_sdk_cloudformation::types::StackStatus;
use jiff::Timestamp;

use super::empty::empty;
use super::observe::Doomed;
use crate::aws::Aws;
use crate::aws::stacks::{self, Event, LiveStack};
use crate::deploy::wait;
use crate::error::Problem;
use crate::ui::Ui;

/// A bucket may get an object between its emptying and its deletion, as long as its functions still run.
const ATTEMPTS: usize = 3;
const BUCKET: &str = "AWS::S3::Bucket";
/// No event has this token: of an operation that somebody else began, only the end counts.
const JOINED: &str = "joined";

/// Deletes a stack with all that its buckets hold.
pub(super) async fn delete(ui: &Ui, aws: &Aws, doomed: &Doomed) -> anyhow::Result<()> {
    let (client, id) = (&aws.cloudformation, doomed.live.id.as_str());
    if is_busy(&doomed.live) {
        // A killed deploy or destroy leaves its operation behind: CloudFormation begins no other before its end.
        let live = wait::settle(ui, client, id, JOINED).await?;
        if is_gone(live.as_ref()) {
            return Ok(());
        }
    }
    for attempt in 1.. {
        let resources = stacks::resources(client, id).await?;
        for (_, _, bucket) in resources.iter().filter(|(_, kind, id)| kind == BUCKET && !id.is_empty()) {
            let deleted = empty(ui, &aws.s3, bucket).await?;
            if deleted > 0 {
                ui.step("Emptied", format!("bucket {bucket}: {deleted} versions"));
            }
        }
        let token = format!("xtask-destroy-{}-{attempt}", Timestamp::now().as_millisecond());
        stacks::delete(client, id, &token).await?;
        let live = wait::settle(ui, client, id, &token).await?;
        if is_gone(live.as_ref()) {
            return Ok(());
        }
        let events = stacks::events(client, id, &token).await.unwrap_or_default();
        let cause = wait::root_cause(&events);
        if attempt >= ATTEMPTS || cause.is_none_or(|event| event.kind != BUCKET) {
            return Err(failure(cause, live.as_ref()).into());
        }
    }
    Ok(())
}

fn is_busy(live: &LiveStack) -> bool {
    live.status.as_str().ends_with("_IN_PROGRESS") && live.status != StackStatus::ReviewInProgress
}

fn is_gone(live: Option<&LiveStack>) -> bool {
    live.is_none_or(|live| live.status == StackStatus::DeleteComplete)
}

/// The root cause first, then the status that the stack was left in.
fn failure(cause: Option<&Event>, live: Option<&LiveStack>) -> Problem {
    let (status, reason) = live.map_or(("gone", ""), |live| (live.status.as_str(), live.reason.as_str()));
    let problem = match cause {
        Some(event) => {
            Problem::failed(format!("{} ({}) {}: {}", event.logical_id, event.kind, event.status, event.reason))
        }
        None => Problem::failed(format!("its deletion ended as {status}: {reason}")),
    };
    problem.hint(format!("the stack is {status}; mend the cause and run the same command again"))
}
