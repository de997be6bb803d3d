//! Spans of a stack's resources, out of its events.

use super::run::{Kind, Span};
use crate::aws::events::Event;

/// One span per resource and operation, within the stack's own span (milliseconds after the run's start). AWS's clock and
/// this machine's differ: times are shifted as little as brings them into the stack's span. `began` is in milliseconds
/// since 1970.
pub(super) fn resources(events: &[Event], began: i64, (start, end): (u64, u64)) -> Vec<Span> {
    let relative = |event: &Event| event.at.saturating_sub(began);
    let (low, high) = (i64::try_from(start).unwrap_or(i64::MAX), i64::try_from(end).unwrap_or(i64::MAX));
    let first = events.iter().map(relative).min().unwrap_or(low);
    let last = events.iter().map(relative).max().unwrap_or(high);
    let shift = if first < low {
        low - first
    } else if last > high {
        (high - last).max(low - first)
    } else {
        0
    };
    let place =
        |event: &Event| u64::try_from(relative(event).saturating_add(shift).clamp(low, high)).unwrap_or_default();
    let mut spans: Vec<(String, Span)> = Vec::new();
    for event in events.iter().filter(|event| event.kind != "AWS::CloudFormation::Stack") {
        let at = place(event);
        let verb = event.status.split('_').next().unwrap_or_default();
        let outcome = format!("{} {}", event.kind, event.status);
        let key = format!("{verb} {}", event.logical_id);
        if let Some((_, span)) = spans.iter_mut().rev().find(|(other, _)| *other == key) {
            span.end = at.max(span.start);
            span.outcome = outcome;
        } else {
            let name = event.logical_id.clone();
            spans.push((key, Span { kind: Kind::Resource, name, outcome, start: at, end: at, ..Span::default() }));
        }
    }
    let ended =
        |status: &str| status.ends_with("_COMPLETE") || status.ends_with("_FAILED") || status.ends_with("_SKIPPED");
    let whole = |(_, span): (String, Span)| {
        // What has no end in the events was not waited for.
        if ended(&span.outcome) { span } else { Span { end, ..span } }
    };
    spans.into_iter().map(whole).collect()
}
