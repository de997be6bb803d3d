//! A plan for a terminal: 80 columns, colours where they are wanted. Pure.

use super::Plan;
use super::lines::{Line, Section, sections};

/// Columns that every terminal has.
const WIDTH: usize = 80;

/// The plan as text; each line fits into 80 columns. `--json` has the values that are cut here.
#[must_use]
pub fn text(plan: &Plan, colour: bool) -> String {
    let mut out = Vec::new();
    for Section { title, lines } in sections(plan) {
        out.push(paint("1", &fit(&title), colour));
        out.extend(lines.iter().flat_map(|line| rows(line, colour)));
        out.push(String::new());
    }
    let code = if plan.refused.is_empty() { "1" } else { "1;31" };
    out.extend(
        wrap(&format!("Plan for {}: {}", plan.environment, plan.summary()), "  ")
            .iter()
            .map(|line| paint(code, line, colour)),
    );
    out.join("\n") + "\n"
}

/// What is dangerous is told to its end, all else is cut.
fn rows(line: &Line, colour: bool) -> Vec<String> {
    let code = match line.mark {
        '+' => "32",
        '-' => "31",
        '~' => "33",
        '!' => "1;31",
        _ => "2",
    };
    let text = format!("  {}{} {}", "    ".repeat(line.depth), line.mark, line.text);
    let rows = if line.mark == '!' { wrap(&text, "      ") } else { vec![fit(&text)] };
    rows.iter().map(|row| paint(code, row.trim_end(), colour)).collect()
}

fn paint(code: &str, text: &str, colour: bool) -> String {
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// At most 80 characters, the last of them `…` where something was cut.
fn fit(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// Breaks a text at its blanks; `indent` begins the lines that follow. A word that is too long on its own is cut.
fn wrap(text: &str, indent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (place, word) in text.split(' ').enumerate() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if place > 0 && last + 1 + word.chars().count() > WIDTH {
            lines.push(fit(&format!("{indent}{word}")));
        } else if let Some(line) = lines.last_mut() {
            line.push_str(if place > 0 { " " } else { "" });
            line.push_str(word);
        }
    }
    lines
}
