//! Lines for people, broken between words where the terminal is narrower. Pure.

/// The text with each line that is wider than so many columns broken at its blanks. What follows begins under the column
/// `under`, or as far in as there is room for. A word that is wider than a line, such as a URL, is left whole: it can still
/// be copied.
#[must_use]
pub fn wrap(text: &str, columns: usize, under: usize) -> String {
    let under = under.min(columns / 3);
    text.split('\n').map(|line| broken(line, columns, under)).collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, columns: usize, under: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    let body = line.trim_start_matches(' ');
    let mut used = line.len() - body.len();
    let mut out = " ".repeat(used);
    let mut begun = false;
    // The blanks before a word are a part of it, unless it begins a line: columns stay columns.
    for (gap, word) in words(body) {
        let length = width(word);
        if begun && used + gap + length > columns {
            out.push('\n');
            out.push_str(&" ".repeat(under));
            used = under;
        } else {
            out.push_str(&" ".repeat(gap));
            used += gap;
        }
        out.push_str(word);
        used += length;
        // A colour is no word.
        begun |= length > 0;
    }
    out
}

/// Each word with the number of blanks before it.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut gap = 0;
    text.split(' ').filter_map(move |word| {
        if word.is_empty() {
            gap += 1;
            return None;
        }
        // The blank at which the text was split.
        Some((std::mem::replace(&mut gap, 1), word))
    })
}

/// Columns without colours.
fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words_and_goes_on_under_its_text() {
        let step = "    Unproven 3 things; see `cargo xtask local parity`";
        assert_eq!(wrap(step, 53, 13), step);
        assert_eq!(wrap(step, 46, 13), "    Unproven 3 things; see `cargo xtask local\n             parity`");
        let narrow = "    Unproven 3 things; see\n          `cargo xtask local\n          parity`";
        assert_eq!(wrap(step, 30, 13), narrow);
    }

    #[test]
    fn colours_take_no_columns_and_several_lines_are_broken_one_by_one() {
        let painted = "\x1b[1;32m    Deployed\x1b[0m one two\n  three four";
        assert_eq!(wrap(painted, 20, 2), painted);
        assert_eq!(wrap(painted, 16, 2), "\x1b[1;32m    Deployed\x1b[0m one\n  two\n  three four");
        assert_eq!(wrap(painted, 8, 2), "\x1b[1;32m    Deployed\x1b[0m\n  one\n  two\n  three\n  four");
    }

    #[test]
    fn a_word_that_is_wider_than_the_terminal_stays_whole_and_gaps_between_columns_stay() {
        let url = "https://a.example/a/path/that/is/long";
        assert_eq!(wrap(&format!("see {url} now"), 20, 4), format!("see\n    {url}\n    now"));
        assert_eq!(wrap("a   b   c   d", 9, 2), "a   b   c\n  d");
        assert_eq!(wrap("", 9, 2), "");
    }
}
