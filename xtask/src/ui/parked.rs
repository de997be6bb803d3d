//! The terminal that spinners are drawn on: between two drawings the cursor waits where nothing that is typed breaks a line.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Ends each spinner's line: a reset in a form that nothing else here writes, by which the line is known.
pub(super) const END: &str = "\x1b[m";
/// Drawings in a second, at most: what indicatif does by itself.
const RATE: u8 = 20;

/// Where spinners are drawn: on stderr.
pub(super) fn target() -> ProgressDrawTarget {
    ProgressDrawTarget::term_like_with_hz(Box::new(Parked::on(Term::buffered_stderr())), RATE)
}

/// A spinner fills its line, and behind its end the `^C` that a terminal echoes would begin a line that nobody counts: the
/// next drawing would clear one line too few. So the cursor goes back to the line's beginning, and what is echoed there
/// goes with the spinner. Behind other text it stays: the next one must begin a line.
#[derive(Debug)]
struct Parked<T> {
    term: T,
    /// Whether a spinner's line was written last.
    spinner: AtomicBool,
}

impl<T> Parked<T> {
    fn on(term: T) -> Self {
        Self { term, spinner: AtomicBool::new(false) }
    }

    /// The blanks that fill a line say nothing of what it is.
    fn note(&self, text: &str) {
        if !text.bytes().all(|byte| byte == b' ') {
            self.spinner.store(text.ends_with(END), Ordering::Relaxed);
        }
    }
}

impl<T: TermLike> TermLike for Parked<T> {
    fn width(&self) -> u16 {
        self.term.width()
    }

    fn height(&self) -> u16 {
        self.term.height()
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.spinner.store(false, Ordering::Relaxed);
        self.term.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.note(text);
        self.term.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.spinner.store(false, Ordering::Relaxed);
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        if self.spinner.load(Ordering::Relaxed) {
            self.term.write_str("\r")?;
        }
        self.term.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::MultiProgress;

    use super::super::progress::Spinner;
    use super::*;

    /// Remembers what is written.
    #[derive(Clone, Debug, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Paper {
        fn add(&self, text: &str) {
            self.0.lock().unwrap().push_str(text);
        }

        fn take(&self) -> String {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            40
        }
        fn move_cursor_up(&self, n: usize) -> io::Result<()> {
            self.add(&format!("<up {n}>"));
            Ok(())
        }
        fn move_cursor_down(&self, n: usize) -> io::Result<()> {
            self.add(&format!("<down {n}>"));
            Ok(())
        }
        fn move_cursor_right(&self, n: usize) -> io::Result<()> {
            self.add(&format!("<right {n}>"));
            Ok(())
        }
        fn move_cursor_left(&self, n: usize) -> io::Result<()> {
            self.add(&format!("<left {n}>"));
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.add(&format!("{text}\n"));
            Ok(())
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.add(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.add("<clear>");
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_cursor_waits_at_the_beginning_of_a_spinner_and_behind_any_other_text() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like(Box::new(Parked::on(paper.clone())));
        let bars = MultiProgress::with_draw_target(target);
        bars.println("above").unwrap();
        assert!(paper.take().ends_with("above                                   "), "the next text begins a line");
        for colour in [true, false] {
            let spinner = Spinner::start(Some(&bars), colour, "at work");
            spinner.set("still at work");
            let drawn = paper.take();
            let end = if colour { "0s\x1b[0m\x1b[m\r" } else { "0s\x1b[m\r" };
            assert!(drawn.contains("at work") && drawn.ends_with(end), "{drawn:?}");
            bars.println("\x1b[1mabove\x1b[0m").unwrap();
            assert!(paper.take().ends_with("\x1b[m\r"), "the spinner is the last line");
            drop(spinner);
            assert!(paper.take().ends_with("<clear><up 0>"));
        }
        bars.println("\x1b[1mabove\x1b[0m").unwrap();
        assert!(!paper.take().ends_with('\r'));
    }
}
