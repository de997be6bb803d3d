//! The one line that a call leaves in the log, or a start that failed. It names no user, no token and no content.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::chain;
use crate::metrics::Directive;

/// A call, told in one JSON object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line<'a> {
    pub(crate) level: &'static str,
    pub(crate) request_id: &'a str,
    pub(crate) handler: &'a str,
    /// The route's key, such as `GET /things/{id}`: never the path, which carries ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    pub(crate) status: u16,
    /// `ok`, or the error's code.
    pub(crate) outcome: &'static str,
    pub(crate) latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(flatten)]
    pub(crate) members: &'a Map<String, Value>,
    #[serde(rename = "_aws", skip_serializing_if = "Option::is_none")]
    pub(crate) metrics: Option<Directive<'a>>,
}

impl Line<'_> {
    pub(crate) fn write(&self) {
        write(self);
    }
}

/// Ends a function's process. A start that failed is told in a line of the same kind, causes and all.
pub(crate) fn exit_code(outcome: Result<(), lambda_runtime::Error>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    write(&json!({"level": "error", "error": chain(error.as_ref())}));
    ExitCode::FAILURE
}

/// Writes one line; a log that can't be written must not fail a call.
fn write(line: &impl Serialize) {
    if let Ok(mut text) = serde_json::to_string(line) {
        text.push('\n');
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }
}

/// The level at which a status is told.
pub(crate) fn level(status: u16) -> &'static str {
    match status {
        500.. => "error",
        429 => "warn",
        _ => "info",
    }
}

/// Milliseconds with microsecond precision.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
