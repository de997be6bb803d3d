//! What a failure is to the person who sees it. Callers find it along the chain of an error.

use std::fmt;

/// A message with the way out.
#[derive(Debug)]
pub struct Problem {
    /// What is wrong, and where.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
    /// Whether the command line, the rules or the folder are at fault: nothing was tried then.
    pub usage: bool,
}

impl Problem {
    /// Something that went wrong while doing what was asked.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, usage: false }
    }

    /// Something that must not even be tried.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, usage: true }
    }

    /// Adds what helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
