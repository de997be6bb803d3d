//! Answers in the shape that API Gateway's payload format 2.0 takes.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::Error;

/// How long a throttled client should wait, in seconds.
const RETRY_AFTER: &str = "1";

/// An HTTP answer.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
    is_base64_encoded: bool,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_string(body).map_err(Error::internal)?;
        Ok(Self::of_text(status, body))
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        let headers = BTreeMap::from([("cache-control", "no-store".to_owned())]);
        Self { status_code: 204, headers, body: String::new(), is_base64_encoded: false }
    }

    /// The answer to a failed call. Only an internal error names the request: that is all it says.
    #[must_use]
    pub fn of_error(error: &Error, request_id: &str) -> Self {
        let message = match error {
            Error::Internal(_) => format!("{error} (request {request_id})"),
            _ => error.to_string(),
        };
        let mut body = json!({"code": error.code(), "message": message});
        if let (Error::Unprocessable(fields), Value::Object(body)) = (error, &mut body) {
            body.insert("fields".to_owned(), json!(fields));
        }
        let mut response = Self::of_text(error.status(), json!({"error": body}).to_string());
        if matches!(error, Error::TooManyRequests) {
            response.headers.insert("retry-after", RETRY_AFTER.to_owned());
        }
        response
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status_code
    }

    /// The body's text.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    fn of_text(status: u16, body: String) -> Self {
        let headers = BTreeMap::from([
            ("content-type", "application/json".to_owned()),
            // Answers are one user's own.
            ("cache-control", "no-store".to_owned()),
        ]);
        Self { status_code: status, headers, body, is_base64_encoded: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: &Error) -> Value {
        serde_json::from_str(Response::of_error(error, "req-1").body()).expect("JSON")
    }

    #[test]
    fn an_error_has_a_code_and_a_message() {
        let body = told(&Error::NotFound);
        assert_eq!(body, json!({"error": {"code": "not_found", "message": "there is no such thing here"}}));
    }

    #[test]
    fn a_refused_body_names_its_fields() {
        let body = told(&Error::field("title", "is required"));
        assert_eq!(body["error"]["fields"], json!({"title": "is required"}));
    }

    #[test]
    fn an_internal_error_tells_the_request_and_nothing_of_its_cause() {
        let response = Response::of_error(&Error::internal("secret table"), "req-1");
        assert_eq!(response.status(), 500);
        assert!(response.body().contains("req-1"));
        assert!(!response.body().contains("secret"));
    }

    #[test]
    fn throttling_says_when_to_try_again() {
        let response = Response::of_error(&Error::TooManyRequests, "req-1");
        assert_eq!(response.headers.get("retry-after").map(String::as_str), Some("1"));
        assert!(!Response::of_error(&Error::NotFound, "r").headers.contains_key("retry-after"));
    }

    #[test]
    fn the_wire_shape_is_payload_format_2() {
        let wire = serde_json::to_value(Response::no_content()).expect("JSON");
        assert_eq!(
            wire,
            json!({"statusCode": 204, "headers": {"cache-control": "no-store"}, "body": "", "isBase64Encoded": false})
        );
    }
}
