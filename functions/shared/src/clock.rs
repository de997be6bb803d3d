//! Points in time as the APIs and tables write them.

use jiff::{SignedDuration, Timestamp};

/// RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// A later time in epoch seconds, the unit of TTL attributes and of signed URLs.
#[must_use]
pub fn epoch_after(now: Timestamp, seconds: i64) -> i64 {
    now.as_second().saturating_add(seconds)
}

/// A later time; the latest there is, should it overflow.
#[must_use]
pub fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_exactly_milliseconds() {
        for (millis, text) in [(0, "1970-01-01T00:00:00.000Z"), (1_767_225_599_999, "2025-12-31T23:59:59.999Z")] {
            assert_eq!(rfc3339(Timestamp::from_millisecond(millis).expect("in range")), text);
        }
    }

    #[test]
    fn later_times_saturate() {
        assert_eq!(after(Timestamp::MAX, 1), Timestamp::MAX);
        assert_eq!(epoch_after(Timestamp::UNIX_EPOCH, 60), 60);
    }
}
