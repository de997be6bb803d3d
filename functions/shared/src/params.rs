//! Query parameters: decoded, checked one by one, and refused together.

use percent_encoding::percent_decode_str;

use crate::Error;
use crate::error::Fields;

/// Most items on a page.
pub const MAX_LIMIT: usize = 100;
/// Items on a page unless the caller says otherwise.
pub const DEFAULT_LIMIT: usize = 50;

/// A query string's parameters and what was found wrong with them so far.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    problems: Fields,
}

impl Params {
    /// Decodes `application/x-www-form-urlencoded`; bytes that are not UTF-8 become replacement characters.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self { pairs: pairs.collect(), problems: Fields::new() }
    }

    /// The first value of a parameter, parsed. A bad value is noted, and counts as absent until [`Self::finish`].
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let (_, value) = self.pairs.iter().find(|(key, _)| key == name)?;
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.problems.insert(name.to_owned(), problem);
                None
            }
        }
    }

    /// The page size, `limit`.
    pub fn limit(&mut self) -> usize {
        let parsed = self.optional("limit", |text| match text.parse() {
            Ok(limit @ 1..=MAX_LIMIT) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(limit),
            _ => Err(format!("must be a whole number from 1 to {MAX_LIMIT}")),
        });
        parsed.unwrap_or(DEFAULT_LIMIT)
    }

    /// 422 with every problem, if there was any.
    pub fn finish(self) -> Result<(), Error> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::Unprocessable(self.problems)) }
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(raw: &str) -> Option<String> {
        Params::parse(raw).optional("search", |text| Ok(text.to_owned()))
    }

    #[test]
    fn values_are_decoded() {
        assert_eq!(search("a=1&search=caf%C3%A9+au%20lait%2B").as_deref(), Some("café au lait+"));
        assert_eq!(search("search=(%&x").as_deref(), Some("(%"));
        assert_eq!(search("search=é<\"").as_deref(), Some("é<\""));
        assert_eq!(search("search").as_deref(), Some(""));
        assert_eq!(search("other=1"), None);
    }

    #[test]
    fn the_limit_has_a_default_and_bounds() {
        assert_eq!(Params::parse("").limit(), 50);
        for (text, limit) in [("1", 1), ("100", 100)] {
            assert_eq!(Params::parse(&format!("limit={text}")).limit(), limit);
        }
        for text in ["0", "101", "-1", "%2B5", "", "x", "1.5", "99999999999999999999"] {
            let mut params = Params::parse(&format!("limit={text}"));
            params.limit();
            let Err(Error::Unprocessable(fields)) = params.finish() else { panic!("{text} was accepted") };
            assert!(fields.contains_key("limit"));
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let mut params = Params::parse("limit=0&completed=maybe");
        params.limit();
        let completed: Option<bool> = params.optional("completed", |_| Err("no".to_owned()));
        assert_eq!(completed, None);
        let Err(Error::Unprocessable(fields)) = params.finish() else { panic!("accepted") };
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["completed", "limit"]);
    }
}
