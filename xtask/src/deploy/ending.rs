//! Whether an operation has ended, from two witnesses who do not speak at the same time: the stack's status and its events.
//! Both reads are eventually consistent, so a status may be the one from before the operation. Pure.

use std::time::{Duration, Instant};

use aws_sdk_cloudformation::types::StackStatus;

use crate::aws::events::Event;

/// After this long at rest without a word of the events, the status is taken as it is.
const UNHEARD: Duration = Duration::from_secs(15);

/// What is known of an operation's end.
#[derive(Debug)]
pub(super) struct Ending {
    /// Whether the operation has a token, by which its events are known.
    marked: bool,
    /// The end that the stack's own newest event tells of.
    told: Option<String>,
    /// Whether the status has ever shown the operation at work, so that it is no longer the one from before.
    at_work: bool,
    rests_since: Option<Instant>,
}

impl Ending {
    pub(super) fn new(token: &str) -> Self {
        Self { marked: !token.is_empty(), told: None, at_work: false, rests_since: None }
    }

    /// Whether a status that has just been read is the operation's end, by what the events told before that.
    pub(super) fn is(&mut self, status: &StackStatus, now: Instant) -> bool {
        if in_progress(status) || *status == StackStatus::ReviewInProgress {
            self.at_work |= in_progress(status);
            self.rests_since = None;
            return false;
        }
        let since = *self.rests_since.get_or_insert(now);
        let told = self.told.as_deref() == Some(status.as_str());
        // Nothing follows a stack's deletion, so it cannot be the status from before.
        let gone = *status == StackStatus::DeleteComplete;
        !self.marked || told || gone || now.duration_since(since) > UNHEARD
    }

    /// Takes note of an event, oldest first. Whether it makes the next look worth no wait: it tells of the end, and the
    /// status is known to keep up.
    pub(super) fn hear(&mut self, event: &Event) -> bool {
        if !event.is_of_stack() {
            return false;
        }
        self.told = (!event.status.ends_with("_IN_PROGRESS")).then(|| event.status.clone());
        self.told.is_some() && self.at_work
    }
}

/// Whether an operation runs.
pub(crate) fn in_progress(status: &StackStatus) -> bool {
    status.as_str().ends_with("_IN_PROGRESS") && *status != StackStatus::ReviewInProgress
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(status: &str) -> Event {
        Event { kind: "AWS::CloudFormation::Stack".into(), status: status.into(), ..Event::default() }
    }

    fn is(ending: &mut Ending, status: &str, after: u64) -> bool {
        ending.is(&StackStatus::from(status), Instant::now() + Duration::from_secs(after))
    }

    #[test]
    fn a_status_is_the_end_once_the_stacks_own_event_has_told_of_it() {
        let mut ending = Ending::new("t");
        assert!(!is(&mut ending, "UPDATE_COMPLETE", 0), "it may be the one from before");
        assert!(!ending.hear(&event("UPDATE_IN_PROGRESS")));
        assert!(!is(&mut ending, "UPDATE_COMPLETE", 1));
        let resource = Event { kind: "AWS::X::Y".into(), ..event("UPDATE_COMPLETE") };
        assert!(!ending.hear(&resource) && !is(&mut ending, "UPDATE_COMPLETE", 2));
        assert!(!ending.hear(&event("UPDATE_COMPLETE")), "the status has never been seen to keep up");
        assert!(is(&mut ending, "UPDATE_COMPLETE", 3));
        assert!(is(&mut Ending::new("t"), "DELETE_COMPLETE", 0), "there is no other one after it");
    }

    #[test]
    fn a_status_that_was_seen_at_work_is_looked_at_again_at_once() {
        let mut ending = Ending::new("t");
        assert!(!is(&mut ending, "UPDATE_IN_PROGRESS", 0));
        assert!(!ending.hear(&event("UPDATE_ROLLBACK_IN_PROGRESS")));
        assert!(ending.hear(&event("UPDATE_ROLLBACK_FAILED")));
        assert!(!is(&mut ending, "UPDATE_COMPLETE", 1), "another end than the one told of");
        assert!(is(&mut ending, "UPDATE_ROLLBACK_FAILED", 2));
    }

    #[test]
    fn without_a_word_of_the_events_a_status_at_rest_is_taken_after_a_while_and_a_shell_never() {
        let mut ending = Ending::new("t");
        assert!(!is(&mut ending, "UPDATE_COMPLETE", 0) && !is(&mut ending, "UPDATE_COMPLETE", 14));
        assert!(is(&mut ending, "UPDATE_COMPLETE", 16));
        assert!(!is(&mut ending, "UPDATE_IN_PROGRESS", 17) && !is(&mut ending, "UPDATE_COMPLETE", 18));
        let mut ending = Ending::new("t");
        assert!(!is(&mut ending, "REVIEW_IN_PROGRESS", 0) && !is(&mut ending, "REVIEW_IN_PROGRESS", 100));
    }

    #[test]
    fn an_operation_that_nobody_marked_ends_by_its_status_alone() {
        let mut ending = Ending::new("");
        assert!(!is(&mut ending, "UPDATE_IN_PROGRESS", 0));
        assert!(is(&mut ending, "UPDATE_COMPLETE", 1));
    }
}
