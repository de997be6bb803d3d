//! Due dates.

use jiff::civil::Date;
use serde_json::Value;
use shared::body;

/// A calendar date `YYYY-MM-DD`, or empty: no date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DueDate(String);

impl DueDate {
    /// Reads the one spelling that sorts by time: four-digit year, no sign, no time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let exact = |date: Date| date.to_string() == text;
        let valid = text.is_empty() || (text.len() == 10 && text.parse().is_ok_and(exact));
        valid.then(|| Self(text.to_owned()))
    }

    /// Reads a body's field.
    pub(crate) fn from_json(value: &Value) -> Result<Self, String> {
        Self::parse(body::text(value)?).ok_or_else(|| "must be a calendar date like 2026-02-28, or empty".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_dates_and_nothing_are_due_dates() {
        for text in ["", "2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(DueDate::parse(text).as_ref().map(DueDate::as_str), Some(text));
        }
    }

    #[test]
    fn other_dates_and_spellings_are_refused() {
        let texts = ["2025-02-29", "2026-02-30", "2026-13-01", "2026-1-1", "20260101", "2026-001", "10000-01-01"];
        for text in texts.into_iter().chain([" ", "-00001-01-01", "2026-01-01T00:00:00Z", "2026-W01-1", "x"]) {
            assert_eq!(DueDate::parse(text), None, "{text}");
        }
    }
}
