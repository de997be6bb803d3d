//! Reads log groups round by round, and goes on where polls fail.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;

use super::merge::Merge;
use super::window::Window;
use crate::aws::is_expired;
use crate::aws::logs::{self, Entry, Query};
use crate::error::{Exit, exit_of};

/// Calls of `FilterLogEvents` may come five a second in an account and region (Amazon CloudWatch Logs quotas).
const GAP: Duration = Duration::from_millis(200);
/// Pause between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// The same where the emulator answers, which has no quota.
const ROUND_LOCAL: Duration = Duration::from_millis(100);
/// The longest pause after failed rounds.
const LONGEST: Duration = Duration::from_secs(30);
/// Rounds that may fail one after the other before the network counts as gone: some ten minutes.
const FAILED_ROUNDS: u32 = 20;

/// A log group and what people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The function, as config/app.yaml names it.
    pub label: String,
    /// The group's name.
    pub group: String,
}

/// The end of several log groups, merged. Holds a page of 1 MB per group and the ids of the last half minute.
#[derive(Debug)]
pub struct Tail {
    client: Client,
    sources: Vec<Source>,
    windows: Vec<Window>,
    filter: Option<String>,
    local: bool,
    failed: u32,
}

impl Tail {
    /// Begins `from` milliseconds after 1970. `local` where the emulator answers.
    #[must_use]
    pub fn new(client: Client, sources: Vec<Source>, from: i64, filter: Option<String>, local: bool) -> Self {
        let windows = sources.iter().map(|_| Window::new(from)).collect();
        Self { client, sources, windows, filter, local, failed: 0 }
    }

    /// The log groups.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Gives every event that is new, in the order of time, with its source's number. `false` from `tell` ends the round.
    ///
    /// # Errors
    /// The first call that fails, after the SDK's own retries; what was told before is not told again.
    pub async fn round(&mut self, mut tell: impl FnMut(usize, &Entry) -> bool) -> anyhow::Result<()> {
        let outcome = self.read(&mut tell).await;
        self.windows.iter_mut().for_each(Window::close_round);
        outcome
    }

    async fn read(&mut self, tell: &mut impl FnMut(usize, &Entry) -> bool) -> anyhow::Result<()> {
        let mut merge = Merge::new(self.sources.len());
        let mut queries: Vec<Query> = (self.sources.iter().zip(&self.windows))
            .map(|(source, window)| Query {
                group: source.group.clone(),
                from: window.from(),
                filter: self.filter.clone(),
                token: None,
            })
            .collect();
        loop {
            while let Some((source, entry)) = merge.next() {
                if self.windows[source].admit(&entry) && !tell(source, &entry) {
                    return Ok(());
                }
            }
            let Some(source) = merge.wants() else { return Ok(()) };
            let page = logs::page(&self.client, &queries[source]).await?;
            let last = page.next.is_none();
            queries[source].token = page.next;
            merge.page(source, page.entries, last);
            if !self.local {
                tokio::time::sleep(GAP).await;
            }
        }
    }

    /// Judges a round of many: `Some` is a failure that the next round may mend, to be told once.
    ///
    /// # Errors
    /// A wrong command line and credentials that have expired at once; any other failure where too many came in a row.
    pub fn tolerate(&mut self, round: anyhow::Result<()>) -> anyhow::Result<Option<anyhow::Error>> {
        let Err(error) = round else {
            self.failed = 0;
            return Ok(None);
        };
        self.failed += 1;
        if exit_of(&error) == Exit::Usage || is_expired(&error) || self.failed >= FAILED_ROUNDS {
            return Err(error);
        }
        Ok((self.failed == 1).then_some(error))
    }

    /// The pause before the next round, longer after each failed one, with jitter.
    pub async fn pause(&self) {
        let calm = if self.local { ROUND_LOCAL } else { ROUND };
        let base = calm.saturating_mul(1 << self.failed.min(9)).min(LONGEST);
        let digits = jiff::Timestamp::now().subsec_microsecond().unsigned_abs() % 256;
        tokio::time::sleep(base + base * digits / 1024).await;
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatchlogs::operation::filter_log_events::{FilterLogEventsError, FilterLogEventsOutput};
    use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
    use aws_sdk_cloudwatchlogs::types::error::{InvalidParameterException, ResourceNotFoundException};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn page(group: &'static str, token: Option<&'static str>, ids: &'static [i64], next: Option<&'static str>) -> Rule {
        mock!(Client::filter_log_events)
            .match_requests(move |call| call.log_group_name() == Some(group) && call.next_token() == token)
            .then_output(move || {
                let event = |at: &i64| {
                    FilteredLogEvent::builder().event_id(format!("{group}{at}")).timestamp(*at).message("m\n").build()
                };
                let events = ids.iter().map(event).collect();
                FilterLogEventsOutput::builder()
                    .set_events(Some(events))
                    .set_next_token(next.map(str::to_owned))
                    .build()
            })
    }

    fn throttled() -> Rule {
        mock!(Client::filter_log_events).then_http_response(|| {
            let status = aws_smithy_runtime_api::http::StatusCode::try_from(400).unwrap();
            let body = r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#;
            aws_sdk_cloudwatchlogs::config::http::HttpResponse::new(status, body.into())
        })
    }

    fn tail(rules: &[&Rule], groups: &[&str]) -> Tail {
        let client = mock_client!(aws_sdk_cloudwatchlogs, RuleMode::Sequential, rules);
        let source = |name: &&str| Source { label: (*name).to_owned(), group: (*name).to_owned() };
        Tail::new(client, groups.iter().map(source).collect(), 0, None, true)
    }

    async fn round(tail: &mut Tail) -> (Vec<String>, anyhow::Result<()>) {
        let mut told = Vec::new();
        let outcome = tail.round(|_, entry| {
            told.push(entry.id.clone());
            true
        });
        let outcome = outcome.await;
        (told, outcome)
    }

    #[tokio::test]
    async fn pages_of_several_groups_come_in_the_order_of_time() {
        let rules = [
            page("a", None, &[1, 4], Some("two")),
            page("b", None, &[], Some("more")),
            page("b", Some("more"), &[2, 5], None),
            page("a", Some("two"), &[6], None),
        ];
        let mut tail = tail(&rules.each_ref(), &["a", "b"]);
        let (told, outcome) = round(&mut tail).await;
        outcome.unwrap();
        assert_eq!(told, ["a1", "b2", "a4", "b5", "a6"]);
    }

    #[tokio::test]
    async fn the_next_round_tells_what_came_late_and_nothing_twice() {
        let rules = [page("a", None, &[1, 4], None), page("a", None, &[1, 3, 4, 5], None)];
        let mut tail = tail(&rules.each_ref(), &["a"]);
        assert_eq!(round(&mut tail).await.0, ["a1", "a4"]);
        assert_eq!(round(&mut tail).await.0, ["a3", "a5"]);
    }

    #[tokio::test]
    async fn a_failed_round_is_passed_over_and_told_once() {
        let rules = [page("a", None, &[1], Some("two")), throttled(), throttled(), page("a", None, &[1, 2], None)];
        let mut tail = tail(&rules.each_ref(), &["a"]);
        let (told, outcome) = round(&mut tail).await;
        assert_eq!(told, ["a1"], "what was read before the failure is told");
        let error = tail.tolerate(outcome).unwrap().unwrap();
        assert!(format!("{error:#}").contains("ThrottlingException"), "{error:#}");
        let (_, outcome) = round(&mut tail).await;
        assert!(tail.tolerate(outcome).unwrap().is_none());
        let (told, outcome) = round(&mut tail).await;
        assert!(tail.tolerate(outcome).unwrap().is_none());
        assert_eq!((told, tail.failed), (vec!["a2".to_owned()], 0));
    }

    #[tokio::test]
    async fn too_many_failed_rounds_and_a_refused_filter_end_it() {
        let mut tail = tail(&[], &[]);
        for _ in 1..FAILED_ROUNDS {
            tail.tolerate(Err(anyhow::anyhow!("gone"))).unwrap();
        }
        tail.tolerate(Err(anyhow::anyhow!("gone"))).unwrap_err();
        let refused = mock!(Client::filter_log_events).then_error(|| {
            FilterLogEventsError::InvalidParameterException(
                InvalidParameterException::builder()
                    .meta(aws_smithy_types::error::ErrorMetadata::builder().code("InvalidParameterException").build())
                    .build(),
            )
        });
        let mut tail = self::tail(&[&refused], &["a"]);
        tail.filter = Some("{".to_owned());
        let (_, outcome) = round(&mut tail).await;
        assert_eq!(exit_of(&tail.tolerate(outcome).unwrap_err()), Exit::Usage);
    }

    #[tokio::test]
    async fn expired_credentials_end_it_at_once() {
        let expired = mock!(Client::filter_log_events).then_http_response(|| {
            let status = aws_smithy_runtime_api::http::StatusCode::try_from(400).unwrap();
            let body = r#"{"__type": "ExpiredTokenException", "message": "The security token is expired"}"#;
            aws_sdk_cloudwatchlogs::config::http::HttpResponse::new(status, body.into())
        });
        let mut tail = tail(&[&expired], &["a"]);
        let (_, outcome) = round(&mut tail).await;
        assert!(format!("{:#}", tail.tolerate(outcome).unwrap_err()).contains("expired"));
    }

    #[tokio::test]
    async fn a_group_that_is_not_there_has_no_events() {
        let missing = mock!(Client::filter_log_events).then_error(|| {
            FilterLogEventsError::ResourceNotFoundException(
                ResourceNotFoundException::builder()
                    .meta(aws_smithy_types::error::ErrorMetadata::builder().code("ResourceNotFoundException").build())
                    .build(),
            )
        });
        let (told, outcome) = round(&mut tail(&[&missing], &["a"])).await;
        outcome.unwrap();
        assert!(told.is_empty());
    }
}
