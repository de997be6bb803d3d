//! Values that are too long for where they are told: cut, but never so that an old and a new one read the same. Pure.

use super::lines::Line;

/// The text of each line, in as many characters as there is room for; `…` stands where something is cut. Where a value and the
/// one that takes its place would be cut before they differ, both begin shortly before that.
pub(super) fn texts(lines: &[Line], room: impl Fn(&Line) -> usize) -> Vec<String> {
    let other = |number: usize| {
        let line = &lines[number];
        let (mark, number) = match line.mark {
            '-' => ('+', number + 1),
            '+' => ('-', number.checked_sub(1)?),
            _ => return None,
        };
        lines.get(number).filter(|other| other.mark == mark && other.depth == line.depth)
    };
    let text = |(number, line): (usize, &Line)| {
        let room = room(line);
        let start = other(number).map_or(0, |other| start(&line.text, &other.text, room));
        if start == 0 {
            return fit(line.text.chars(), room);
        }
        fit(std::iter::once('…').chain(line.text.chars().skip(start)), room)
    };
    lines.iter().enumerate().map(text).collect()
}

/// How many characters two texts leave out at their beginning, which they share.
fn start(one: &str, other: &str, room: usize) -> usize {
    if one.chars().count().max(other.chars().count()) <= room {
        return 0;
    }
    let shared = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    // A third of the room is for what comes before the difference, the rest for the difference.
    if shared < room - room / 3 { 0 } else { shared - room / 3 }
}

/// As many characters as there is room for, the last of them `…` where something was cut.
fn fit(text: impl Iterator<Item = char> + Clone, room: usize) -> String {
    if text.clone().nth(room).is_none() {
        return text.collect();
    }
    text.take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[(char, &str)]) -> Vec<Line> {
        texts.iter().map(|(mark, text)| Line { mark: *mark, depth: 1, text: (*text).to_owned() }).collect()
    }

    #[test]
    fn a_value_that_changes_at_its_end_shows_what_changes() {
        let long = "0123456789".repeat(9);
        let pair = [('~', "Key"), ('-', &format!("{long}old and more")), ('+', &format!("{long}new"))];
        assert_eq!(texts(&lines(&pair), |_| 30), ["Key", "…0123456789old and more", "…0123456789new"]);
        assert_eq!(texts(&lines(&pair), |_| 16), ["Key", "…56789old and m…", "…56789new"]);
        assert_eq!(texts(&lines(&pair), |_| usize::MAX)[2], format!("{long}new"));
    }

    #[test]
    fn what_fits_or_differs_early_or_stands_alone_is_told_from_its_beginning() {
        assert_eq!(texts(&lines(&[('-', "short"), ('+', "shore")]), |_| 5), ["short", "shore"]);
        let early = [('-', "ab old of a long text"), ('+', "ab new of a long text")];
        assert_eq!(texts(&lines(&early), |_| 10), ["ab old of…", "ab new of…"]);
        assert_eq!(texts(&lines(&[('+', "a value that is new")]), |_| 10), ["a value t…"]);
        assert_eq!(texts(&lines(&[('-', "x"), ('+', "x and then more")]), |_| 6), ["x", "x and…"]);
    }
}
