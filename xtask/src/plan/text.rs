//! A plan for a terminal: as wide as that is, colours where they are wanted. Pure.

use super::Plan;
use super::lines::{Line, Section, of_stack as sections_of_stack, sections};
use super::stack::Planned;
use crate::ui;

/// Narrower than this, lines are longer than the terminal; wider, the eye loses the line.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;

/// How it is shown.
#[derive(Clone, Copy, Debug)]
struct Page {
    colour: bool,
    width: usize,
}

/// The plan as text; each line fits into a terminal of so many columns. `--json` has the values that are cut here.
#[must_use]
pub fn text(plan: &Plan, colour: bool, columns: usize) -> String {
    let page = Page::of(colour, columns);
    let mut out = page.sections(&sections(plan));
    let code = if plan.refused.is_empty() { "1" } else { "1;31" };
    let end = format!("Plan for {}: {}", plan.environment, plan.summary());
    out.extend(page.wrap(&end, "  ").iter().map(|line| page.paint(code, line)));
    out.join("\n") + "\n"
}

/// The plan of one stack as text.
#[must_use]
pub fn of_stack(planned: &Planned, colour: bool, columns: usize) -> String {
    Page::of(colour, columns).sections(&sections_of_stack(planned)).join("\n")
}

impl Page {
    fn of(colour: bool, columns: usize) -> Self {
        Self { colour, width: columns.clamp(*WIDTHS.start(), *WIDTHS.end()) }
    }

    fn sections(self, sections: &[Section]) -> Vec<String> {
        let mut out = Vec::new();
        for Section { title, lines, whole } in sections {
            out.extend(self.wrap(title, "  ").iter().map(|row| self.paint("1", row)));
            out.extend(lines.iter().flat_map(|line| self.rows(line, *whole)));
            out.push(String::new());
        }
        out
    }

    /// What is dangerous is told to its end, all else is cut.
    fn rows(self, line: &Line, whole: bool) -> Vec<String> {
        let code = match line.mark {
            '+' => "32",
            '-' => "31",
            '~' => "33",
            '!' => "1;31",
            _ => "2",
        };
        let indent = format!("  {}", "    ".repeat(line.depth));
        let text = format!("{indent}{} {}", line.mark, line.text);
        let told = whole || line.mark == '!';
        let rows = if told { self.wrap(&text, &format!("{indent}    ")) } else { vec![self.fit(&text)] };
        rows.iter().map(|row| self.paint(code, row.trim_end())).collect()
    }

    fn paint(self, code: &str, text: &str) -> String {
        ui::paint(self.colour, code, text)
    }

    /// As many characters as fit, the last of them `…` where something was cut.
    fn fit(self, text: &str) -> String {
        if text.chars().count() <= self.width {
            return text.to_owned();
        }
        text.chars().take(self.width - 1).chain(['…']).collect()
    }

    /// Breaks a text at its blanks; `indent` begins the lines that follow. A word that is too long on its own, such as an
    /// ARN, is broken where the line ends: nothing of it is lost.
    fn wrap(self, text: &str, indent: &str) -> Vec<String> {
        let mut lines = vec![String::new()];
        let mut used = 0;
        for (place, word) in text.split(' ').enumerate() {
            let length = word.chars().count();
            if place > 0 && used + 1 + length > self.width && used > indent.chars().count() {
                lines.push(indent.to_owned());
                used = indent.chars().count();
            } else if place > 0 {
                push(&mut lines, ' ');
                used += 1;
            }
            for character in word.chars() {
                if used >= self.width {
                    lines.push(indent.to_owned());
                    used = indent.chars().count();
                }
                push(&mut lines, character);
                used += 1;
            }
        }
        lines
    }
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}
