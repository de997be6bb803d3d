//! What was measured, as Markdown.

use std::fmt::Write;

use crate::tools::{Run, Tool};

/// One row: what was done, and what each tool took, in the order of `Tool::ALL`; none where it was not asked.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) runs: Vec<Option<Run>>,
    /// What a tool got wrong.
    pub(crate) faults: Vec<String>,
}

/// The median of each figure.
pub(crate) fn median(runs: &[Run]) -> Run {
    let of = |figure: fn(&Run) -> f64| {
        let mut all: Vec<f64> = runs.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    Run {
        wall: of(|run| run.wall),
        cpu: of(|run| run.cpu),
        memory: of(|run| run.memory),
        requests: of(|run| run.requests),
    }
}

/// A table of seconds with the ratio to `s5cmd`, and one of the rest.
pub(crate) fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    let names: Vec<&str> = Tool::ALL.iter().map(|tool| tool.name()).collect();
    let _ = writeln!(text, "| seconds | {} | of `s5cmd`'s |", names.join(" | "));
    let _ = writeln!(text, "| --- |{} ---: |", " ---: |".repeat(names.len()));
    for row in rows {
        let cells: Vec<String> =
            row.runs.iter().map(|run| cell(run.as_ref(), |run| format!("{:.2}", run.wall))).collect();
        let ratio = match row.runs[..] {
            [Some(ours), Some(s5cmd), ..] => format!("{:.2} ×", ours.wall / s5cmd.wall),
            _ => String::new(),
        };
        let _ = writeln!(text, "| {} | {} | {ratio} |", row.what, cells.join(" | "));
    }
    let _ = writeln!(text, "\n| CPU s / MB / requests | {} |", names.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(names.len()));
    for row in rows {
        let rest = |run: &Run| format!("{:.2} / {:.0} / {}", run.cpu, run.memory / 1e6, run.requests);
        let cells: Vec<String> = row.runs.iter().map(|run| cell(run.as_ref(), rest)).collect();
        let _ = writeln!(text, "| {} | {} |", row.what, cells.join(" | "));
    }
    for fault in rows.iter().flat_map(|row| row.faults.iter().map(move |fault| format!("{}: {fault}", row.what))) {
        let _ = writeln!(text, "\n{fault}");
    }
    text
}

fn cell(run: Option<&Run>, text: impl Fn(&Run) -> String) -> String {
    run.map_or_else(|| "–".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_figures_ratio_and_faults() {
        let run = |wall| Some(Run { wall, cpu: 0.5, memory: 20e6, requests: 3.0 });
        let row = Row {
            what: "many, first".into(),
            runs: vec![run(1.0), run(4.0), None, run(8.0)],
            faults: vec!["s5cmd missed 2 files".into()],
        };
        let text = tables(&[row]);
        assert!(text.contains("| many, first | 1.00 | 4.00 | – | 8.00 | 0.25 × |"), "{text}");
        assert!(text.contains("| many, first | 0.50 / 20 / 3 |"), "{text}");
        assert!(text.ends_with("many, first: s5cmd missed 2 files\n"), "{text}");
    }

    #[test]
    fn the_median_is_taken_figure_by_figure() {
        let runs = [(1.0, 9.0), (5.0, 1.0), (2.0, 3.0)].map(|(wall, cpu)| Run { wall, cpu, ..Run::default() });
        assert_eq!((median(&runs).wall, median(&runs).cpu), (2.0, 3.0));
    }
}
