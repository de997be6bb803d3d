//! The one line that a call leaves in the log. It names no user, no token and no content.

use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// A call, told in one JSON object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line<'a> {
    pub(crate) level: &'static str,
    pub(crate) request_id: &'a str,
    pub(crate) handler: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    pub(crate) status: u16,
    pub(crate) latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) detail: Value,
}

impl Line<'_> {
    /// Writes the line; a log that can't be written must not fail the call.
    pub(crate) fn write(&self) {
        if let Ok(mut text) = serde_json::to_string(self) {
            text.push('\n');
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
        }
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
