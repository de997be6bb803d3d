//! What is read from a line of text.

use jiff::civil::Date;
use shared::fuzzing::answer_of;
use shared::item::string;
use shared::params::Params;
use shared::{User, cursor};

use super::route::{STORE, USER};
use crate::due::DueDate;
use crate::list::Listing;
use crate::order::Place;
use crate::search::Keyword;
use crate::todo::MAX_TITLE;

/// Two due dates: each has one spelling, and their texts sort as their days do.
pub(super) fn due_date(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    let (Some(first), Some(second)) = (DueDate::parse(one), DueDate::parse(other)) else { return };
    assert_eq!((first.as_str(), second.as_str()), (one, other));
    if let (Ok(day), Ok(other_day)) = (one.parse::<Date>(), other.parse::<Date>()) {
        assert_eq!((day.to_string().as_str(), other_day.to_string().as_str()), (one, other));
        assert_eq!(one.cmp(other), day.cmp(&other_day));
    }
}

/// A keyword and a title: what the title is made of is found in it, whatever the case of either; nothing is a pattern.
pub(super) fn keyword(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (keyword, title) = text.split_once('\n').unwrap_or((&text, ""));
    let found = |keyword: &str, title: &str| Keyword::new(keyword).is_in(title);
    for title in [format!("{title}{keyword}"), format!("{keyword}{title}"), format!("{title}{keyword}{title}")] {
        assert!(found(keyword, &title), "{keyword:?} in {title:?}");
    }
    let is_in = found(keyword, title);
    for (keyword, title) in [
        (keyword.to_uppercase(), title.to_owned()),
        (keyword.to_lowercase(), title.to_owned()),
        (keyword.to_owned(), title.to_uppercase()),
        (keyword.to_owned(), title.to_lowercase()),
    ] {
        assert_eq!(found(&keyword, &title), is_in, "{keyword:?} in {title:?}");
    }
    if text.is_ascii() {
        assert_eq!(title.to_ascii_lowercase().contains(&keyword.to_ascii_lowercase()), is_in);
    }
}

/// A query string: what is asked for is within bounds, and a page starts where its cursor says.
pub(super) fn listing(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let listing = match Listing::parse(Params::parse(&text)) {
        Ok(listing) => listing,
        Err(error) => {
            assert_eq!(error.status(), 422);
            return answer_of(&error);
        }
    };
    assert!((1..=100).contains(&listing.limit));
    let search = Params::parse(&text).optional("search", |text| Ok(text.to_owned())).unwrap_or_default();
    assert_eq!(listing.keyword.is_some(), (1..=MAX_TITLE).contains(&search.chars().count()));
    let written = Params::parse(&text).optional("cursor", |text| Ok(text.to_owned()));
    assert_eq!(listing.after.as_ref().map(|place| cursor::encode(&place.key())), written);
    starts_in_its_partition(&listing);
}

/// A position of a list: it has one spelling, lies among its own kind, and no other user can be reached by it.
pub(super) fn place(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(place) = Place::parse(&text) else {
        assert!(Listing::parse(Params::parse(&format!("cursor={}", cursor::encode(&text)))).is_err());
        return;
    };
    assert_eq!(place.key(), text);
    assert!(text.starts_with(Place::prefix(place.completed)));
    for (completed, accepted) in
        [("", true), ("completed=true", place.completed), ("completed=false", !place.completed)]
    {
        let listing = Listing::parse(Params::parse(&format!("{completed}&cursor={}", cursor::encode(&text))));
        assert_eq!(listing.is_ok(), accepted, "{completed}");
        if let Ok(listing) = listing {
            starts_in_its_partition(&listing);
        }
    }
}

/// The query for a listing: its condition names the user, its start the user's partition and the place, no more.
fn starts_in_its_partition(listing: &Listing) {
    let Ok(user) = User::from_subject(USER) else { return };
    let query = STORE.query(&user, listing);
    let query = query.as_input();
    let values = query.get_expression_attribute_values().as_ref();
    assert_eq!(values.and_then(|values| values.get(":user")), Some(&string(USER)));
    assert!(query.get_key_condition_expression().as_ref().is_some_and(|text| text.starts_with("userID = :user")));
    let start = query.get_exclusive_start_key().as_ref();
    assert_eq!(start.is_some(), listing.after.is_some());
    if let (Some(start), Some(place)) = (start, &listing.after) {
        assert_eq!(start.len(), 3);
        assert_eq!(start.get("userID"), Some(&string(USER)));
        assert_eq!(start.get("todoID"), Some(&string(place.todo_id)));
        assert_eq!(start.get("listOrder"), Some(&string(place.key())));
    }
}
