//! Figures into words: percentiles, ratios, targets, Markdown tables.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::{ENVIRONMENTS, Figures, Measured};

/// A table in Markdown, numbers to the right.
#[derive(Debug)]
pub(crate) struct Table {
    columns: usize,
    text: String,
}

impl Table {
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        let rule = "| ---: ".repeat(columns.len() - 1);
        let text = format!("\n**{title}**\n\n| {} |\n| --- {rule}|\n", columns.join(" | "));
        Self { columns: columns.len(), text }
    }

    pub(crate) fn row(&mut self, cells: &[String]) {
        debug_assert_eq!(cells.len(), self.columns);
        // Writing to a `String` can't fail.
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
    }

    pub(crate) fn text(self) -> String {
        self.text
    }
}

/// The value below which this part of the sorted values lies.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "for people, with one decimal")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// What is compared: its name, how to read it from one side, and the bound of ours over the baseline's.
struct Target {
    what: &'static str,
    unit: &'static str,
    read: fn(&Figures) -> f64,
    bound: Bound,
}

/// A bound of the ratio of ours to the baseline's.
#[derive(Clone, Copy)]
enum Bound {
    /// At most one over this.
    AtMostOneIn(f64),
    /// At least this many times as much.
    AtLeast(f64),
    /// Told, not judged.
    None,
}

const TARGETS: [Target; 9] = [
    Target {
        what: "cold start to `/next`",
        unit: "ms",
        read: |figures| milliseconds(percentile(&figures.ready, 50)),
        bound: Bound::None,
    },
    Target {
        what: "cold start to first answer",
        unit: "ms",
        read: |figures| milliseconds(percentile(&figures.first, 50)),
        bound: Bound::AtMostOneIn(20.0),
    },
    Target {
        what: "warm p50",
        unit: "ms",
        read: |figures| milliseconds(percentile(&figures.warm, 50)),
        bound: Bound::AtMostOneIn(2.0),
    },
    Target {
        what: "warm p99",
        unit: "ms",
        read: |figures| milliseconds(percentile(&figures.warm, 99)),
        bound: Bound::AtMostOneIn(2.0),
    },
    Target {
        what: "CPU per call",
        unit: "ms",
        read: |figures| milliseconds(figures.cpu),
        bound: Bound::AtMostOneIn(3.0),
    },
    Target {
        what: "memory, peak",
        unit: "MB",
        read: |figures| megabytes(figures.memory),
        bound: Bound::AtMostOneIn(5.0),
    },
    Target { what: "1 environment", unit: "calls/s", read: |figures| figures.throughput[0], bound: Bound::None },
    Target { what: "8 environments", unit: "calls/s", read: |figures| figures.throughput[1], bound: Bound::None },
    Target {
        what: "32 environments",
        unit: "calls/s",
        read: |figures| figures.throughput[2],
        bound: Bound::AtLeast(3.0),
    },
];

const _: () = assert!(ENVIRONMENTS.len() == 3, "a row of targets for each");

impl Bound {
    /// The bound in words, and whether the ratio of ours to the baseline's keeps it.
    fn judge(self, ratio: f64) -> Option<(String, bool)> {
        match self {
            Self::AtMostOneIn(times) => Some((format!("≤ 1/{times:.0}"), ratio <= 1.0 / times)),
            Self::AtLeast(times) => Some((format!("≥ {times:.0} ×"), ratio >= times)),
            Self::None => None,
        }
    }
}

/// A ratio as people read it: `1/25` or `4.1 ×`.
fn tell(ratio: f64) -> String {
    if ratio < 1.0 { format!("1/{:.1}", 1.0 / ratio) } else { format!("{ratio:.1} ×") }
}

/// A table for each figure, one row per function.
pub(crate) fn tables(all: &[Measured]) -> String {
    let mut text = String::new();
    for target in &TARGETS {
        let title = format!("{}, {}", target.what, target.unit);
        let mut table = Table::new(&title, &["function", "Python", "ours", "ratio"]);
        for one in all {
            let (baseline, ours) = ((target.read)(&one.baseline), (target.read)(&one.ours));
            let ratio = tell(ours / baseline);
            table.row(&[one.name.to_owned(), number(baseline), number(ours), ratio]);
        }
        text.push_str(&table.text());
    }
    text
}

/// The targets, each judged by the function that does worst.
pub(crate) fn verdict(all: &[Measured], zips: &[(String, u64)]) -> (String, bool) {
    let mut table = Table::new("targets", &["figure", "target", "worst", "function", "kept"]);
    let mut kept = true;
    for target in &TARGETS {
        let ratio = |one: &Measured| (target.read)(&one.ours) / (target.read)(&one.baseline);
        let worst = all.iter().max_by(|a, b| match target.bound {
            Bound::AtLeast(_) => ratio(b).total_cmp(&ratio(a)),
            _ => ratio(a).total_cmp(&ratio(b)),
        });
        let Some((worst, (bound, good))) = worst.and_then(|one| Some((one, target.bound.judge(ratio(one))?))) else {
            continue;
        };
        kept &= good;
        table.row(&[target.what.to_owned(), bound, tell(ratio(worst)), worst.name.to_owned(), yes(good)]);
    }
    for (package, bytes) in zips {
        let good = *bytes <= MAX_ZIP;
        kept &= good;
        let (size, bound) = (format!("{:.2} MB", megabytes(*bytes)), format!("≤ {:.1} MB", megabytes(MAX_ZIP)));
        table.row(&["zip".to_owned(), bound, size, package.clone(), yes(good)]);
    }
    (table.text(), kept)
}

/// The largest zip allowed, in bytes.
const MAX_ZIP: u64 = 3_500_000;

fn yes(good: bool) -> String {
    if good { "yes" } else { "NO" }.to_owned()
}

/// Three digits that count.
pub(crate) fn number(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(198));
        assert_eq!(percentile(&sorted, 100), Duration::from_millis(200));
        assert_eq!(percentile(&sorted[..1], 50), Duration::from_millis(1));
    }

    fn measured(ours: u64) -> Measured {
        let figures = |milliseconds: u64, rate: f64| Figures {
            ready: vec![Duration::from_millis(milliseconds)],
            first: vec![Duration::from_millis(milliseconds)],
            warm: vec![Duration::from_millis(milliseconds)],
            cpu: Duration::from_millis(milliseconds),
            memory: milliseconds,
            throughput: [rate; 3],
        };
        Measured { name: "one", baseline: figures(200, 1.0), ours: figures(ours, 3.0) }
    }

    #[test]
    fn a_target_is_kept_at_its_bound_and_not_beyond() {
        assert!(verdict(&[measured(10)], &[("a".into(), MAX_ZIP)]).1);
        assert!(!verdict(&[measured(11)], &[]).1);
        assert!(!verdict(&[measured(10)], &[("a".into(), MAX_ZIP + 1)]).1);
    }

    #[test]
    fn the_function_that_does_worst_decides() {
        assert!(!verdict(&[measured(10), measured(11), measured(9)], &[]).1);
    }
}
