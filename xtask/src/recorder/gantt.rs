//! A run as a chart for the terminal, and in one line.

use std::fmt::Write;

use super::compare::Comparison;
use super::critical::Path;
use super::run::{Kind, Run, Span, seconds};
use crate::ui;

/// Columns from which on there is room for whole names and for how long it took before.
const ROOMY: usize = 60;
/// Columns of the names, and of a narrow terminal's.
const NAMES: [usize; 2] = [28, 18];
/// Columns of the figures on the right; a narrow terminal has none for those of before.
const FIGURES: [usize; 2] = [22, 10];
/// A resource of less than this share of the run is not drawn.
const LEAST: u64 = 100;
/// Parts that the one line names.
const LONGEST: usize = 3;

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Columns of the terminal.
    pub columns: usize,
    /// Whether colours are shown.
    pub colour: bool,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
}

/// A line per span: name, bar, time, and the median of earlier runs where there are any.
#[must_use]
pub fn gantt(chart: Chart, run: &Run, path: &Path, comparison: &Comparison) -> String {
    let members = path.members();
    let narrow = chart.columns < ROOMY;
    let [names, figures] = [NAMES, FIGURES].map(|columns| columns[usize::from(narrow)]);
    let width = chart.columns.saturating_sub(names + figures + 2).max(8);
    let paint = |code: &str, text: String| ui::paint(chart.colour, code, &text);
    let mut text = String::new();
    for number in order(run) {
        let span = &run.spans[number];
        let critical = members.contains(&number);
        let name = clip(chart, &label(span), names - 3);
        let mark = if critical { "*" } else { " " };
        let line = bar(chart, run, span, width, critical);
        let line = if critical { paint("1;33", line) } else { paint("36", line) };
        let delta = comparison.spans.get(&number);
        let before = delta.map(|delta| format!("({})", seconds(delta.median))).unwrap_or_default();
        let before = if narrow { String::new() } else { format!(" {before:>11}") };
        let figures = format!("{:>9}{before}", seconds(span.millis()));
        let figures = if delta.is_some_and(super::Delta::slower) { paint("1;31", figures) } else { figures };
        let _ = writeln!(text, "{mark} {name:<width$} {line} {figures}", width = names - 3);
    }
    let _ = writeln!(text, "\n{}", ui::wrap(&footer(run, path, comparison), chart.columns, 2));
    // No line ends in blanks.
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Parts under what they are a part of, each level by start. Resources too short to be seen are left out.
fn order(run: &Run) -> Vec<usize> {
    fn add(run: &Run, parent: Option<usize>, out: &mut Vec<usize>) {
        let mine = |number: &usize| run.spans[*number].parent == parent && parent.is_none_or(|parent| parent < *number);
        let mut children: Vec<usize> = (0..run.spans.len()).filter(mine).collect();
        children.sort_by_key(|number| (run.spans[*number].start, *number));
        for number in children {
            let span = &run.spans[number];
            if span.kind != Kind::Resource || span.millis() * LEAST >= run.millis {
                out.push(number);
                add(run, Some(number), out);
            }
        }
    }
    let mut out = Vec::new();
    add(run, None, &mut out);
    out
}

pub(super) fn label(span: &Span) -> String {
    match span.kind {
        Kind::Resource => format!("  {}", span.name),
        Kind::Stack if span.outcome.is_empty() || span.outcome == "updated" => span.name.clone(),
        Kind::Stack => format!("{} {}", span.name, span.outcome),
        kind if span.parent.is_some() => format!("  {} {}", kind.label(), span.name),
        kind => format!("{} {}", kind.label(), span.name),
    }
}

fn clip(chart: Chart, text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let end = if chart.unicode { "…" } else { "~" };
    text.chars().take(columns - 1).chain(end.chars()).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a column of a terminal")]
fn bar(chart: Chart, run: &Run, span: &Span, width: usize, critical: bool) -> String {
    let whole = run.millis.max(1);
    let column = |millis: u64| (millis * width as u64 / whole) as usize;
    let from = column(span.start).min(width - 1);
    let to = column(span.end).clamp(from + 1, width);
    let (full, empty) = match (chart.unicode, critical) {
        (true, true) => ('█', ' '),
        (true, false) => ('▒', ' '),
        (false, true) => ('#', '.'),
        (false, false) => ('=', '.'),
    };
    let columns = |c: char, count: usize| std::iter::repeat_n(c, count).collect::<String>();
    columns(empty, from) + &columns(full, to - from) + &columns(empty, width - to)
}

fn footer(run: &Run, path: &Path, comparison: &Comparison) -> String {
    let before = comparison.total.map(|total| {
        let runs = if total.runs == 1 { "one run".to_owned() } else { format!("{} runs", total.runs) };
        format!(", median of {runs} like it {}", seconds(total.median))
    });
    let failed = if run.ok { "" } else { ", failed" };
    let mut text =
        format!("{} of {}: {}{failed}{}\n", run.id, run.environment, seconds(run.millis), before.unwrap_or_default());
    let waits =
        if path.waits >= 100 { format!(", {} of it between steps", seconds(path.waits)) } else { String::new() };
    let _ = write!(text, "* critical path: {}{waits}", seconds(path.millis));
    for number in comparison.slower.iter().take(5) {
        let delta = comparison.spans[number];
        let name = label(&run.spans[*number]);
        let _ =
            write!(text, "\nslower: {} took {}, median {}", name.trim(), seconds(delta.millis), seconds(delta.median));
    }
    text
}

/// The longest parts on the critical path in one line, such as `build app 12.3 s, demo-dev-orders 8.0 s`.
#[must_use]
pub fn longest(run: &Run, path: &Path) -> String {
    let mut parts: Vec<&Span> = path.steps.iter().map(|step| &run.spans[step.span]).collect();
    parts.sort_by_key(|span| std::cmp::Reverse(span.millis()));
    let told = parts.into_iter().take(LONGEST).filter(|span| span.millis() >= 100);
    told.map(|span| format!("{} {}", name(span), seconds(span.millis()))).collect::<Vec<_>>().join(", ")
}

/// What got slower most, in one line; `None` where nothing did.
#[must_use]
pub fn slower(run: &Run, comparison: &Comparison) -> Option<String> {
    let number = comparison.slower.first()?;
    let delta = comparison.spans[number];
    let name = name(&run.spans[*number]);
    Some(format!("{name} took {}, the median of {} is {}", seconds(delta.millis), delta.runs, seconds(delta.median)))
}

fn name(span: &Span) -> String {
    match span.kind {
        Kind::Stack | Kind::Resource => span.name.clone(),
        kind => format!("{} {}", kind.label(), span.name),
    }
}
