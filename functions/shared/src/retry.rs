//! Waits between attempts at a write that lost a race.

use std::time::Duration;

use uuid::Uuid;

/// Attempts at a write before its race counts as lost.
pub const ATTEMPTS: u32 = 6;

/// The wait before attempt `attempt` + 1: up to 25 ms, doubling, with full jitter, so that rivals don't meet again.
#[must_use]
pub fn backoff(attempt: u32) -> Duration {
    let ceiling = 25_u64 << attempt.min(5);
    // A random UUID is the random source at hand.
    let (random, _) = Uuid::new_v4().as_u64_pair();
    Duration::from_millis(random % ceiling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_waits_together_stay_below_two_seconds() {
        let longest: u64 = (0..ATTEMPTS).map(|attempt| 25_u64 << attempt.min(5)).sum();
        assert!(longest < 2_000);
        for attempt in [0, 1, 5, 64] {
            assert!(backoff(attempt) < Duration::from_millis(25 << attempt.min(5)));
        }
    }
}
