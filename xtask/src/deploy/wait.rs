//! Waiting for a stack operation: one poller, whose failed polls are no failed operation.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;

use crate::aws::stacks::{self, Event, LiveStack};
use crate::error::Problem;
use crate::ui::Ui;

/// Longest wait for one stack: CloudFront distributions take minutes, never this.
const DEADLINE: Duration = Duration::from_hours(1);
/// Polls that may fail one after the other before the network counts as gone.
const FAILED_POLLS: u32 = 20;

/// After this long without an event of our own, the stack's status is taken as it is.
const UNHEARD: Duration = Duration::from_secs(15);

/// Paces the polls of one operation.
#[derive(Debug)]
pub struct Pace {
    start: Instant,
    failed: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { start: Instant::now(), failed: 0 }
    }
}

impl Pace {
    /// Sleeps a quarter of the time that has gone by, 50 ms to 5 s, with jitter: quick where AWS is quick, polite where not.
    pub async fn sleep(&self) {
        let base = (self.start.elapsed() / 4).clamp(Duration::from_millis(50), Duration::from_secs(5));
        // The clock's low digits are jitter enough to keep parallel stacks from polling in step.
        let jitter = base * (self.start.elapsed().subsec_micros() % 256) / 1024;
        tokio::time::sleep(base + jitter).await;
    }

    /// Counts a poll; an error is passed over until too many came in a row.
    pub fn tolerate<T>(&mut self, poll: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
        match poll {
            Ok(value) => {
                self.failed = 0;
                Ok(Some(value))
            }
            Err(error) => {
                self.failed += 1;
                if self.failed >= FAILED_POLLS { Err(error) } else { Ok(None) }
            }
        }
    }

    /// An error once the deadline has passed.
    pub fn check(&self, stack: &str) -> Result<(), Problem> {
        if self.start.elapsed() < DEADLINE {
            return Ok(());
        }
        Err(Problem::failed(format!("stack `{stack}` is still busy after {} minutes", DEADLINE.as_secs() / 60))
            .hint("the operation goes on in AWS; run the same command again to join it"))
    }
}

/// Waits until nothing is in progress; `None` where the stack has gone. `token` selects the events to show.
pub async fn settle(ui: &Ui, client: &Client, stack: &str, token: &str) -> anyhow::Result<Option<LiveStack>> {
    let short = stack.rsplit_once(":stack/").map_or(stack, |(_, tail)| tail.split('/').next().unwrap_or(tail));
    let spinner = ui.spinner(short);
    let mut pace = Pace::default();
    let mut seen = HashSet::new();
    loop {
        // The status first, so that the events read after it hold everything up to it.
        let poll = stacks::describe(client, stack).await;
        let live = pace.tolerate(poll)?;
        if let Some(None) = live {
            return Ok(None);
        }
        let poll = stacks::events(client, stack, token).await;
        for event in pace.tolerate(poll)?.into_iter().flatten() {
            if seen.insert(event.id.clone()) {
                spinner.set(format!("{short}: {} {}", event.logical_id, event.status));
                show(ui, short, &event);
            }
        }
        if let Some(Some(live)) = live {
            // A status from before our operation, which an eventually consistent read may still give, is no end of it.
            let begun = token.is_empty() || !seen.is_empty() || pace.start.elapsed() > UNHEARD;
            if begun && !in_progress(&live.status) {
                return Ok(Some(live));
            }
        }
        pace.check(stack)?;
        pace.sleep().await;
    }
}

/// A failure is a line; so is a resource's end where there is no spinner to show it.
fn show(ui: &Ui, stack: &str, event: &Event) {
    let failed = event.status.ends_with("_FAILED");
    let ended = event.status.ends_with("_COMPLETE") && !ui.animated();
    if (ended || failed) && event.kind != "AWS::CloudFormation::Stack" {
        let reason = if failed { format!(": {}", event.reason) } else { String::new() };
        ui.say(format!("{:>12} {:<18} {} ({}){reason}", stack_tail(stack), event.status, event.logical_id, event.kind));
    }
}

fn stack_tail(stack: &str) -> &str {
    stack.rsplit('-').next().unwrap_or(stack)
}

fn in_progress(status: &StackStatus) -> bool {
    status.as_str().ends_with("_IN_PROGRESS") && *status != StackStatus::ReviewInProgress
}

/// The event that began a failure: the first `*_FAILED` that is not merely the cancelling of its neighbours.
#[must_use]
pub fn root_cause(events: &[Event]) -> Option<&Event> {
    let failed = || events.iter().filter(|event| event.status.ends_with("_FAILED"));
    let own = |event: &&Event| {
        event.kind != "AWS::CloudFormation::Stack" && !event.reason.to_lowercase().contains("cancelled")
    };
    failed().find(own).or_else(|| failed().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: &str, reason: &str) -> Event {
        Event {
            id: id.into(),
            token: "t".into(),
            logical_id: id.into(),
            kind: "AWS::X::Y".into(),
            status: status.into(),
            reason: reason.into(),
            ..Event::default()
        }
    }

    #[test]
    fn the_root_cause_is_the_first_failure_that_is_no_cancellation() {
        let events = [
            event("A", "CREATE_IN_PROGRESS", ""),
            event("B", "CREATE_FAILED", "Resource creation cancelled"),
            event("C", "CREATE_FAILED", "bucket exists"),
            event("D", "CREATE_FAILED", "later"),
        ];
        assert_eq!(root_cause(&events).unwrap().id, "C");
        assert_eq!(root_cause(&events[..2]).unwrap().id, "B");
        assert_eq!(root_cause(&events[..1]), None);
    }

    #[test]
    fn a_few_failed_polls_are_passed_over_and_a_success_forgets_them() {
        let mut pace = Pace::default();
        let failure = || Err::<(), _>(anyhow::anyhow!("timeout"));
        for _ in 0..FAILED_POLLS - 1 {
            assert!(pace.tolerate(failure()).unwrap().is_none());
        }
        assert!(pace.tolerate(Ok(())).unwrap().is_some());
        for _ in 0..FAILED_POLLS - 1 {
            assert!(pace.tolerate(failure()).unwrap().is_none());
        }
        assert!(pace.tolerate(failure()).is_err());
    }
}
