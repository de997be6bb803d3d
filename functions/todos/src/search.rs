//! Keyword search in titles: literal and caseless, never a pattern.

/// A keyword, folded once.
#[derive(Debug, Clone)]
pub(crate) struct Keyword(String);

impl Keyword {
    pub(crate) fn new(text: &str) -> Self {
        Self(fold(text))
    }

    /// Whether the title contains the keyword. Combining marks count as they are written: no normalisation.
    pub(crate) fn is_in(&self, title: &str) -> bool {
        fold(title).contains(&self.0)
    }
}

/// Lower, upper, lower again, character by character: Unicode's default case folding built from the standard
/// library's mappings, so it is as current as the compiler (`ß` = `SS`, `ς` = `Σ`, `K` the Kelvin sign = `k`). It
/// differs in one pair: dotless `ı` matches `i`, which finds more, never less.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        let pairs = [
            ("MILK", "Buy milk"),
            ("straße", "STRASSE"),
            ("STRASSE", "Straße"),
            ("STRAẞE", "strasse"),
            ("ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
            ("σ", "ς"),
            ("привет", "ПРИВЕТ, мир"),
            ("k", "\u{212a}"),
            ("ﬃ", "OFFICE"),
            ("ԱՐԵՒ", "արև"),
            ("istanbul", "ISTANBUL"),
            ("İ", "i\u{307}stanbul"),
            ("i\u{307}", "İstanbul"),
            ("ı", "I"),
        ];
        for (keyword, title) in pairs {
            assert!(Keyword::new(keyword).is_in(title), "{keyword} in {title}");
        }
    }

    #[test]
    fn no_character_of_unicode_is_an_exception() {
        let has_case = |c: &char| c.to_lowercase().ne([*c]) || c.to_uppercase().ne([*c]);
        let characters: Vec<char> = ('\0'..=char::MAX).filter(has_case).collect();
        assert!(characters.len() > 2_000);
        for character in characters {
            let text = character.to_string();
            let folded = fold(&text);
            assert!(fold(&text.to_uppercase()) == folded && fold(&text.to_lowercase()) == folded, "{character:?}");
            assert_eq!(fold(&folded), folded, "{character:?}");
        }
    }

    #[test]
    fn patterns_are_plain_text() {
        for keyword in ["(", "[", ".*", "a|b", "\\", "(a+)+$", "%", "^"] {
            assert!(!Keyword::new(keyword).is_in("aaaa bbbb"), "{keyword}");
            assert!(Keyword::new(keyword).is_in(&format!("x{keyword}y")), "{keyword}");
        }
    }

    #[test]
    fn marks_are_literal() {
        assert!(!Keyword::new("cafe").is_in("Café"));
        assert!(!Keyword::new("e\u{301}").is_in("\u{e9}"));
        assert!(Keyword::new("E\u{301}").is_in("cafe\u{301}"));
    }

    proptest! {
        #[test]
        fn a_title_contains_each_of_its_pieces_in_either_case(before in ".{0,20}", piece in ".{0,20}", after in ".{0,20}") {
            let title = format!("{before}{piece}{after}");
            prop_assert!(Keyword::new(&piece).is_in(&title));
            prop_assert!(Keyword::new(&piece.to_uppercase()).is_in(&title));
        }

        #[test]
        fn folding_twice_changes_nothing_more(text in ".*") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
