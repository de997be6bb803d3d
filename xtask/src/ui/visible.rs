//! Text that others wrote, such as a function's error, a log line or a stack's output, may not steer a terminal. Pure.

use std::borrow::Cow;
use std::fmt::Write;

/// The graphic renditions that we paint with: letters and their weight, nothing that hides a text or what is behind it.
const PAINT: [&str; 23] = [
    "0", "1", "2", "31", "32", "33", "34", "35", "36", "91", "92", "93", "94", "95", "96", "1;31", "1;32", "1;33",
    "1;34", "1;35", "1;36", "2;31", "4",
];

/// A text in a graphic rendition, such as `1;31` (ECMA-48, "Select graphic rendition"), where there are colours; an empty one stays empty.
#[must_use]
pub fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Whether a character does something instead of being seen: controls (C0, DEL and C1), and what turns the direction of
/// writing (Unicode Standard Annex #9), by which a text can read otherwise than it is.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with whatever steers a terminal told as `\u001b`, which is JSON's own way too. Lines and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    told(text, false)
}

/// The same for a text that we have painted ourselves: our own colours stay, and no more than those.
#[must_use]
pub(super) fn painted(text: &str) -> Cow<'_, str> {
    told(text, true)
}

fn told(text: &str, paint: bool) -> Cow<'_, str> {
    let kept = |c: char| matches!(c, '\n' | '\t') || !steers(c);
    if text.chars().all(kept) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match colour(rest).filter(|_| paint) {
            Some(length) => {
                out.push_str(&rest[..length]);
                length
            }
            None if kept(c) => {
                out.push(c);
                c.len_utf8()
            }
            None => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

/// Bytes of the colour that a text begins with.
fn colour(text: &str) -> Option<usize> {
    let (code, _) = text.strip_prefix("\x1b[")?.split_once('m')?;
    // cargo's and rustc's way to name the sixteen colours; the first of them is black.
    let named = code
        .strip_prefix("38;5;")
        .and_then(|number| number.parse().ok())
        .is_some_and(|number: u8| (1..16).contains(&number));
    (named || PAINT.contains(&code)).then_some("\x1b[m".len() + code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_told_and_not_done() {
        let table = [
            ("plain, with é and 日本", "plain, with é and 日本"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),
            ("over\rwritten", "over\\u000dwritten"),
            ("c1 \u{9b}2J and del \u{7f}", "c1 \\u009b2J and del \\u007f"),
            ("exe\u{202e}gpj", "exe\\u202egpj"),
            ("\u{2066}a\u{2069}", "\\u2066a\\u2069"),
        ];
        for (text, expected) in table {
            assert_eq!(visible(text), expected);
            assert_eq!(painted(text), expected);
        }
    }

    #[test]
    fn our_colours_stay_where_we_paint_and_what_hides_a_text_does_not() {
        assert_eq!(painted("\x1b[1;31merror\x1b[0m"), "\x1b[1;31merror\x1b[0m");
        assert_eq!(painted("\x1b[38;5;9merror"), "\x1b[38;5;9merror");
        assert_eq!(visible("\x1b[1;31merror"), "\\u001b[1;31merror");
        for hides in ["\x1b[8mhidden", "\x1b[30;40mblack", "\x1b[2K", "\x1b[999m", "\x1b["] {
            assert!(painted(hides).starts_with("\\u001b["), "{hides:?}");
        }
    }

    #[test]
    fn json_stays_json_and_means_the_same() {
        let value = serde_json::json!({"a": "\u{9b}2J \u{202e} \x1b[8m"});
        let text = value.to_string();
        let shown = visible(&text);
        assert!(!shown.contains(steers));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
