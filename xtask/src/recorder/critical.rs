//! The critical path: the chain of spans that the run's end has waited for.

use std::collections::BTreeSet;

use serde::Serialize;

use super::run::{Kind, Span};

/// The chain, from its beginning to the run's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Spans that are no part of another one, in order; they do not overlap.
    pub steps: Vec<Step>,
    /// From the first step's start to the last one's end, in milliseconds.
    pub millis: u64,
    /// Of that, what lies between steps.
    pub waits: u64,
}

/// A span of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The span's number.
    pub span: usize,
    /// The chain of its own parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Step>,
}

impl Path {
    /// The numbers of all spans on the path, parts included.
    #[must_use]
    pub fn members(&self) -> BTreeSet<usize> {
        fn add(steps: &[Step], members: &mut BTreeSet<usize>) {
            for step in steps {
                members.insert(step.span);
                add(&step.parts, members);
            }
        }
        let mut members = BTreeSet::new();
        add(&self.steps, &mut members);
        members
    }
}

/// Goes back from the span that ended last, each time to the one that ended last before it began: of those that it is
/// known to have waited for, where that is known.
#[must_use]
pub fn critical(spans: &[Span]) -> Path {
    let steps = chain(spans, None);
    let ends = |step: &Step| spans[step.span].end;
    let millis = match (steps.first(), steps.last()) {
        (Some(first), Some(last)) => ends(last) - spans[first.span].start,
        _ => 0,
    };
    let worked: u64 = steps.iter().map(|step| spans[step.span].millis()).sum();
    Path { steps, millis, waits: millis - worked }
}

fn chain(spans: &[Span], parent: Option<usize>) -> Vec<Step> {
    // A span is noted after the one that it is a part of: this ends even on a file that somebody has changed.
    let mine = |number: &usize| spans[*number].parent == parent && parent.is_none_or(|parent| parent < *number);
    let mut left: Vec<usize> = (0..spans.len()).filter(mine).collect();
    let mut steps = Vec::new();
    let mut next = last(spans, &left, |_| true);
    while let Some(number) = next {
        left.retain(|other| *other != number);
        steps.push(Step { span: number, parts: chain(spans, Some(number)) });
        let span = &spans[number];
        let before = |other: &Span| other.end <= span.start;
        let known =
            last(spans, &left, |other| before(&spans[other]) && (span.after.contains(&other) || makes(&spans[other])));
        next = match known {
            Some(known) if !span.after.is_empty() => Some(known),
            _ => last(spans, &left, |other| before(&spans[other])),
        };
    }
    steps.reverse();
    steps
}

/// Whether the span makes what stacks are made of: any of them may have waited for it.
fn makes(span: &Span) -> bool {
    matches!(span.kind, Kind::Build | Kind::Package | Kind::Upload)
}

/// The one that ended last; of several, the one that began last.
fn last(spans: &[Span], among: &[usize], fits: impl Fn(usize) -> bool) -> Option<usize> {
    among
        .iter()
        .copied()
        .filter(|number| fits(*number))
        .max_by_key(|number| (spans[*number].end, spans[*number].start, *number))
}
