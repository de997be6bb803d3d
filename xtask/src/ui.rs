//! The one place that prints: data to stdout, words for people to stderr, progress only on a terminal.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::error::Problem;

/// How much and in what form a command speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Machine-readable data on stdout instead of text.
    pub json: bool,
    /// No questions: the answer is yes where a yes is enough.
    pub yes: bool,
}

/// The printer, cheap to clone.
#[derive(Clone, Debug)]
pub struct Ui {
    mode: Mode,
    colour: bool,
    data_colour: bool,
    bars: Option<MultiProgress>,
}

impl Ui {
    /// Looks at the terminal and `NO_COLOR` once.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let data_colour = std::io::stdout().is_terminal() && !plain;
        Self { mode, colour: terminal && !plain, data_colour, bars: terminal.then(MultiProgress::new) }
    }

    /// Whether `--json` was given.
    #[must_use]
    pub fn json(&self) -> bool {
        self.mode.json
    }

    /// The printer of a command whose question has been answered for all that it still does.
    #[must_use]
    pub fn answered(&self) -> Self {
        Self { mode: Mode { yes: true, ..self.mode }, ..self.clone() }
    }

    /// Whether spinners show what goes on, so that lines need not.
    #[must_use]
    pub fn animated(&self) -> bool {
        self.bars.is_some()
    }

    /// Whether data may be coloured: stdout is a terminal, and `NO_COLOR` is not set.
    #[must_use]
    pub fn data_colour(&self) -> bool {
        self.data_colour
    }

    /// One line of data on stdout. A reader that has gone (`| head`) is no failure of ours.
    pub fn data(&self, text: impl AsRef<str>) {
        self.data_to_reader(text);
    }

    /// The same for data without end; `false` where the reader has gone.
    pub fn data_to_reader(&self, text: impl AsRef<str>) -> bool {
        let write = || writeln!(std::io::stdout().lock(), "{}", text.as_ref().trim_end_matches('\n')).is_ok();
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// A line for people.
    pub fn say(&self, text: impl AsRef<str>) {
        match &self.bars {
            Some(bars) => bars.suspend(|| write_line(text.as_ref())),
            None => write_line(text.as_ref()),
        }
    }

    /// A line with a bold first word, as cargo does: `   Deployed demo-dev-orders in 3 s`.
    pub fn step(&self, verb: &str, rest: impl AsRef<str>) {
        self.say(format!("{} {}", self.paint("1;32", &format!("{verb:>12}")), rest.as_ref()));
    }

    /// Something that went well enough, but that a person should know.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.say(format!("{} {}", self.paint("1;33", "warning:"), text.as_ref()));
    }

    /// The whole chain of an error and its hints.
    pub fn error(&self, error: &anyhow::Error) {
        let mut chain = error.chain().map(ToString::to_string).collect::<Vec<_>>();
        chain.dedup();
        self.say(format!("{} {}", self.paint("1;31", "error:"), chain.remove(0)));
        for cause in chain {
            self.say(format!("  {} {}", self.paint("2", "cause:"), cause.replace('\n', "\n  ")));
        }
        for hint in crate::error::hints(error) {
            self.say(format!("  {} {hint}", self.paint("1;36", "hint:")));
        }
    }

    /// A spinner for work of unknown length; nothing where stderr is no terminal.
    #[must_use]
    pub fn spinner(&self, text: impl Into<String>) -> Spinner {
        let Some(bars) = &self.bars else { return Spinner(None) };
        let bar = bars.add(ProgressBar::new_spinner());
        let style = ProgressStyle::with_template("{spinner:>12.green} {wide_msg} {elapsed:.dim}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(text.into());
        bar.enable_steady_tick(Duration::from_millis(100));
        Spinner(Some(bar))
    }

    /// Asks for `expected` to be typed; `--yes` answers by itself.
    ///
    /// # Errors
    /// Declined where something else is typed, or where there is no terminal to ask on.
    pub fn confirm(&self, question: &str, expected: &str) -> Result<(), Problem> {
        if self.mode.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Problem::declined(format!("{question}: there is no terminal to ask on"))
                .hint("pass `--yes` to go on without the question"));
        }
        self.say(format!("{question}. Type `{expected}` to go on:"));
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        if read.is_ok() && answer.trim() == expected {
            return Ok(());
        }
        Err(Problem::declined(format!("not confirmed: expected `{expected}`, nothing was changed")))
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A terminal that has gone away turns no good deploy into a failed one.
fn write_line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A spinner that leaves no trace when dropped.
#[derive(Debug)]
pub struct Spinner(Option<ProgressBar>);

impl Spinner {
    /// Replaces the text beside the spinner.
    pub fn set(&self, text: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(text.into());
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
