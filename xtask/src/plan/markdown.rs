//! A plan as the comment of a pull request. Pure.

use super::lines::{Line, sections};
use super::{Plan, cut};

/// Longest comment that GitHub takes, in characters (its API answers 422 "body is too long (maximum is 65536
/// characters)").
pub const LIMIT: usize = 65_536;
/// Longest value: one of thousands of characters would push out all others.
const VALUE: usize = 500;
/// Room for the closing words.
const RESERVE: usize = 400;

/// The plan as Markdown, always shorter than `LIMIT`: what does not fit is left out, and the comment says so. It begins
/// with a mark by which a pipeline finds its own comment again.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let (name, summary) = (&plan.environment, plan.summary());
    let mut out = format!(
        "<!-- plan of {name} -->\n### Plan for `{name}`: {summary}\n\nAccount {}, {}\n",
        plan.account, plan.region
    );
    let mut used = out.chars().count();
    let mut left_out = 0;
    for section in sections(plan) {
        let open = if section.whole { " open" } else { "" };
        let head = format!(
            "\n<details{open}><summary>{} ({})</summary>\n\n```diff\n",
            escape(&section.title),
            section.lines.len()
        );
        let tail = "```\n\n</details>\n";
        let mut body = String::new();
        let mut room = (LIMIT - RESERVE).saturating_sub(used + head.chars().count() + tail.len());
        let most = if section.whole { usize::MAX } else { VALUE };
        for (line, text) in section.lines.iter().zip(cut::texts(&section.lines, |_| most)) {
            let text = row(line, &text);
            let length = text.chars().count();
            // Once something is left out, nothing of this section follows: no gap that nobody sees.
            if length > room {
                room = 0;
                left_out += 1;
                continue;
            }
            room -= length;
            body.push_str(&text);
        }
        if !body.is_empty() {
            let block = head + &body + tail;
            used += block.chars().count();
            out.push_str(&block);
        } else if section.lines.is_empty() {
            let text = format!("\n{}\n", section.title);
            if used + text.chars().count() + RESERVE < LIMIT {
                used += text.chars().count();
                out.push_str(&text);
            } else {
                left_out += 1;
            }
        }
    }
    if left_out > 0 {
        let all = format!("All of them: `cargo xtask plan --env {name}`");
        let rest = format!("\n**{left_out} more lines do not fit into a comment.** {all}\n");
        out.push_str(&rest);
    }
    out
}

/// Marks in the first column, as ```` ```diff ```` colours them.
fn row(line: &Line, text: &str) -> String {
    let mark = if line.mark == '~' { '!' } else { line.mark };
    let text = text.replace("```", "'''");
    format!("{mark} {}{text}\n", "    ".repeat(line.depth))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}
