//! Everything that can go wrong in a call, as the API tells it: one variant per status.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::Write as _;

/// What is wrong with each field of a request, by the field's name.
pub type Fields = BTreeMap<String, String>;

/// A failed call. `Display` is what the caller is told; a cause is for the log only.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request can't be read at all (400).
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The path names a user other than the token's (403).
    #[error("this path belongs to another user")]
    Forbidden,
    /// Absent, or another user's: the two can't be told apart (404).
    #[error("there is no such thing here")]
    NotFound,
    /// The request contradicts an earlier one (409).
    #[error("{0}")]
    Conflict(&'static str),
    /// The body exceeds [`crate::body::MAX_BYTES`] (413).
    #[error("the body is larger than 64 KiB")]
    PayloadTooLarge,
    /// The request was read, but its values are not acceptable (422).
    #[error("some fields are not acceptable")]
    Unprocessable(Fields),
    /// AWS throttled us beyond the retries, or a race was lost too often (429).
    #[error("too many requests at once; try again shortly")]
    TooManyRequests,
    /// Anything unexpected (500).
    #[error("internal error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// An unexpected state that is described by its message.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// A 422 about a single field.
    #[must_use]
    pub fn field(name: &str, problem: impl Into<String>) -> Self {
        Self::Unprocessable(Fields::from([(name.to_owned(), problem.into())]))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidRequest(_) => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::PayloadTooLarge => 413,
            Self::Unprocessable(_) => 422,
            Self::TooManyRequests => 429,
            Self::Internal(_) => 500,
        }
    }

    /// The stable code that clients may branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict(_) => "conflict",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Unprocessable(_) => "unprocessable",
            Self::TooManyRequests => "too_many_requests",
            Self::Internal(_) => "internal",
        }
    }
}

/// The whole chain of causes in one line: an SDK error's own `Display` says no more than "service error".
#[must_use]
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a `String` can't fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_status_of_the_contract() {
        let pairs: Vec<_> = [
            Error::InvalidRequest("x"),
            Error::Forbidden,
            Error::NotFound,
            Error::Conflict("x"),
            Error::PayloadTooLarge,
            Error::field("a", "b"),
            Error::TooManyRequests,
            Error::internal("x"),
        ]
        .iter()
        .map(|e| (e.status(), e.code()))
        .collect();
        assert_eq!(
            pairs,
            [
                (400, "invalid_request"),
                (403, "forbidden"),
                (404, "not_found"),
                (409, "conflict"),
                (413, "payload_too_large"),
                (422, "unprocessable"),
                (429, "too_many_requests"),
                (500, "internal"),
            ]
        );
    }

    #[test]
    fn the_chain_names_the_cause_that_the_caller_is_not_told() {
        assert_eq!(chain(&Error::internal("table on fire")), "internal error: table on fire");
        assert_eq!(Error::internal("table on fire").to_string(), "internal error");
    }
}
