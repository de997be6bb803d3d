//! For tests: every way in which AWS refuses a call that these services make, as it is on the wire, and what the client
//! of a route is told. A test compares the tables with the SDKs: a class that an SDK adds must be judged here.

use serde_json::Value;

use crate::fuzzing::answer_of;
use crate::{Error, Response};

/// A class of errors: its code, the status that AWS sends with it, the status that a route's client is told.
/// Where a route has its own word on a class, its test says so.
pub type Class = (&'static str, u16, u16);

/// What the used operations of `DynamoDB` can answer (API reference, "Errors" of each). `ConditionalCheckFailedException`
/// and `TransactionCanceledException` are told as their routes say; anywhere else nobody expects them.
pub const DYNAMODB: [Class; 13] = [
    ("ConditionalCheckFailedException", 400, 500),
    ("IdempotentParameterMismatchException", 400, 500),
    ("InternalServerError", 500, 500),
    ("InvalidEndpointException", 421, 500),
    // Ten gigabytes under one partition key, which only a table with a local index refuses: deleting makes room.
    ("ItemCollectionSizeLimitExceededException", 400, 409),
    ("ProvisionedThroughputExceededException", 400, 429),
    ("ReplicatedWriteConflictException", 400, 429),
    ("RequestLimitExceeded", 400, 429),
    ("ResourceNotFoundException", 400, 500),
    ("ThrottlingException", 400, 429),
    ("TransactionCanceledException", 400, 500),
    ("TransactionConflictException", 400, 429),
    ("TransactionInProgressException", 400, 429),
];

/// What the used operations of S3 can answer by their model, and what any of them can ("List of error codes").
pub const S3: [Class; 12] = [
    ("AccessDenied", 403, 500),
    ("EncryptionTypeMismatch", 400, 500),
    ("ExpiredToken", 400, 500),
    ("InternalError", 500, 500),
    ("InvalidRequest", 400, 500),
    ("InvalidWriteOffset", 400, 500),
    ("NoSuchBucket", 404, 500),
    ("NotFound", 404, 500),
    ("RequestTimeTooSkewed", 403, 500),
    ("ServiceUnavailable", 503, 500),
    ("SlowDown", 503, 429),
    ("TooManyParts", 400, 500),
];

/// What `SendMessage` can answer. With the queue's own encryption there is no KMS key, but a queue may get one.
pub const SQS: [Class; 13] = [
    ("InvalidAddress", 404, 500),
    ("InvalidMessageContents", 400, 500),
    ("InvalidSecurity", 403, 500),
    ("KmsAccessDenied", 400, 500),
    ("KmsDisabled", 400, 500),
    ("KmsInvalidKeyUsage", 400, 500),
    ("KmsInvalidState", 400, 500),
    ("KmsNotFound", 400, 500),
    ("KmsOptInRequired", 403, 500),
    ("KmsThrottled", 400, 429),
    ("QueueDoesNotExist", 400, 500),
    ("RequestThrottled", 403, 429),
    ("UnsupportedOperation", 400, 500),
];

/// What `GetSecretValue` can answer.
pub const SECRETS_MANAGER: [Class; 5] = [
    ("DecryptionFailure", 400, 500),
    ("InternalServiceError", 500, 500),
    ("InvalidParameterException", 400, 500),
    ("InvalidRequestException", 400, 500),
    ("ResourceNotFoundException", 400, 500),
];

/// What every JSON service can answer besides its model ("Common error types" of their API references).
pub const COMMON: [Class; 12] = [
    ("AccessDeniedException", 400, 500),
    ("ExpiredTokenException", 403, 500),
    ("IncompleteSignature", 400, 500),
    ("InternalFailure", 500, 500),
    ("LimitExceededException", 400, 429),
    ("MissingAuthenticationTokenException", 400, 500),
    ("ServiceUnavailable", 503, 500),
    ("SomethingNew", 400, 500),
    ("SomethingNewThatThrottles", 429, 429),
    ("Throttling", 400, 429),
    ("UnrecognizedClientException", 400, 500),
    ("ValidationException", 400, 500),
];

/// A word that an answer of AWS carries in these tests, and that no client may ever see.
const INSIDE: &str = "arn:aws:inside";

/// The body with which a JSON service refuses.
#[must_use]
pub fn json_body(code: &str) -> String {
    format!("{{\"__type\":\"com.amazonaws#{code}\",\"message\":\"{INSIDE}\"}}")
}

/// The body of a cancelled transaction, with the reasons of its writes.
#[must_use]
pub fn cancelled_body(reasons: &[&str]) -> String {
    let reasons: Vec<Value> = reasons.iter().map(|code| serde_json::json!({"Code": code, "Message": INSIDE})).collect();
    let code = "com.amazonaws#TransactionCanceledException";
    serde_json::json!({"__type": code, "message": INSIDE, "CancellationReasons": reasons}).to_string()
}

/// The body with which S3 refuses.
#[must_use]
pub fn xml_body(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>{INSIDE}</Message></Error>")
}

/// The status that the client is told.
///
/// # Panics
///
/// Where the answer has not the contract's shape, or has something of the inside.
#[must_use]
pub fn told(outcome: &Result<Response, Error>) -> u16 {
    match outcome {
        Ok(response) => response.status(),
        Err(error) => {
            answer_of(error);
            let answer = serde_json::to_string(&Response::of_error(error, "req-1")).unwrap_or_default();
            assert!(!answer.contains(INSIDE) && !answer.contains("Exception"), "{answer}");
            error.status()
        }
    }
}

#[cfg(test)]
mod tests;
