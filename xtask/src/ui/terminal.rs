//! What the terminal can show and the user wants of it. Pure: the environment is handed in.

use clap::ValueEnum;

/// How progress is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// Spinners on a terminal that can draw them, lines elsewhere.
    #[default]
    Auto,
    /// A line for each resource that is done.
    Plain,
    /// No more than each stack's end.
    None,
    /// Lines of JSON on stderr: `{"kind", "text", …}`.
    Json,
}

/// What the surroundings say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Surroundings<'a> {
    /// Whether stderr is a terminal.
    pub(super) terminal: bool,
    /// `TERM`
    pub(super) term: Option<&'a str>,
    /// `NO_COLOR` (no-color.org)
    pub(super) no_color: Option<&'a str>,
    /// `CLICOLOR` (bixense.com/clicolors)
    pub(super) clicolor: Option<&'a str>,
    /// `CLICOLOR_FORCE`
    pub(super) clicolor_force: Option<&'a str>,
}

impl Surroundings<'_> {
    /// Whether text may have colours: `NO_COLOR` beats all, `CLICOLOR_FORCE` beats what is known of the terminal.
    pub(super) fn colour(&self) -> bool {
        let set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        if set(self.no_color) {
            return false;
        }
        if set(self.clicolor_force) && self.clicolor_force != Some("0") {
            return true;
        }
        self.terminal && self.clicolor != Some("0") && !self.dumb()
    }

    /// Whether a line can be drawn over.
    pub(super) fn animates(&self) -> bool {
        self.terminal && !self.dumb()
    }

    fn dumb(&self) -> bool {
        self.term.is_none_or(|term| term.is_empty() || term == "dumb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XTERM: Surroundings<'static> =
        Surroundings { terminal: true, term: Some("xterm"), no_color: None, clicolor: None, clicolor_force: None };

    #[test]
    fn a_terminal_has_colours_and_motion_and_a_pipe_has_neither() {
        assert!(XTERM.colour() && XTERM.animates());
        let pipe = Surroundings { terminal: false, ..XTERM };
        assert!(!pipe.colour() && !pipe.animates());
        for term in [None, Some(""), Some("dumb")] {
            let dumb = Surroundings { term, ..XTERM };
            assert!(!dumb.colour() && !dumb.animates(), "{term:?}");
        }
    }

    #[test]
    fn no_color_beats_clicolor_force_which_beats_the_terminal() {
        let pipe = Surroundings { terminal: false, ..XTERM };
        assert!(Surroundings { clicolor_force: Some("1"), ..pipe }.colour());
        assert!(!Surroundings { clicolor_force: Some("0"), ..pipe }.colour());
        assert!(!Surroundings { clicolor_force: Some("1"), no_color: Some("1"), ..pipe }.colour());
        assert!(!Surroundings { clicolor: Some("0"), ..XTERM }.colour());
        assert!(Surroundings { clicolor: Some("0"), clicolor_force: Some("1"), ..XTERM }.colour());
        assert!(!Surroundings { no_color: Some("1"), ..XTERM }.colour());
        assert!(Surroundings { no_color: Some(""), ..XTERM }.colour());
    }

    #[test]
    fn without_colours_there_is_still_motion() {
        assert!(Surroundings { no_color: Some("1"), ..XTERM }.animates());
    }
}
