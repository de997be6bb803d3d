//! The one place that prints: data to stdout, words for people to stderr, progress only on a terminal.

mod ask;
mod failure;
pub mod meter;
mod parked;
mod progress;
mod terminal;
mod visible;
mod wrap;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::json;

use progress::Ongoing;
pub use progress::{Operation, Spinner};
pub use terminal::Progress;
use terminal::Surroundings;
pub use visible::{paint, steers, visible};
pub use wrap::wrap;

/// How much and in what form a command speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Machine-readable data on stdout instead of text.
    pub json: bool,
    /// No questions: the answer is yes where a yes is enough.
    pub yes: bool,
}

/// How much of its progress a command tells, whatever the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Voice {
    /// Warnings, errors, questions and data only.
    pub quiet: bool,
    /// In which form.
    pub progress: Progress,
}

/// The printer, cheap to clone.
#[derive(Clone, Debug)]
pub struct Ui {
    mode: Mode,
    voice: Voice,
    colour: bool,
    data_colour: bool,
    bars: Option<MultiProgress>,
    ongoing: Ongoing,
    /// Whether somebody could answer a question.
    attended: bool,
    /// Whether somebody is thinking about a question.
    asking: Arc<AtomicBool>,
}

impl Ui {
    /// A printer with the usual voice.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self::with(mode, Voice::default())
    }

    /// Looks at the terminal, `TERM`, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` once.
    #[must_use]
    pub fn with(mode: Mode, voice: Voice) -> Self {
        let read = |name: &str| std::env::var(name).ok();
        let (term, no_color) = (read("TERM"), read("NO_COLOR"));
        let (clicolor, clicolor_force) = (read("CLICOLOR"), read("CLICOLOR_FORCE"));
        let surroundings = Surroundings {
            terminal: std::io::stderr().is_terminal(),
            term: term.as_deref(),
            no_color: no_color.as_deref(),
            clicolor: clicolor.as_deref(),
            clicolor_force: clicolor_force.as_deref(),
        };
        let animated = surroundings.animates() && voice.progress == Progress::Auto && !voice.quiet;
        Self {
            mode,
            voice,
            data_colour: Surroundings { terminal: std::io::stdout().is_terminal(), ..surroundings }.colour(),
            colour: surroundings.colour() && voice.progress != Progress::Json,
            bars: animated.then(|| MultiProgress::with_draw_target(parked::target())),
            ongoing: Ongoing::default(),
            attended: std::io::stdin().is_terminal(),
            asking: Arc::default(),
        }
    }

    /// A printer that nobody answers, whatever terminal the tests run in.
    #[cfg(test)]
    pub(crate) fn unattended(mode: Mode) -> Self {
        Self { attended: false, ..Self::new(mode) }
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

    /// Columns of the terminal that shows the data; nothing where none does.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        columns(&Term::stdout())
    }

    /// The same, or what `COLUMNS` asks for (POSIX, "Environment Variables") where no terminal does.
    #[must_use]
    pub fn asked_columns(&self) -> Option<usize> {
        let asked = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
        self.columns().or_else(asked)
    }

    /// Whether words for people may be coloured: stderr is a terminal, and `NO_COLOR` is not set.
    #[must_use]
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Columns of the terminal that people read; nothing where none shows the words for them.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        columns(&Term::stderr())
    }

    /// One line of data on stdout. A reader that has gone (`| head`) is no failure of ours.
    pub fn data(&self, text: impl AsRef<str>) {
        self.data_to_reader(text);
    }

    /// The same for data without end; `false` where the reader has gone.
    pub fn data_to_reader(&self, text: impl AsRef<str>) -> bool {
        if let Some(bars) = &self.bars {
            // The spinners come again with their next step.
            let _ = bars.clear();
        }
        writeln!(std::io::stdout().lock(), "{}", visible::painted(text.as_ref().trim_end_matches('\n'))).is_ok()
    }

    /// A line for people.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.voice.quiet {
            self.line("note", text.as_ref(), text.as_ref());
        }
    }

    /// A line of another program, as it said it: not ours to leave out.
    pub fn tool(&self, text: &str) {
        self.line("tool", text, text);
    }

    /// A line with a bold first word, as cargo does: `   Deployed demo-dev-orders in 3 s`.
    pub fn step(&self, verb: &str, rest: impl AsRef<str>) {
        let rest = rest.as_ref();
        if !self.voice.quiet {
            let pretty = format!("{} {rest}", self.paint("1;32", &format!("{verb:>12}")));
            self.line("step", &format!("{verb} {rest}"), &pretty);
        }
    }

    /// A line about a resource of a stack. Where spinners show the resources, only a failure is worth a line.
    pub fn resource(&self, stack: &str, text: &str, failed: bool) {
        let told = match self.voice.progress {
            Progress::Auto => !self.animated(),
            Progress::Plain | Progress::Json => true,
            Progress::None => false,
        };
        if failed || (told && !self.voice.quiet) {
            let head = format!("{stack:>12}");
            let head = if failed { self.paint("1;31", &head) } else { head };
            self.line("resource", &format!("{stack} {text}"), &format!("{head} {text}"));
        }
    }

    /// Something that went well enough, but that a person should know.
    pub fn warn(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.line("warning", text, &format!("{} {text}", self.paint("1;33", "warning:")));
    }

    /// A spinner for work of unknown length; nothing where stderr is no terminal.
    #[must_use]
    pub fn spinner(&self, text: impl Into<String>) -> Spinner {
        Spinner::start(self.bars.as_ref(), self.colour, &text.into())
    }

    /// Shows an operation that goes on in AWS, and remembers it until it is dropped.
    #[must_use]
    pub fn operation(&self, name: &str) -> Operation {
        Operation::start(name, self.spinner(name), Arc::clone(&self.ongoing))
    }

    /// What goes on in AWS and is being waited for: a line each.
    #[must_use]
    pub fn ongoing(&self) -> Vec<String> {
        progress::lock(&self.ongoing).iter().map(|(name, how)| format!("{name} {how}").trim_end().to_owned()).collect()
    }

    /// The last words of an interrupted command: the spinners stop for good.
    pub fn part(&self, lines: &[String]) {
        // While a question is open nothing is drawn, and the spinners are locked.
        if let Some(bars) = self.bars.as_ref().filter(|_| !self.asking.swap(true, Ordering::Relaxed)) {
            let _ = bars.clear();
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        self.asking.store(true, Ordering::Relaxed);
        for line in lines {
            self.line("interrupted", line, line);
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        paint(self.colour, code, text)
    }

    /// Every word for people goes through here, above the spinners in one stroke with them.
    fn line(&self, kind: &str, plain: &str, pretty: &str) {
        let mut pretty = visible::painted(pretty);
        if let (Some(width), Some(under)) = (self.width(), under(kind)) {
            pretty = wrap(&pretty, width, under).into();
        }
        match &self.bars {
            _ if self.voice.progress == Progress::Json => {
                write_line(&visible(&json!({"kind": kind, "text": plain}).to_string()));
            }
            // An answer is being waited for, and the spinners are locked: past them.
            Some(bars) if !self.asking.load(Ordering::Relaxed) => {
                // A terminal that has gone away turns no good deploy into a failed one.
                let _ = bars.println(&pretty);
            }
            _ => write_line(&pretty),
        }
    }
}

/// Columns of a terminal, 80 of one that does not say; nothing where it is none.
fn columns(term: &Term) -> Option<usize> {
    let said = || term.size_checked().map_or(80, |(_, columns)| usize::from(columns));
    term.is_term().then(said)
}

/// The column under which a line that is too long for the terminal goes on: that of its text. Another program's lines are
/// left as they are.
fn under(kind: &str) -> Option<usize> {
    match kind {
        "step" | "resource" => Some(13),
        "warning" | "cause" => Some(9),
        "hint" => Some(8),
        "error" => Some(7),
        "tool" => None,
        _ => Some(2),
    }
}

/// A terminal that has gone away turns no good deploy into a failed one.
fn write_line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
