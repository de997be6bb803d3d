//! What is at work: spinners, and the operations that go on in AWS whether or not somebody looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::parked::END;
use super::{paint, visible};

/// Columns from which on a line has room for the margin that steps have.
const ROOMY: u16 = 60;

/// Operations by stack, each with its status and how far it is.
pub(super) type Ongoing = Arc<Mutex<BTreeMap<String, String>>>;

/// A spinner that leaves no trace when dropped.
#[derive(Debug)]
pub struct Spinner(Option<ProgressBar>);

impl Spinner {
    pub(super) fn start(bars: Option<&MultiProgress>, colour: bool, text: &str) -> Self {
        let Some(bars) = bars else { return Self(None) };
        let bar = bars.add(ProgressBar::new_spinner());
        // A message that does not fit is cut at the terminal's width, as it is at each drawing.
        if let Ok(style) = ProgressStyle::with_template(&template(columns(), colour)) {
            bar.set_style(style);
        }
        bar.set_message(visible(text).into_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    /// Replaces the text beside the spinner.
    pub fn set(&self, text: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(visible(&text.into()).into_owned());
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// An operation that goes on in AWS: shown while it is waited for, listed where the wait is given up.
#[derive(Debug)]
pub struct Operation {
    name: String,
    spinner: Spinner,
    ongoing: Ongoing,
}

impl Operation {
    pub(super) fn start(name: &str, spinner: Spinner, ongoing: Ongoing) -> Self {
        lock(&ongoing).insert(name.to_owned(), String::new());
        Self { name: name.to_owned(), spinner, ongoing }
    }

    /// The operation's status, how many of its resources are done (`12/34`), and which are at work, the newest first.
    pub fn set(&self, status: &str, counts: &str, current: &[&str]) {
        let resources = if counts.is_empty() { String::new() } else { format!(", {counts} resources") };
        lock(&self.ongoing).insert(self.name.clone(), format!("{status}{resources}"));
        self.spinner.set(line(&self.name, status, counts, current, columns()));
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        lock(&self.ongoing).remove(&self.name);
    }
}

/// A panic elsewhere leaves the list as readable as it was.
pub(super) fn lock(ongoing: &Ongoing) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
    ongoing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal's width, 80 where nobody knows.
fn columns() -> u16 {
    console::Term::stderr().size_checked().map_or(80, |(_, columns)| columns)
}

fn template(columns: u16, colour: bool) -> String {
    let spinner = if columns >= ROOMY { "{spinner:>12}" } else { "{spinner}" };
    format!("{} {{wide_msg}} {}{END}", paint(colour, "32", spinner), paint(colour, "2", "{elapsed}"))
}

/// What stands beside the spinner; where there is little room, the stack is called by the last part of its name.
fn line(name: &str, status: &str, counts: &str, current: &[&str], columns: u16) -> String {
    let roomy = columns >= ROOMY;
    let name = if roomy { name } else { name.rsplit('-').next().unwrap_or(name) };
    // The way back is what one should know of; forth is what one expects.
    let back = if status.contains("ROLLBACK") { " rolling back" } else { "" };
    let counts = if counts.is_empty() { String::new() } else { format!(" {counts}") };
    let resources = if roomy && !counts.is_empty() { " resources" } else { "" };
    let current = if current.is_empty() { String::new() } else { format!(": {}", current.join(", ")) };
    format!("{name}{back}{counts}{resources}{current}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_stack_how_far_it_is_and_what_is_at_work() {
        let table = [
            (80, "UPDATE_IN_PROGRESS", "12/34", "demo-dev-orders 12/34 resources: Table, Api"),
            (40, "UPDATE_IN_PROGRESS", "12/34", "orders 12/34: Table, Api"),
            (80, "UPDATE_ROLLBACK_IN_PROGRESS", "3", "demo-dev-orders rolling back 3 resources: Table, Api"),
            (40, "ROLLBACK_IN_PROGRESS", "3", "orders rolling back 3: Table, Api"),
        ];
        for (columns, status, counts, expected) in table {
            assert_eq!(line("demo-dev-orders", status, counts, &["Table", "Api"], columns), expected);
        }
        assert_eq!(line("demo-dev-orders", "CREATE_IN_PROGRESS", "", &[], 80), "demo-dev-orders");
    }

    #[test]
    fn an_operation_is_listed_as_long_as_it_is_waited_for() {
        let ongoing = Ongoing::default();
        let operation = Operation::start("demo", Spinner(None), Arc::clone(&ongoing));
        operation.set("UPDATE_IN_PROGRESS", "1/2", &[]);
        assert_eq!(lock(&ongoing)["demo"], "UPDATE_IN_PROGRESS, 1/2 resources");
        drop(operation);
        assert!(lock(&ongoing).is_empty());
    }
}
