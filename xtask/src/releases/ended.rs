//! Whether the work that a deploy found, and did none of itself, has ended. No lock says so: the stacks' own events do.

use aws_sdk_cloudformation::Client;
use jiff::Timestamp;

use crate::aws::events::{self, Event};

/// Longest that a deploy is at work, as a rule, without a word of its stacks: between two of them, or in its sites.
const SILENCE_MINUTES: i64 = 5;

/// Of the stacks, each with the time of what the newest release tells of it, those that change, or have changed since that time and so
/// recently that whoever changed them may still be at work: the latest.
pub(super) async fn at_work(client: &Client, stacks: &[(String, Option<Timestamp>)]) -> anyhow::Result<Option<String>> {
    let mut latest = None;
    for (stack, released) in stacks {
        let newest = events::newest_one(client, stack).await?;
        let moving = newest.filter(|event| moves(event, *released, Timestamp::now()));
        latest = latest.max(moving.map(|event| (event.at, stack.clone())));
    }
    Ok(latest.map(|(_, stack)| stack))
}

fn moves(newest: &Event, released: Option<Timestamp>, now: Timestamp) -> bool {
    // What waits for its change set to be executed may wait for ever.
    let rests = !newest.status.ends_with("_IN_PROGRESS") || newest.status == "REVIEW_IN_PROGRESS";
    // What a release tells of was over by then; it has whole seconds.
    let told = released.is_some_and(|released| newest.at / 1_000 <= released.as_second());
    let recent = now.as_millisecond() - newest.at < SILENCE_MINUTES * 60_000;
    !(newest.is_of_stack() && rests) || recent && !told
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
    use aws_sdk_cloudformation::primitives::DateTime;
    use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    #[tokio::test]
    async fn of_several_stacks_that_move_the_latest_is_named() {
        let at = |stack: &'static str, seconds_ago: i64| {
            mock!(Client::describe_stack_events)
                .match_requests(move |call| call.stack_name() == Some(stack))
                .then_output(move || {
                    let event = StackEvent::builder().resource_type("AWS::CloudFormation::Stack").event_id("1");
                    let event = event.stack_id("s").stack_name(stack).resource_status(ResourceStatus::UpdateComplete);
                    let at = DateTime::from_secs(Timestamp::now().as_second() - seconds_ago);
                    DescribeStackEventsOutput::builder().stack_events(event.timestamp(at).build()).build()
                })
        };
        let rules = [at("a", 90), at("b", 10), at("c", 9_000)];
        let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&rules[0], &rules[1], &rules[2]]);
        let stacks = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), None)).collect::<Vec<_>>();
        assert_eq!(at_work(&client, &stacks(&["a", "b", "c"])).await.unwrap().as_deref(), Some("b"));
        assert_eq!(at_work(&client, &stacks(&["c"])).await.unwrap(), None);
    }

    #[test]
    fn a_stack_moves_while_it_is_in_an_operation_and_for_a_while_after_it() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let moves = |kind: &str, status: &str, seconds_ago: i64| {
            let at = now.as_millisecond() - seconds_ago * 1_000;
            moves(&Event { kind: kind.into(), status: status.into(), at, ..Event::default() }, None, now)
        };
        let stack = "AWS::CloudFormation::Stack";
        assert!(moves(stack, "UPDATE_COMPLETE", 299) && !moves(stack, "UPDATE_COMPLETE", 300));
        assert!(moves(stack, "UPDATE_COMPLETE", -20), "another clock may be ahead of this one");
        assert!(
            moves(stack, "UPDATE_IN_PROGRESS", 4_000) && moves(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", 4_000)
        );
        assert!(moves("AWS::SQS::Queue", "UPDATE_COMPLETE", 4_000), "a resource's end is not its stack's");
        assert!(!moves(stack, "REVIEW_IN_PROGRESS", 4_000) && !moves(stack, "UPDATE_ROLLBACK_COMPLETE", 4_000));
    }

    #[test]
    fn what_a_release_tells_of_was_over_by_then_unless_the_stack_is_in_an_operation() {
        let released = Timestamp::from_second(1_000_000).unwrap();
        let moves = |status: &str, at: i64| {
            let event =
                Event { kind: "AWS::CloudFormation::Stack".into(), status: status.into(), at, ..Event::default() };
            moves(&event, Some(released), Timestamp::from_second(1_000_010).unwrap())
        };
        assert!(!moves("UPDATE_COMPLETE", 1_000_000_999) && moves("UPDATE_COMPLETE", 1_000_001_000));
        assert!(moves("UPDATE_IN_PROGRESS", 999_000_000));
    }
}
