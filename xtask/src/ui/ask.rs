//! Questions: what is typed decides, and nobody there is a no.

use std::io::BufRead;
use std::sync::atomic::Ordering;

use indicatif::MultiProgress;

use super::Ui;
use crate::error::Problem;

impl Ui {
    /// Asks for `expected` to be typed; `--yes` answers by itself.
    ///
    /// # Errors
    /// Declined where something else is typed, or where there is no terminal to ask on.
    pub fn confirm(&self, question: &str, expected: &str) -> Result<(), Problem> {
        if self.mode.yes {
            return Ok(());
        }
        self.ask(question, expected, "pass `--yes` to go on without the question")
    }

    /// Asks for `expected` to be typed, by a person: `--yes` is no answer. `otherwise` is what to do without a terminal.
    ///
    /// # Errors
    /// Declined where something else is typed, or where there is no terminal to ask on.
    pub fn confirm_in_person(&self, question: &str, expected: &str, otherwise: &str) -> Result<(), Problem> {
        self.ask(question, expected, otherwise)
    }

    /// What a question is about: told with the question even where `--quiet` has asked for silence, and not without one.
    pub fn about(&self, text: impl AsRef<str>) {
        if self.mode.yes || !self.attended {
            self.say(text);
        } else {
            self.line("note", text.as_ref(), text.as_ref());
        }
    }

    fn ask(&self, question: &str, expected: &str, otherwise: &str) -> Result<(), Problem> {
        if !self.attended {
            return Err(Problem::declined(format!("{question}: there is no terminal to ask on")).hint(otherwise));
        }
        let text = format!("{question}. Type `{expected}` to go on:");
        self.line("question", &text, &text);
        let mut answer = String::new();
        let read = || std::io::stdin().lock().read_line(&mut answer);
        self.asking.store(true, Ordering::Relaxed);
        // Nothing is drawn over what is being typed.
        let read = still(self.bars.as_ref(), read);
        self.asking.store(false, Ordering::Relaxed);
        if read.is_ok() && answer.trim() == expected {
            return Ok(());
        }
        Err(Problem::declined(format!("not confirmed: expected `{expected}`, nothing was changed")).hint(otherwise))
    }
}

fn still<T>(bars: Option<&MultiProgress>, work: impl FnOnce() -> T) -> T {
    match bars {
        // The terminal is there: somebody is about to type on it.
        Some(bars) => bars.suspend(work),
        None => work(),
    }
}
