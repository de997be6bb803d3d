//! A todo as an item of the table.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::Error;
use shared::item::{Item, optional_text, string, text};
use uuid::Uuid;

use crate::due::DueDate;
use crate::todo::Todo;

/// Names of attributes that more than one place writes.
pub(super) const LIST_ORDER: &str = "listOrder";

pub(crate) fn write(todo: &Todo) -> Item {
    Item::from([
        ("userID".to_owned(), string(&todo.user_id)),
        ("todoID".to_owned(), string(todo.id)),
        (LIST_ORDER.to_owned(), string(todo.place().key())),
        ("title".to_owned(), string(&todo.title)),
        ("description".to_owned(), string(&todo.description)),
        ("notes".to_owned(), string(&todo.notes)),
        ("dateDue".to_owned(), string(todo.date_due.as_str())),
        ("dateCreated".to_owned(), string(&todo.date_created)),
        ("completed".to_owned(), AttributeValue::Bool(todo.completed)),
    ])
}

pub(crate) fn read(item: &Item) -> Result<Todo, Error> {
    let date_due = optional_text(item, "dateDue").unwrap_or_default();
    Ok(Todo {
        id: Uuid::try_parse(&text(item, "todoID")?).map_err(Error::internal)?,
        user_id: text(item, "userID")?,
        title: text(item, "title")?,
        description: optional_text(item, "description").unwrap_or_default(),
        notes: optional_text(item, "notes").unwrap_or_default(),
        date_due: DueDate::parse(&date_due).ok_or_else(|| Error::internal("an item's `dateDue` is no date"))?,
        date_created: text(item, "dateCreated")?,
        completed: item.get("completed").and_then(|value| value.as_bool().ok()).copied().unwrap_or_default(),
    })
}
