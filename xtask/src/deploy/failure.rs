//! Why an operation failed, from its events: the cause before what merely followed. Pure.

use crate::aws::events::Event;
use crate::aws::stacks::LiveStack;
use crate::error::Problem;

/// Further failures that are listed below the root cause.
const SHOWN: usize = 5;

/// The failure of an operation of ours: the root cause first, then what else failed, then how the stack was left.
pub(super) fn of_operation(stack: &str, events: &[Event], live: Option<&LiveStack>) -> Problem {
    let status = live.map_or("gone", |live| live.status.as_str());
    let Some(cause) = root_cause(events) else {
        let reason = live.map(|live| live.reason.as_str()).unwrap_or_default();
        return Problem::failed(format!("stack `{stack}` did not reach what was asked: {reason}"))
            .hint(way_out(stack, status));
    };
    let first = if cause.is_of_stack() {
        format!("no resource failed, the stack was turned back: {}", turned_back(cause))
    } else {
        describe(cause)
    };
    let own = |event: &&Event| event.id != cause.id && is_own_failure(event);
    let (back, forth): (Vec<&Event>, Vec<&Event>) =
        events.iter().filter(own).partition(|event| is_after_turn(events, event));
    let also = forth.iter().take(SHOWN).map(|event| format!("also {}", describe(event)));
    let then = back.iter().take(SHOWN).map(|event| format!("on the way back {}", describe(event)));
    let lines: Vec<String> = [format!("stack `{stack}`: {first}")].into_iter().chain(also).chain(then).collect();
    Problem::failed(lines.join("\n  ")).hint(way_out(stack, status))
}

/// The words that CloudFormation has for a cancelling say who, but not what.
fn turned_back(event: &Event) -> String {
    let cancelled = event.reason.eq_ignore_ascii_case("user initiated");
    format!(
        "{}{}",
        event.reason,
        if cancelled { " (somebody cancelled it, in the console or by a command)" } else { "" }
    )
}

/// What failed in the newest operation, with the reasons; cancelled neighbours left out.
pub(super) fn failed(events: &[Event]) -> Vec<&Event> {
    let mut found: Vec<&Event> = Vec::new();
    for event in events.iter().filter(|event| is_own_failure(event)) {
        found.retain(|other| other.logical_id != event.logical_id);
        found.push(event);
    }
    found
}

/// `Table (AWS::DynamoDB::Table) CREATE_FAILED: why`
pub(super) fn describe(event: &Event) -> String {
    format!("{} ({}) {}: {}", event.logical_id, event.kind, event.status, event.reason)
}

fn way_out(stack: &str, status: &str) -> String {
    match status {
        "UPDATE_ROLLBACK_FAILED" => {
            format!("the stack is {status}: run the same command again, it offers the way out of it")
        }
        "ROLLBACK_FAILED" => {
            format!("the stack is {status}: mend the cause and run the same command again, which deletes what is left")
        }
        "CREATE_FAILED" | "UPDATE_FAILED" => format!(
            "what succeeded stays (the stack is {status}): mend the cause and run the same command again, which goes on from there; or `aws cloudformation rollback-stack --stack-name {stack}`"
        ),
        _ => format!("the stack is {status}; mend the cause and run the same command again"),
    }
}

/// The event that began a failure: the first failure that is not merely the cancelling of its neighbours, else why the
/// stack itself turned back.
#[must_use]
pub fn root_cause(events: &[Event]) -> Option<&Event> {
    let turned = |event: &&Event| {
        let back = event.status.ends_with("ROLLBACK_IN_PROGRESS") || event.status.ends_with("_FAILED");
        event.is_of_stack() && back && !event.reason.is_empty()
    };
    events.iter().find(|event| is_own_failure(event)).or_else(|| events.iter().find(turned))
}

fn is_own_failure(event: &Event) -> bool {
    event.status.ends_with("_FAILED") && !event.is_of_stack() && !is_cancelled(&event.reason)
}

/// Events have no code for this, only the sentence `Resource creation cancelled`, or `update`, or `deletion`.
pub(super) fn is_cancelled(reason: &str) -> bool {
    let words: Vec<String> = reason.split_whitespace().map(|word| word.trim_matches('.').to_lowercase()).collect();
    matches!(words.iter().map(String::as_str).collect::<Vec<_>>()[..], ["resource", _, "cancelled" | "canceled"])
}

/// Whether an event comes after the one with which the stack turned back.
fn is_after_turn(events: &[Event], event: &Event) -> bool {
    let turn = events.iter().position(|one| one.is_of_stack() && one.status.ends_with("ROLLBACK_IN_PROGRESS"));
    let place = events.iter().position(|one| one.id == event.id);
    turn.is_some_and(|turn| place.is_some_and(|place| place > turn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::hints;

    fn event(id: &str, status: &str, reason: &str) -> Event {
        let kind = if id.starts_with("stack") { "AWS::CloudFormation::Stack" } else { "AWS::X::Y" };
        Event {
            id: format!("{id}{status}"),
            token: "t".into(),
            logical_id: id.into(),
            kind: kind.into(),
            status: status.into(),
            reason: reason.into(),
            ..Event::default()
        }
    }

    fn live(status: &str) -> LiveStack {
        LiveStack {
            id: "arn".into(),
            status: status.into(),
            reason: "why".into(),
            parameters: std::collections::BTreeMap::new(),
            tags: std::collections::BTreeMap::new(),
            outputs: std::collections::BTreeMap::new(),
            termination_protection: false,
        }
    }

    fn text(events: &[Event], status: &str) -> String {
        let error = anyhow::Error::from(of_operation("demo", events, Some(&live(status))));
        format!("{error}\nhint: {}", hints(&error).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn the_root_cause_is_the_first_failure_that_is_no_cancellation() {
        let events = [
            event("A", "CREATE_IN_PROGRESS", ""),
            event("B", "CREATE_FAILED", "Resource creation cancelled"),
            event("C", "CREATE_FAILED", "the order was cancelled: bucket exists"),
            event("D", "CREATE_FAILED", "later"),
        ];
        assert_eq!(root_cause(&events).unwrap().logical_id, "C");
        assert_eq!(root_cause(&events[..2]), None);
    }

    #[test]
    fn a_failed_creation_tells_its_cause_before_its_neighbours() {
        insta::assert_snapshot!(text(
            &[
                event("stack", "CREATE_IN_PROGRESS", "User Initiated"),
                event("Queue", "CREATE_FAILED", "Resource creation cancelled"),
                event("Bucket", "CREATE_FAILED", "it exists already"),
                event("Topic", "CREATE_FAILED", "no such key"),
                event("stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Queue, Bucket]."),
                event("stack", "ROLLBACK_COMPLETE", ""),
            ],
            "ROLLBACK_COMPLETE"
        ));
    }

    #[test]
    fn a_cancelled_update_tells_who_turned_it_back() {
        insta::assert_snapshot!(text(
            &[
                event("stack", "UPDATE_IN_PROGRESS", "User Initiated"),
                event("Queue", "UPDATE_FAILED", "Resource update cancelled"),
                event("stack", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
                event("stack", "UPDATE_ROLLBACK_COMPLETE", ""),
            ],
            "UPDATE_ROLLBACK_COMPLETE"
        ));
    }

    #[test]
    fn a_rollback_that_fails_tells_both_causes() {
        insta::assert_snapshot!(text(
            &[
                event("stack", "UPDATE_IN_PROGRESS", "User Initiated"),
                event("Function", "UPDATE_FAILED", "no such object"),
                event(
                    "stack",
                    "UPDATE_ROLLBACK_IN_PROGRESS",
                    "The following resource(s) failed to update: [Function]."
                ),
                event("Table", "UPDATE_FAILED", "it is gone"),
                event("stack", "UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: [Table]."),
            ],
            "UPDATE_ROLLBACK_FAILED"
        ));
    }

    #[test]
    fn without_events_the_stacks_own_reason_is_told() {
        insta::assert_snapshot!(text(&[], "UPDATE_FAILED"));
    }

    #[test]
    fn a_resource_that_failed_twice_is_listed_once_with_its_last_reason() {
        let events = [
            event("A", "UPDATE_FAILED", "first"),
            event("B", "UPDATE_FAILED", "Resource update cancelled"),
            event("A", "DELETE_FAILED", "second"),
        ];
        let found: Vec<&str> = failed(&events).iter().map(|event| event.reason.as_str()).collect();
        assert_eq!(found, ["second"]);
    }
}
