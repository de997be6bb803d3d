//! What of a log group has been seen. Events arrive late, so each round reads some of the past again; ids tell what is new.

use std::collections::{BTreeMap, HashSet};

use crate::aws::logs::Entry;

/// How long an event may take to arrive, in milliseconds; what comes later than that after a newer one is missed.
const LATE: i64 = 30_000;
/// Most ids that are kept. A group that logs more than that within `LATE` is read from its newest events on.
const SEEN: usize = 50_000;

/// The end of a log group as far as it has been read.
#[derive(Debug)]
pub(super) struct Window {
    from: i64,
    newest: i64,
    seen: BTreeMap<i64, HashSet<String>>,
    count: usize,
}

impl Window {
    /// Begins at a time, in milliseconds since 1970.
    pub(super) fn new(from: i64) -> Self {
        Self { from, newest: from, seen: BTreeMap::new(), count: 0 }
    }

    /// Where the next round begins to read.
    pub(super) fn from(&self) -> i64 {
        self.from
    }

    /// Whether the event is new.
    pub(super) fn admit(&mut self, entry: &Entry) -> bool {
        if entry.at < self.from || !self.seen.entry(entry.at).or_default().insert(entry.id.clone()) {
            return false;
        }
        self.count += 1;
        self.newest = self.newest.max(entry.at);
        true
    }

    /// Forgets what the next round does not read again; at a round's end, for pages reach back to its beginning.
    pub(super) fn close_round(&mut self) {
        self.from = self.from.max(self.newest - LATE);
        while let Some((&at, ids)) = self.seen.first_key_value()
            && (at < self.from || self.count > SEEN)
        {
            self.count -= ids.len();
            self.from = self.from.max(at + 1);
            self.seen.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: usize, at: i64) -> Entry {
        Entry { id: id.to_string(), at, message: String::new() }
    }

    #[test]
    fn an_event_is_new_once_however_often_it_is_read() {
        let mut window = Window::new(1000);
        assert!(window.admit(&entry(1, 1000)));
        assert!(window.admit(&entry(2, 1000)), "two events of one millisecond");
        assert!(!window.admit(&entry(1, 1000)));
        window.close_round();
        assert!(!window.admit(&entry(2, 1000)), "the next round reads it again");
    }

    #[test]
    fn a_late_event_is_new_and_one_that_is_too_late_is_not() {
        let mut window = Window::new(0);
        assert!(window.admit(&entry(1, 100_000)));
        window.close_round();
        assert_eq!(window.from(), 70_000);
        assert!(window.admit(&entry(2, 70_000)));
        assert!(!window.admit(&entry(3, 69_999)));
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut window = Window::new(0);
        let many = i64::try_from(SEEN).unwrap() + 5;
        for at in 0..many {
            assert!(window.admit(&entry(0, at)));
        }
        window.close_round();
        assert!(window.count <= SEEN && window.seen.len() == window.count);
        assert!(!window.admit(&entry(0, many - 1)), "the newest are still known");
        assert!(!window.admit(&entry(0, 0)), "the oldest are not read again");
    }
}
