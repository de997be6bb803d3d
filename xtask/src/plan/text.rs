//! A plan for a terminal: as wide as that is, colours where they are wanted. Pure.

use super::Plan;
use super::cut;
use super::lines::{Line, Section, brief, of_stack as sections_of_stack};
use super::stack::Planned;
use crate::ui;

/// On a narrower terminal, lines are longer than it is.
const NARROWEST: usize = 40;
/// Where lines are broken on a wider one: the eye would lose them.
const WIDEST: usize = 120;

/// How it is shown.
#[derive(Clone, Copy, Debug)]
struct Page {
    colour: bool,
    /// Where lines are broken.
    width: usize,
    /// Where values are cut.
    columns: usize,
}

/// The plan as text; each line fits into a terminal of so many columns. Where there is none, nothing is broken or cut.
#[must_use]
pub fn text(plan: &Plan, colour: bool, columns: Option<usize>) -> String {
    let page = Page::of(colour, columns);
    let mut out = page.sections(&brief(plan));
    let code = if plan.refused.is_empty() { "1" } else { "1;31" };
    let end = format!("Plan for {}: {}", plan.environment, plan.summary());
    out.extend(page.wrap(&end, "  ").iter().map(|line| page.paint(code, line)));
    out.join("\n") + "\n"
}

/// The plan of one stack as text.
#[must_use]
pub fn of_stack(planned: &Planned, colour: bool, columns: Option<usize>) -> String {
    Page::of(colour, columns).sections(&sections_of_stack(planned)).join("\n")
}

impl Page {
    fn of(colour: bool, columns: Option<usize>) -> Self {
        let columns = columns.map(|columns| columns.max(NARROWEST));
        let width = columns.map_or(usize::MAX, |columns| columns.min(WIDEST));
        Self { colour, width, columns: columns.unwrap_or(usize::MAX) }
    }

    fn sections(self, sections: &[Section]) -> Vec<String> {
        let mut out = Vec::new();
        for Section { title, lines, whole } in sections {
            out.extend(self.wrap(title, "  ").iter().map(|row| self.paint("1", row)));
            let texts = cut::texts(lines, |line| self.columns - margin(line).chars().count());
            out.extend(lines.iter().zip(texts).flat_map(|(line, cut)| self.rows(line, *whole, &cut)));
            out.push(String::new());
        }
        out
    }

    /// What is dangerous is told to its end, and so is a change with both of its values; all else is `cut`.
    fn rows(self, line: &Line, whole: bool, cut: &str) -> Vec<String> {
        let code = match line.mark {
            '+' => "32",
            '-' => "31",
            '~' => "33",
            '!' => "1;31",
            _ => "2",
        };
        let margin = margin(line);
        let rows = if whole || matches!(line.mark, '!' | '~') {
            self.wrap(&format!("{margin}{}", line.text), &format!("{}  ", " ".repeat(margin.chars().count())))
        } else {
            vec![format!("{margin}{cut}")]
        };
        rows.iter().map(|row| self.paint(code, row.trim_end())).collect()
    }

    fn paint(self, code: &str, text: &str) -> String {
        ui::paint(self.colour, code, text)
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

/// What a line begins with.
fn margin(line: &Line) -> String {
    format!("  {}{} ", "    ".repeat(line.depth), line.mark)
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}
