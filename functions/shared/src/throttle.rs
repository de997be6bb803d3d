//! Sorts SDK errors into throttling (429) and everything else (500), by code and status, never by text.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::Error;

/// The codes with which `DynamoDB`, S3, SQS and Secrets Manager say "slow down"
/// (their API references, "Common errors"). `TransactionConflictException` is a lost race that is worth another try.
const CODES: [&str; 10] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        // An answer to HEAD has no body and therefore no code: its status has to do.
        let status = error.raw_response().map(|response| response.status().as_u16());
        let throttled = match error.code() {
            Some(code) => CODES.contains(&code),
            None => matches!(status, Some(429 | 503)),
        };
        if throttled { Self::TooManyRequests } else { Self::internal(error) }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::http::StatusCode;

    use super::*;

    fn refused(status: u16, metadata: ErrorMetadata) -> Error {
        let status = StatusCode::try_from(status).expect("a valid status");
        let response = HttpResponse::new(status, "".into());
        SdkError::service_error(GetItemError::generic(metadata), response).into()
    }

    fn coded(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    #[test]
    fn throttling_codes_are_429_and_others_500() {
        for code in CODES {
            assert_eq!(refused(400, coded(code)).status(), 429, "{code}");
        }
        assert_eq!(refused(400, coded("ResourceNotFoundException")).status(), 500);
        assert_eq!(refused(503, coded("InternalServerError")).status(), 500);
    }

    #[test]
    fn an_answer_without_a_code_is_judged_by_its_status() {
        assert_eq!(refused(503, ErrorMetadata::builder().build()).status(), 429);
        assert_eq!(refused(500, ErrorMetadata::builder().build()).status(), 500);
    }

    #[test]
    fn a_timeout_is_internal() {
        let error: SdkError<GetItemError, HttpResponse> = SdkError::timeout_error("late");
        assert_eq!(Error::from(error).status(), 500);
    }
}
