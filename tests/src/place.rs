//! A todo's place in its user's list, and todos written straight into the table, thousands at a time.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Deployment, User, aws};

/// What decides a todo's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The todo.
    pub id: Uuid,
    /// `YYYY-MM-DD`, or empty.
    pub due: String,
    /// Whether it is done.
    pub completed: bool,
}

impl Placed {
    /// Of a todo as the API tells it.
    #[must_use]
    pub fn of(todo: &Value) -> Self {
        let id = Uuid::parse_str(todo["todoID"].as_str().unwrap()).unwrap();
        let due = todo["dateDue"].as_str().unwrap().to_owned();
        Self { id, due, completed: todo["completed"].as_bool().unwrap() }
    }

    /// Sorts as the list does: open first, then by date with undated ones last, then newest first.
    #[must_use]
    pub fn key(&self) -> String {
        let due = if self.due.is_empty() { "~" } else { &self.due };
        format!("{}#{due}#{:032x}", u8::from(self.completed), !self.id.as_u128())
    }

    /// The table's item of this todo.
    #[must_use]
    pub fn item(&self, user: &str, title: &str, created: &str) -> Value {
        json!({
            "userID": {"S": user}, "todoID": {"S": self.id}, "listOrder": {"S": self.key()}, "title": {"S": title},
            "description": {"S": ""}, "notes": {"S": ""}, "dateDue": {"S": self.due}, "dateCreated": {"S": created},
            "completed": {"BOOL": self.completed},
        })
    }
}

/// Writes todos with their titles into a user's partition.
pub fn seed(user: &User, todos: &[(Placed, String)]) {
    let table = Deployment::get().output("todos", "TableName");
    // Four at once, in batches as large as one call takes.
    std::thread::scope(|scope| {
        for part in todos.chunks(todos.len().div_ceil(4)) {
            scope.spawn(move || {
                for batch in part.chunks(25) {
                    let items =
                        batch.iter().map(|(todo, title)| todo.item(&user.sub, title, "2026-01-01T00:00:00.000Z"));
                    let puts: Vec<Value> = items.map(|item| json!({"PutRequest": {"Item": item}})).collect();
                    let answer = aws::dynamodb("BatchWriteItem", &json!({"RequestItems": {table: puts}}));
                    assert!(answer["UnprocessedItems"].as_object().is_none_or(serde_json::Map::is_empty), "{answer}");
                }
            });
        }
    });
}

/// The table's item of a todo, as it is.
#[must_use]
pub fn stored(user: &User, id: &str) -> Value {
    let key = json!({"userID": {"S": user.sub}, "todoID": {"S": id}});
    let table = Deployment::get().output("todos", "TableName");
    aws::dynamodb("GetItem", &json!({"TableName": table, "Key": key, "ConsistentRead": true}))["Item"].clone()
}
