//! Transactions: done, or refused by a condition; lost races are tried again.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use tokio::time::sleep;

use crate::Error;
use crate::retry::{ATTEMPTS, backoff};
use crate::throttle::NO_ROOM;

/// How a transaction ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is written.
    Done,
    /// Nothing is written: the conditions of the items at these places do not hold.
    Refused(Vec<usize>),
}

/// Writes all items or none.
pub async fn write(client: &Client, items: &[TransactWriteItem]) -> Result<Outcome, Error> {
    for attempt in 0..ATTEMPTS {
        let request = client.transact_write_items().set_transact_items(Some(items.to_vec()));
        let Err(error) = request.send().await else { return Ok(Outcome::Done) };
        match Cancellation::of(&error) {
            Some(Cancellation::Condition(places)) => return Ok(Outcome::Refused(places)),
            Some(Cancellation::Full) => return Err(NO_ROOM),
            Some(Cancellation::Busy) => sleep(backoff(attempt)).await,
            None => return Err(error.into()),
        }
    }
    Err(Error::TooManyRequests)
}

enum Cancellation {
    Condition(Vec<usize>),
    /// An item's partition is full.
    Full,
    /// Another transaction holds an item, or `DynamoDB` throttles: the same write may succeed in a moment.
    Busy,
}

impl Cancellation {
    fn of<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Self> {
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return None;
        };
        let codes: Vec<&str> =
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        let failed: Vec<usize> = (0..codes.len()).filter(|&i| codes[i] == "ConditionalCheckFailed").collect();
        if !failed.is_empty() {
            return Some(Self::Condition(failed));
        }
        if codes.contains(&"ItemCollectionSizeLimitExceeded") {
            return Some(Self::Full);
        }
        let busy = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
        codes.iter().any(|code| busy.contains(code)).then_some(Self::Busy)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    fn cancelled(codes: &[&str]) -> TransactWriteItemsError {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        TransactWriteItemsError::TransactionCanceledException(
            TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build(),
        )
    }

    #[tokio::test]
    async fn a_failed_condition_is_an_outcome_that_names_its_place() {
        let rule = mock!(Client::transact_write_items)
            .then_error(|| cancelled(&["None", "ConditionalCheckFailed", "TransactionConflict"]));
        let client = mock_client!(aws_sdk_dynamodb, [&rule]);
        assert_eq!(write(&client, &[]).await.expect("an outcome"), Outcome::Refused(vec![1]));
    }

    #[tokio::test]
    async fn a_conflict_is_tried_again() {
        let busy = mock!(Client::transact_write_items).then_error(|| cancelled(&["TransactionConflict", "None"]));
        let done = mock!(Client::transact_write_items).then_output(|| TransactWriteItemsOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&busy, &done]);
        assert_eq!(write(&client, &[]).await.expect("an outcome"), Outcome::Done);
        assert_eq!(busy.num_calls(), 1);
    }

    #[tokio::test]
    async fn endless_conflicts_end_as_too_many_requests() {
        let rule = mock!(Client::transact_write_items).then_error(|| cancelled(&["TransactionConflict"]));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        assert!(matches!(write(&client, &[]).await, Err(Error::TooManyRequests)));
        assert_eq!(rule.num_calls(), ATTEMPTS as usize);
    }

    #[tokio::test]
    async fn each_reason_has_its_outcome_wherever_it_stands() {
        // All reasons that AWS documents (API reference, "TransactWriteItems", "Errors"), and one that it does not.
        // 200: the next attempt succeeds.
        let told = [
            ("None", 500),
            ("ItemCollectionSizeLimitExceeded", 409),
            ("TransactionConflict", 200),
            ("ProvisionedThroughputExceeded", 200),
            ("ThrottlingError", 200),
            ("ValidationError", 500),
            ("DuplicateItem", 500),
            ("SomethingNew", 500),
        ];
        for (reason, status) in told {
            for reasons in [[reason, "None"], ["None", reason]] {
                let first = mock!(Client::transact_write_items).then_error(move || cancelled(&reasons));
                let done =
                    mock!(Client::transact_write_items).then_output(|| TransactWriteItemsOutput::builder().build());
                let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&first, &done]);
                let outcome = write(&client, &[]).await;
                assert_eq!(outcome.map_or_else(|error| error.status(), |_| 200), status, "{reasons:?}");
                assert_eq!(done.num_calls(), usize::from(status == 200), "{reasons:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_failed_condition_is_told_before_every_other_reason() {
        for reason in ["ItemCollectionSizeLimitExceeded", "TransactionConflict", "ThrottlingError", "ValidationError"] {
            let rule =
                mock!(Client::transact_write_items).then_error(move || cancelled(&[reason, "ConditionalCheckFailed"]));
            let client = mock_client!(aws_sdk_dynamodb, [&rule]);
            assert_eq!(write(&client, &[]).await.expect("an outcome"), Outcome::Refused(vec![1]), "{reason}");
        }
    }
}
