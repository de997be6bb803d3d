//! What a list request asks for.

use shared::params::Params;
use shared::{Error, cursor};

use crate::order::Place;
use crate::search::Keyword;
use crate::todo::MAX_TITLE;

/// A page of a user's list, perhaps only of some todos.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) keyword: Option<Keyword>,
    pub(crate) completed: Option<bool>,
    pub(crate) limit: usize,
    /// The place after which the page starts.
    pub(crate) after: Option<Place>,
}

impl Listing {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let keyword = params.optional("search", keyword).flatten();
        let completed = params.optional("completed", |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        });
        let limit = params.limit();
        let after = params.optional("cursor", |text| {
            // A start outside of what the query selects would be an error of the query.
            let selected = |place: &Place| completed.is_none_or(|completed| place.completed == completed);
            cursor::decode(text, |position| Place::parse(position).filter(selected))
        });
        params.finish()?;
        Ok(Self { keyword, completed, limit, after })
    }
}

/// No keyword is no search. One that no title can contain is refused, or it would be folded for every title.
fn keyword(text: &str) -> Result<Option<Keyword>, String> {
    if text.chars().count() > MAX_TITLE {
        return Err(format!("must have at most {MAX_TITLE} characters"));
    }
    Ok((!text.is_empty()).then(|| Keyword::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(raw: &str) -> Result<Listing, Error> {
        Listing::parse(Params::parse(raw))
    }

    fn refused(raw: &str) -> Vec<String> {
        let Err(Error::Unprocessable(fields)) = listing(raw) else { panic!("accepted: {raw}") };
        fields.into_keys().collect()
    }

    fn place(completed: bool) -> String {
        let place = Place { completed, date_due: crate::due::DueDate::default(), todo_id: uuid::Uuid::nil() };
        cursor::encode(&place.key())
    }

    #[test]
    fn everything_has_a_default() {
        let listing = listing("search=").expect("fine");
        assert!(listing.keyword.is_none() && listing.completed.is_none() && listing.after.is_none());
        assert_eq!(listing.limit, 50);
    }

    #[test]
    fn bad_parameters_are_named() {
        let long = "x".repeat(201);
        assert_eq!(
            refused(&format!("search={long}&completed=1&limit=0&cursor=x")),
            ["completed", "cursor", "limit", "search"]
        );
    }

    #[test]
    fn a_cursor_must_lie_in_what_is_selected() {
        assert!(listing(&format!("completed=true&cursor={}", place(true))).is_ok());
        assert!(listing(&format!("cursor={}", place(true))).is_ok());
        assert_eq!(refused(&format!("completed=false&cursor={}", place(true))), ["cursor"]);
    }
}
