//! Sorts SDK errors into "try again" (429), "there is no room" (409) and everything else (500), by code and status, never
//! by text.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::Error;

/// What the SDK retries as throttling, whatever the service, and told as such when the retries are over.
/// `LimitExceededException` is among them: where `DynamoDB` says it, too many operations run at once.
const THROTTLED: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// What the SDK does not retry and may yet succeed in a moment: writes that lost a race against another transaction or
/// region, and a KMS key that throttles its queue (under its two names).
const BUSY: [&str; 4] =
    ["KMS.ThrottlingException", "KmsThrottled", "ReplicatedWriteConflictException", "TransactionConflictException"];

/// A partition of a table with a local index holds 10 GB, index included, and then takes nothing that makes it larger
/// (Amazon DynamoDB Developer Guide, "Item collection size limit"). No retry helps, but the user can: by deleting.
const FULL: &str = "ItemCollectionSizeLimitExceededException";

/// The answer for a partition that is full.
pub(crate) const NO_ROOM: Error = Error::Conflict("there is no room for more; delete something first");

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let throttled = match error.code() {
            Some(FULL) => return NO_ROOM,
            Some(code) => status == Some(429) || THROTTLED.contains(&code) || BUSY.contains(&code),
            // An answer to HEAD has no body and therefore no code: its status has to do.
            None => matches!(status, Some(429 | 503)),
        };
        if throttled { Self::TooManyRequests } else { Self::Internal(told(error)) }
    }
}

/// What the log is told: not AWS's own message, which may name a key or an ARN with the user in it.
fn told<E>(error: SdkError<E, HttpResponse>) -> Box<dyn StdError + Send + Sync>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let (Some(code), Some(response)) = (error.code(), error.raw_response()) else { return error.into() };
    let ids = ["x-amzn-requestid", "x-amz-request-id"];
    let request = ids.iter().find_map(|id| response.headers().get(*id)).unwrap_or("without an id");
    format!("AWS refused: `{code}` ({}), request {request}", response.status().as_u16()).into()
}

#[cfg(test)]
mod tests {
    use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;

    use super::*;
    use crate::refusals::told;

    fn response(status: u16) -> HttpResponse {
        HttpResponse::new(StatusCode::try_from(status).expect("a valid status"), "arn:aws:inside".into())
    }

    #[test]
    fn the_log_is_told_code_and_request_and_never_the_message() {
        let metadata = ErrorMetadata::builder().code("AccessDenied").message("arn:aws:s3:::bucket/alice/1/2").build();
        let mut response = response(403);
        response.headers_mut().insert("x-amz-request-id", "REQ1");
        let error = Error::from(SdkError::service_error(GetItemError::generic(metadata), response));
        let text = crate::error::chain(&error);
        assert!(text.contains("`AccessDenied` (403), request REQ1") && !text.contains("alice"), "{text}");
    }

    fn refused(status: u16, code: Option<&str>) -> u16 {
        let metadata = ErrorMetadata::builder().message("arn:aws:inside");
        let metadata = match code {
            Some(code) => metadata.code(code),
            None => metadata,
        };
        told_of(SdkError::service_error(GetItemError::generic(metadata.build()), response(status)))
    }

    fn told_of(error: SdkError<GetItemError, HttpResponse>) -> u16 {
        told(&Err(error.into()))
    }

    #[test]
    fn what_the_sdk_retries_as_throttling_is_told_as_throttling() {
        let mut theirs = THROTTLING_ERRORS.to_vec();
        theirs.sort_unstable();
        assert_eq!(theirs, THROTTLED);
    }

    #[test]
    fn throttling_and_lost_races_are_429_whatever_the_status() {
        for code in THROTTLED.into_iter().chain(BUSY) {
            assert_eq!(refused(400, Some(code)), 429, "{code}");
            assert_eq!(refused(503, Some(code)), 429, "{code}");
        }
        assert_eq!(refused(429, Some("SomethingNew")), 429);
    }

    #[test]
    fn a_full_partition_is_a_conflict_that_the_user_can_resolve() {
        assert_eq!(refused(400, Some(FULL)), 409);
    }

    #[test]
    fn every_other_code_is_internal() {
        for (status, code) in
            [(400, "ResourceNotFoundException"), (503, "InternalServerError"), (503, "ServiceUnavailable")]
        {
            assert_eq!(refused(status, Some(code)), 500, "{code}");
        }
    }

    #[test]
    fn an_answer_without_a_code_is_judged_by_its_status() {
        for (status, expected) in [(503, 429), (429, 429), (500, 500), (403, 500), (404, 500)] {
            assert_eq!(refused(status, None), expected, "{status}");
            assert_eq!(told_of(SdkError::response_error("arn:aws:inside", response(status))), expected, "{status}");
        }
    }

    #[test]
    fn a_call_without_an_answer_is_internal() {
        let failures = [
            SdkError::timeout_error("arn:aws:inside"),
            SdkError::construction_failure("arn:aws:inside"),
            SdkError::dispatch_failure(ConnectorError::io("arn:aws:inside".into())),
            SdkError::dispatch_failure(ConnectorError::timeout("arn:aws:inside".into())),
            SdkError::dispatch_failure(ConnectorError::user("arn:aws:inside".into())),
        ];
        for failure in failures {
            assert_eq!(told_of(failure), 500);
        }
    }
}
