//! Streams that come page by page, each in the order of time, as one stream in that order. Holds a page per stream.

use std::collections::VecDeque;

use crate::aws::logs::Entry;

/// A stream of a merge.
#[derive(Debug, Default)]
struct Stream {
    waiting: VecDeque<Entry>,
    /// Whether nothing more comes.
    ended: bool,
}

/// Pages in, events in order out.
#[derive(Debug)]
pub(super) struct Merge {
    streams: Vec<Stream>,
}

impl Merge {
    pub(super) fn new(streams: usize) -> Self {
        Self { streams: (0..streams).map(|_| Stream::default()).collect() }
    }

    /// A stream whose next page must come before anything else can be given out.
    pub(super) fn wants(&self) -> Option<usize> {
        self.streams.iter().position(|stream| stream.waiting.is_empty() && !stream.ended)
    }

    /// A page of a stream, and whether it is the last.
    pub(super) fn page(&mut self, stream: usize, entries: Vec<Entry>, last: bool) {
        self.streams[stream].waiting.extend(entries);
        self.streams[stream].ended = last;
    }

    /// The earliest event with its stream's number; `None` while a page is wanted, and at the end.
    pub(super) fn next(&mut self) -> Option<(usize, Entry)> {
        if self.wants().is_some() {
            return None;
        }
        let first = |stream: &Stream| stream.waiting.front().map(|entry| entry.at);
        let (stream, _) = (0..self.streams.len())
            .filter_map(|number| first(&self.streams[number]).map(|at| (number, at)))
            .min_by_key(|(number, at)| (*at, *number))?;
        self.streams[stream].waiting.pop_front().map(|entry| (stream, entry))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(at: i64) -> Entry {
        Entry { id: at.to_string(), at, message: String::new() }
    }

    #[test]
    fn nothing_is_given_out_while_an_earlier_event_may_still_come() {
        let mut merge = Merge::new(2);
        assert_eq!(merge.wants(), Some(0));
        merge.page(0, vec![entry(5)], true);
        assert_eq!((merge.wants(), merge.next()), (Some(1), None));
        merge.page(1, vec![], false);
        assert_eq!(merge.wants(), Some(1), "an empty page that is not the last");
        merge.page(1, vec![entry(3)], false);
        assert_eq!(merge.next().map(|(stream, one)| (stream, one.at)), Some((1, 3)));
        assert_eq!(merge.next(), None, "stream 1 may go on with 4");
        merge.page(1, vec![], true);
        assert_eq!(merge.next().map(|(stream, one)| (stream, one.at)), Some((0, 5)));
        assert_eq!((merge.wants(), merge.next()), (None, None));
    }

    proptest! {
        #[test]
        fn all_events_come_once_and_in_order(
            streams in prop::collection::vec(prop::collection::vec(0_i64..50, 0..20), 0..5),
            size in 1_usize..7,
        ) {
            let mut all: Vec<i64> = streams.iter().flatten().copied().collect();
            all.sort_unstable();
            let mut pages: Vec<VecDeque<Vec<Entry>>> = streams
                .into_iter()
                .map(|mut times| {
                    times.sort_unstable();
                    times.chunks(size).map(|page| page.iter().map(|at| entry(*at)).collect()).collect()
                })
                .collect();
            let mut merge = Merge::new(pages.len());
            let mut got = Vec::new();
            loop {
                while let Some((_, one)) = merge.next() {
                    got.push(one.at);
                }
                let Some(stream) = merge.wants() else { break };
                let page = pages[stream].pop_front().unwrap_or_default();
                merge.page(stream, page, pages[stream].is_empty());
            }
            prop_assert_eq!(got, all);
        }
    }
}
