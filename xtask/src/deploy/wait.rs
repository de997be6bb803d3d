//! Waiting for a stack operation: one poller, whose failed polls are no failed operation.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_cloudformation::Client;

use super::ending::Ending;
use super::failure::is_cancelled;
use super::tally::Tally;
use crate::aws::events::{self, Event};
use crate::aws::is_expired;
use crate::aws::stacks::{self, LiveStack};
use crate::error::Problem;
use crate::recorder;
use crate::ui::{Operation, Ui};

/// Longest wait for one stack: CloudFront distributions take minutes, never this.
const DEADLINE: Duration = Duration::from_hours(1);
/// Polls of one kind that may fail one after the other before the network counts as gone.
const FAILED_POLLS: u32 = 20;
/// Polls that fail one after the other before a person is told.
const TOLD_POLLS: u32 = 5;

/// Polls of one kind, and how many of them have failed in a row.
#[derive(Debug)]
struct Patience {
    failed: u32,
    most: u32,
}

impl Patience {
    /// With polls whose failure is the end at some time.
    const fn limited() -> Self {
        Self { failed: 0, most: FAILED_POLLS }
    }

    /// With polls that tell of details only: others see the operation to its end.
    const fn endless() -> Self {
        Self { failed: 0, most: u32::MAX }
    }

    /// Counts a poll; an error is passed over until too many came in a row, but not one that no later poll can mend.
    fn tolerate<T>(&mut self, poll: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
        match poll {
            Ok(value) => {
                self.failed = 0;
                Ok(Some(value))
            }
            Err(error) => {
                self.failed += 1;
                if self.failed >= self.most || is_expired(&error) { Err(error) } else { Ok(None) }
            }
        }
    }
}

/// Paces the polls of one operation.
#[derive(Debug)]
pub struct Pace {
    start: Instant,
    patience: Patience,
}

impl Default for Pace {
    fn default() -> Self {
        Self { start: Instant::now(), patience: Patience::limited() }
    }
}

impl Pace {
    /// Sleeps a quarter of the time that has gone by, 50 ms to 5 s, with jitter: quick where AWS is quick, polite where not.
    pub async fn sleep(&self) {
        let base = (self.start.elapsed() / 4).clamp(Duration::from_millis(50), Duration::from_secs(5));
        tokio::time::sleep(base + jitter(base, self.start)).await;
    }

    /// Counts a poll; an error is passed over until too many came in a row, but not one that no later poll can mend.
    pub fn tolerate<T>(&mut self, poll: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
        self.patience.tolerate(poll)
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

/// The clock's low digits are jitter enough to keep parallel stacks from polling in step.
fn jitter(base: Duration, start: Instant) -> Duration {
    base * (start.elapsed().subsec_micros() % 256) / 1024
}

/// Lets another deploy go ahead: 200 ms, twice as long at each attempt, at most 5 s, with jitter.
pub(super) async fn pause(attempt: u32) {
    let start = Instant::now();
    let base = Duration::from_millis(200 << attempt.min(8)).min(Duration::from_secs(5));
    tokio::time::sleep(base + jitter(base, start)).await;
}

/// An operation of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Waited<'a> {
    stack: &'a str,
    token: &'a str,
    total: Option<usize>,
}

impl<'a> Waited<'a> {
    /// The operation whose events `token` marks; empty where only the stack's status counts.
    #[must_use]
    pub fn new(stack: &'a str, token: &'a str) -> Self {
        Self { stack, token, total: None }
    }

    /// It changes this many resources.
    #[must_use]
    pub fn of(self, total: usize) -> Self {
        Self { total: Some(total), ..self }
    }
}

/// Waits until nothing is in progress; `None` where the stack has gone.
pub async fn settle(ui: &Ui, client: &Client, operation: Waited<'_>) -> anyhow::Result<Option<LiveStack>> {
    let Waited { stack, token, total } = operation;
    let short = stack.rsplit_once(":stack/").map_or(stack, |(_, tail)| tail.split('/').next().unwrap_or(tail));
    let operation = ui.operation(short);
    let pace = Pace::default();
    let mut tally = Tally::new(total);
    let mut seen = HashSet::new();
    let mut ending = Ending::new(token);
    let (mut looks, mut hears, mut told) = (Patience::limited(), Patience::endless(), false);
    loop {
        // The status first, so that the events read after it hold everything up to it.
        let poll = stacks::describe(client, stack).await;
        let live = looks.tolerate(poll).map_err(|error| out_of_sight(error, short))?;
        let ended = match &live {
            Some(None) => return Ok(None),
            Some(Some(live)) => ending.is(&live.status, Instant::now()),
            None => false,
        };
        let poll = events::of(client, stack, token).await;
        let mut hurry = false;
        for event in hears.tolerate(poll).map_err(|error| out_of_sight(error, short))?.into_iter().flatten() {
            if seen.insert(event.id.clone()) {
                recorder::event(&event);
                tally.count(&event);
                show(ui, short, &event);
                hurry = ending.hear(&event);
            }
        }
        if let Some(Some(live)) = live {
            tell(&operation, &live, &tally);
            if ended {
                return Ok(Some(live));
            }
        }
        if !told && looks.failed.max(hears.failed) >= TOLD_POLLS {
            told = true;
            ui.warn(format!(
                "AWS does not answer when asked about `{short}`; its operation goes on, and so do the questions"
            ));
        }
        pace.check(short)?;
        if !hurry {
            pace.sleep().await;
        }
    }
}

fn tell(operation: &Operation, live: &LiveStack, tally: &Tally) {
    operation.set(live.status.as_str(), &tally.counts(), &tally.current());
}

/// That we no longer see an operation does not end it.
fn out_of_sight(error: anyhow::Error, stack: &str) -> anyhow::Error {
    let (text, first) = if is_expired(&error) {
        ("the credentials have expired while waiting for stack", "sign in again (aws sso login)")
    } else {
        ("AWS can no longer be asked about stack", "look at the network")
    };
    error.context(
        Problem::failed(format!("{text} `{stack}`"))
            .hint(format!("the operation goes on in AWS: {first}, then run the same command again, which joins it")),
    )
}

/// A failure is a line; so is a resource's end where no spinner shows it.
fn show(ui: &Ui, stack: &str, event: &Event) {
    let failed = event.status.ends_with("_FAILED");
    if event.is_of_stack() || !(failed || event.status.ends_with("_COMPLETE")) {
        return;
    }
    let reason = if failed { format!(": {}", event.reason) } else { String::new() };
    let text = format!("{:<18} {} ({}){reason}", event.status, event.logical_id, event.kind);
    // A neighbour that was cancelled is noise beside what failed.
    ui.resource(stack.rsplit('-').next().unwrap_or(stack), &text, failed && !is_cancelled(&event.reason));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Refusal;

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

    #[test]
    fn events_that_cannot_be_read_end_no_operation_but_expired_credentials_do() {
        let mut patience = Patience::endless();
        let denied = |code: &str| Err::<(), _>(anyhow::Error::from(Refusal::new(code, "no")));
        for _ in 0..10 * FAILED_POLLS {
            assert!(patience.tolerate(denied("AccessDenied")).unwrap().is_none());
        }
        assert!(patience.tolerate(denied("ExpiredToken")).is_err());
    }

    #[test]
    fn credentials_that_expire_are_told_at_once() {
        let refused = |code: &str| anyhow::Error::from(Refusal::new(code, "no")).context("cannot describe stack");
        assert!(Pace::default().tolerate(Err::<(), _>(refused("Throttling"))).unwrap().is_none());
        assert!(Pace::default().tolerate(Err::<(), _>(refused("ExpiredToken"))).is_err());
        let error = out_of_sight(refused("ExpiredToken"), "demo-dev-a");
        assert!(error.to_string().contains("expired while waiting for stack `demo-dev-a`"), "{error}");
        let hints: Vec<&str> = crate::error::hints(&error).collect();
        assert!(hints[0].contains("goes on in AWS") && hints[0].contains("joins it"), "{hints:?}");
    }
}
