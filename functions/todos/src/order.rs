//! The place of a todo in its user's list, as a sort key of the index `byListOrder`.

use uuid::Uuid;

use crate::due::DueDate;

/// Sorts after every date.
const UNDATED: &str = "~";

/// Open before completed, then by due date with undated ones last, then newest first. The text is
/// `{0|1}#{date or ~}#{id}` where the id's bits are inverted: a later `UUIDv7` sorts earlier, no two places are equal,
/// and the place alone says whose it is, which is why a cursor needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) completed: bool,
    pub(crate) date_due: DueDate,
    pub(crate) todo_id: Uuid,
}

impl Place {
    pub(crate) fn key(&self) -> String {
        let due = if self.date_due.as_str().is_empty() { UNDATED } else { self.date_due.as_str() };
        format!("{}{due}#{:032x}", Self::prefix(self.completed), !self.todo_id.as_u128())
    }

    /// What the keys of all open, or of all completed todos begin with.
    pub(crate) fn prefix(completed: bool) -> &'static str {
        if completed { "1#" } else { "0#" }
    }

    /// Reads a key back; only a key that [`Self::key`] could have made.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let mut parts = key.split('#');
        let (completed, due, id) = (parts.next()? == "1", parts.next()?, parts.next()?);
        let place = Self {
            completed,
            date_due: DueDate::parse(if due == UNDATED { "" } else { due })?,
            todo_id: Uuid::from_u128(!u128::from_str_radix(id, 16).ok()?),
        };
        (place.key() == key).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(completed: bool, due: &str, id: u128) -> Place {
        let date_due = DueDate::parse(due).expect("a date");
        Place { completed, date_due, todo_id: Uuid::from_u128(id) }
    }

    #[test]
    fn the_list_is_open_first_then_by_date_then_newest_first() {
        let expected = [
            place(false, "2026-01-01", 2),
            place(false, "2026-01-01", 1),
            place(false, "2026-01-02", 9),
            place(false, "9999-12-31", 9),
            place(false, "", 3),
            place(false, "", 2),
            place(true, "2020-01-01", 1),
            place(true, "", 8),
        ];
        let mut keys: Vec<String> = expected.iter().rev().map(Place::key).collect();
        keys.sort();
        assert_eq!(keys, expected.iter().map(Place::key).collect::<Vec<_>>());
    }

    #[test]
    fn foreign_keys_are_refused() {
        let id = "f".repeat(32);
        for key in ["", "0", "0#~", "2#~#x", &format!("0##{id}"), &format!("0#~#{}", id.to_uppercase())] {
            assert_eq!(Place::parse(key), None, "{key}");
        }
        for key in
            [format!("0#2026-02-30#{id}"), format!("0#~#{id}#"), format!("x#~#{id}"), format!("0#~#+{}", &id[1..])]
        {
            assert_eq!(Place::parse(&key), None, "{key}");
        }
    }

    proptest! {
        #[test]
        fn a_key_gives_back_its_place(completed: bool, id: u128, day in proptest::option::of((1u16..=9999, 1u8..=12, 1u8..=28))) {
            let due = day.map_or(String::new(), |(y, m, d)| format!("{y:04}-{m:02}-{d:02}"));
            let place = place(completed, &due, id);
            prop_assert_eq!(Place::parse(&place.key()), Some(place));
        }

        #[test]
        fn any_text_is_a_place_or_refused(key in ".*") {
            let _ = Place::parse(&key);
        }
    }
}
