//! One stack to its end: buckets emptied, deletion started or joined, waited for.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use jiff::Timestamp;

use super::empty::empty;
use super::observe::Doomed;
use crate::aws::events::{self, Event};
use crate::aws::stacks::{self, LiveStack};
use crate::deploy::wait::{self, Waited};
use crate::deploy::{failure, in_progress};
use crate::error::Problem;
use crate::ui::Ui;

/// A bucket may get an object between its emptying and its deletion, as long as its functions still run.
const ATTEMPTS: usize = 3;
const BUCKET: &str = "AWS::S3::Bucket";
/// No token: of an operation that somebody else began, only the end counts.
const JOINED: &str = "";

/// Deletes a stack with all that its buckets hold, but for a bucket that outlives it.
pub(super) async fn delete(ui: &Ui, client: &Client, s3: &aws_sdk_s3::Client, stack: &Doomed) -> anyhow::Result<()> {
    let id = stack.live.id.as_str();
    if in_progress(&stack.live.status) {
        // A killed deploy or destroy leaves its operation behind: CloudFormation begins no other before its end.
        let live = wait::settle(ui, client, Waited::new(id, JOINED)).await?;
        if is_gone(live.as_ref()) {
            return Ok(());
        }
    }
    for attempt in 1.. {
        let resources = stacks::resources(client, id).await?;
        let kept = |bucket: &String| stack.retained.iter().any(|(_, name)| name == bucket);
        for (_, _, bucket) in resources.iter().filter(|(_, kind, id)| kind == BUCKET && !id.is_empty() && !kept(id)) {
            let deleted = empty(ui, s3, bucket).await?;
            if deleted > 0 {
                ui.step("Emptied", format!("bucket {bucket}: {deleted} versions"));
            }
        }
        let token = format!("xtask-destroy-{}-{attempt}", Timestamp::now().as_millisecond());
        stacks::delete(client, id, &token).await?;
        let live = wait::settle(ui, client, Waited::new(id, &token).of(resources.len())).await?;
        if is_gone(live.as_ref()) {
            return Ok(());
        }
        let events = events::of(client, id, &token).await.unwrap_or_default();
        let cause = failure::root_cause(&events);
        if attempt >= ATTEMPTS || cause.is_none_or(|event| event.kind != BUCKET) {
            return Err(stays(cause, live.as_ref()).into());
        }
    }
    Ok(())
}

fn is_gone(live: Option<&LiveStack>) -> bool {
    live.is_none_or(|live| live.status == StackStatus::DeleteComplete)
}

/// The root cause first, then the status that the stack was left in.
fn stays(cause: Option<&Event>, live: Option<&LiveStack>) -> Problem {
    let (status, reason) = live.map_or(("gone", ""), |live| (live.status.as_str(), live.reason.as_str()));
    let problem = match cause {
        Some(event) => {
            Problem::failed(format!("{} ({}) {}: {}", event.logical_id, event.kind, event.status, event.reason))
        }
        None => Problem::failed(format!("its deletion ended as {status}: {reason}")),
    };
    problem.hint(format!("the stack is {status}; mend the cause and run the same command again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::operation::delete_stack::DeleteStackOutput;
    use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
    use aws_sdk_cloudformation::types::{ResourceStatus, Stack, StackEvent};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::DateTime;
    use std::sync::{Arc, Mutex};

    use crate::ui::Mode;

    /// A stack whose deletions fail at a resource of this kind, then succeed, this many times.
    fn stack(kind: &'static str, failures: usize) -> (Client, Rule) {
        let last = Arc::new(Mutex::new((String::new(), 0)));
        let (heard, told, known) = (Arc::clone(&last), Arc::clone(&last), last);
        let delete = mock!(Client::delete_stack)
            .match_requests(move |call| {
                let mut last = heard.lock().unwrap();
                *last = (call.client_request_token().unwrap().to_owned(), last.1 + 1);
                true
            })
            .then_output(|| DeleteStackOutput::builder().build());
        let events = mock!(Client::describe_stack_events).then_output(move || {
            let event = |id: &str, kind: &str, reason: &str| {
                let event = StackEvent::builder().event_id(id).logical_resource_id(id).resource_type(kind);
                let event = event.stack_id("s").stack_name("s").timestamp(DateTime::from_secs(0));
                let event = event.resource_status(ResourceStatus::DeleteFailed).resource_status_reason(reason);
                event.client_request_token(told.lock().unwrap().0.clone()).build()
            };
            let whole = event("Stack", "AWS::CloudFormation::Stack", "The following resource(s) failed to delete");
            DescribeStackEventsOutput::builder()
                .stack_events(whole)
                .stack_events(event("First", kind, "in use"))
                .build()
        });
        let describe = mock!(Client::describe_stacks).then_output(move || {
            let failed = known.lock().unwrap().1 <= failures;
            let status = if failed { StackStatus::DeleteFailed } else { StackStatus::DeleteComplete };
            let stack = Stack::builder().stack_name("s").creation_time(DateTime::from_secs(0)).stack_status(status);
            DescribeStacksOutput::builder().stacks(stack.build()).build()
        });
        let resources = mock!(Client::list_stack_resources).then_output(|| ListStackResourcesOutput::builder().build());
        let client =
            mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&delete, &events, &describe, &resources]);
        (client, delete)
    }

    fn delete_with(client: &Client) -> anyhow::Result<()> {
        let nothing: [&Rule; 0] = [];
        let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, nothing);
        let stack = Doomed::of("s");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(delete(&Ui::new(Mode::default()), client, &s3, &stack))
    }

    #[test]
    fn a_bucket_that_was_filled_again_is_emptied_again() {
        let (client, calls) = stack(BUCKET, 2);
        delete_with(&client).unwrap();
        assert_eq!(calls.num_calls(), 3);
    }

    #[test]
    fn a_bucket_that_stays_full_ends_in_its_root_cause() {
        let (client, calls) = stack(BUCKET, ATTEMPTS);
        let error = delete_with(&client).unwrap_err();
        assert_eq!(error.to_string(), "First (AWS::S3::Bucket) DELETE_FAILED: in use");
        assert_eq!(calls.num_calls(), ATTEMPTS);
    }

    #[test]
    fn any_other_failure_is_told_at_once() {
        let (client, calls) = stack("AWS::EC2::VPC", 1);
        let error = delete_with(&client).unwrap_err();
        assert_eq!(error.to_string(), "First (AWS::EC2::VPC) DELETE_FAILED: in use");
        assert_eq!(calls.num_calls(), 1);
        assert!(crate::error::hints(&error).any(|hint| hint.contains("DELETE_FAILED")));
    }
}
