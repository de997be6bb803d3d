//! What is read from JSON: bodies of requests, items of the table.

use serde_json::json;
use shared::User;
use shared::fuzzing::{self, answer_of, is_damage};
use uuid::Uuid;

use super::route::USER;
use crate::edit::Edit;
use crate::order::Place;
use crate::store::record;
use crate::todo::{Draft, MAX_TITLE, Todo};

/// The time of this `UUIDv7` is within the years that a date can tell.
const ID: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);

/// A new todo's body: the todo is within the limits, survives its record, and the same draft can be made of it again.
pub(super) fn body(data: &[u8]) {
    let draft = match Draft::parse(data) {
        Ok(draft) => draft,
        Err(error) => return answer_of(&error),
    };
    let Ok(user) = User::from_subject(USER) else { return };
    let todo = match draft.clone().into_todo(&user, ID) {
        Ok(todo) => todo,
        Err(error) => panic!("an acceptable draft became no todo: {error:?}"),
    };
    is_within_limits(&todo);
    survives(&todo);
    let again = json!({"title": todo.title, "description": todo.description, "dateDue": todo.date_due.as_str()});
    let again = Draft::parse(again.to_string().as_bytes()).ok();
    assert_eq!(again.as_ref().map(Draft::digest), Some(draft.digest()));
    assert_eq!(again, Some(draft));
}

/// The body of a change: what it sets is within the limits, survives the record, and changes nothing the second time.
pub(super) fn edit(data: &[u8]) {
    let todo = Todo {
        id: ID,
        user_id: USER.to_owned(),
        title: "t".to_owned(),
        description: String::new(),
        notes: String::new(),
        date_due: crate::due::DueDate::default(),
        date_created: "2023-06-30T03:34:18.518Z".to_owned(),
        completed: false,
    };
    for read in [Edit::of_fields, Edit::of_completion, Edit::of_notes] {
        match read(data) {
            Ok(edit) => {
                assert_ne!(edit, Edit::default());
                let edited = edit.applied_to(&todo);
                is_within_limits(&edited);
                survives(&edited);
                assert_eq!(edit.applied_to(&edited), edited);
                assert!(edit.moves() || edited.place() == todo.place());
            }
            Err(error) => answer_of(&error),
        }
    }
}

/// An item of any attributes: it is a damaged one, or a todo that is written as it is read.
pub(super) fn item(data: &[u8]) {
    let Some(item) = fuzzing::item(data) else { return };
    match record::read(&item) {
        Ok(todo) => survives(&todo),
        Err(error) => is_damage(&error),
    }
}

fn is_within_limits(todo: &Todo) {
    assert!((1..=MAX_TITLE).contains(&todo.title.chars().count()));
    assert_eq!(todo.title.trim(), todo.title);
    assert!(todo.description.chars().count() <= 4_000 && todo.notes.chars().count() <= 4_000);
}

fn survives(todo: &Todo) {
    assert_eq!(record::read(&record::write(todo)).ok().as_ref(), Some(todo));
    assert_eq!(Place::parse(&todo.place().key()), Some(todo.place()));
    assert_eq!(serde_json::to_value(todo).unwrap_or_default()["todoID"], todo.id.to_string());
}
