//! A run beside earlier ones of its environment.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::run::{Kind, Run, Span};

/// Earlier runs that count.
const RUNS: usize = 20;
/// A part is slower where it takes so many more milliseconds than the median ...
const SLOWER_MILLIS: u64 = 500;
/// ... and at least this many hundredths of it.
const SLOWER_PERCENT: u64 = 120;

/// How long something took, and how long it usually does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Delta {
    /// Milliseconds.
    pub millis: u64,
    /// The median of earlier runs, in milliseconds.
    pub median: u64,
    /// How many earlier runs had it.
    pub runs: usize,
}

impl Delta {
    /// Whether it got slower by what a person would notice.
    #[must_use]
    pub fn slower(&self) -> bool {
        self.millis >= self.median + SLOWER_MILLIS && self.millis * 100 >= self.median * SLOWER_PERCENT
    }
}

/// A run beside earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The whole.
    pub total: Option<Delta>,
    /// By the number of the span.
    pub spans: BTreeMap<usize, Delta>,
    /// The numbers of spans that got slower, the worst first.
    pub slower: Vec<usize>,
}

/// What makes two spans of two runs comparable: a created stack is no updated one.
type Key<'a> = (Kind, &'a str, &'a str, &'a str);

/// Compares with the runs before that did the same work, newest first: a build for one stack is no build for all. Runs
/// that failed do not count.
#[must_use]
pub fn compare(run: &Run, earlier: &[Run]) -> Comparison {
    let parts = |run: &Run| -> BTreeSet<String> {
        let top = run.spans.iter().filter(|span| span.parent.is_none() && span.kind != Kind::Prepare);
        top.map(|span| format!("{:?}", key(run, span))).collect()
    };
    let own = parts(run);
    let alike = earlier.iter().filter(|one| one.ok && one.started < run.started && parts(one) == own);
    let alike: Vec<&Run> = alike.take(RUNS).collect();
    let mut found: BTreeMap<Key, Vec<u64>> = BTreeMap::new();
    for one in &alike {
        for span in &one.spans {
            found.entry(key(one, span)).or_default().push(span.millis());
        }
    }
    let spans: BTreeMap<usize, Delta> = (run.spans.iter().enumerate())
        .filter_map(|(number, span)| {
            Some((number, delta(span.millis(), found.get(&key(run, span)).cloned().unwrap_or_default())?))
        })
        .collect();
    let mut slower: Vec<usize> = spans.iter().filter(|(_, delta)| delta.slower()).map(|(number, _)| *number).collect();
    slower.sort_by_key(|number| std::cmp::Reverse(spans[number].millis - spans[number].median));
    Comparison { total: delta(run.millis, alike.iter().map(|one| one.millis).collect()), spans, slower }
}

fn key<'a>(run: &'a Run, span: &'a Span) -> Key<'a> {
    let parent = span.parent.and_then(|number| run.spans.get(number)).map_or("", |parent| parent.name.as_str());
    (span.kind, parent, span.name.as_str(), span.outcome.as_str())
}

fn delta(millis: u64, mut earlier: Vec<u64>) -> Option<Delta> {
    earlier.sort_unstable();
    let middle = earlier.len() / 2;
    let median = match earlier.len() {
        0 => return None,
        even if even % 2 == 0 => u64::midpoint(earlier[middle - 1], earlier[middle]),
        _ => earlier[middle],
    };
    Some(Delta { millis, median, runs: earlier.len() })
}
