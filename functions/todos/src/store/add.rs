//! Adds todos, at most once per idempotency key.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use shared::item::{Item, number, string, text};
use shared::retry::ATTEMPTS;
use shared::transaction::{self, Outcome};
use shared::{Error, User, clock};
use uuid::Uuid;

use super::{Store, record};
use crate::todo::{Draft, Todo};

/// How long a key is remembered, in seconds: 7 days.
const KEY_LIFETIME: i64 = 7 * 24 * 60 * 60;

impl Store {
    /// Adds a todo under a new id.
    pub(crate) async fn add(&self, user: &User, draft: Draft) -> Result<Todo, Error> {
        let todo = draft.into_todo(user, Uuid::now_v7())?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(record::write(&todo)));
        match request.condition_expression("attribute_not_exists(todoID)").send().await {
            Ok(_) => Ok(todo),
            // The id is fresh, so what is there is this very todo: an attempt whose answer got lost, sent again by the SDK.
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(todo)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a todo and its key's marker together, or answers the todo that the marker stands for.
    pub(crate) async fn add_once(&self, user: &User, draft: Draft, key: Uuid) -> Result<Todo, Error> {
        let marker_id = format!("idem#{}", key.hyphenated());
        // A second round is needed only where the marker's lifetime ends between the write and the read.
        for _ in 0..ATTEMPTS {
            let todo = draft.clone().into_todo(user, Uuid::now_v7())?;
            let writes = [
                self.put(marker(user, &marker_id, &draft, &todo), Some(Timestamp::now()))?,
                self.put(record::write(&todo), None)?,
            ];
            if transaction::write(&self.client, &writes).await? == Outcome::Done {
                return Ok(todo);
            }
            if let Some(marker) = self.marker(user, &marker_id).await? {
                return replay(user, draft, &marker);
            }
        }
        Err(Error::TooManyRequests)
    }

    /// A put that overwrites nothing, or only a marker that has expired and waits for its removal.
    fn put(&self, item: Item, expired_by: Option<Timestamp>) -> Result<TransactWriteItem, Error> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match expired_by {
            None => put.condition_expression("attribute_not_exists(todoID)"),
            Some(now) => put
                .condition_expression("attribute_not_exists(todoID) OR expiresAt <= :now")
                .expression_attribute_values(":now", number(now.as_second())),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build())
    }

    async fn marker(&self, user: &User, marker_id: &str) -> Result<Option<Item>, Error> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key("userID", string(user.as_str())).key("todoID", string(marker_id));
        Ok(request.send().await?.item)
    }
}

fn marker(user: &User, marker_id: &str, draft: &Draft, todo: &Todo) -> Item {
    Item::from([
        ("userID".to_owned(), string(user.as_str())),
        ("todoID".to_owned(), string(marker_id)),
        ("addedTodoID".to_owned(), string(todo.id)),
        ("bodyHash".to_owned(), string(draft.digest())),
        ("expiresAt".to_owned(), number(clock::epoch_after(Timestamp::now(), KEY_LIFETIME))),
    ])
}

/// The answer that the key's first request got. The same draft and id make the same todo again.
fn replay(user: &User, draft: Draft, marker: &Item) -> Result<Todo, Error> {
    if text(marker, "bodyHash")? != draft.digest() {
        return Err(Error::Conflict("this idempotency key was used with another body"));
    }
    let todo_id = Uuid::try_parse(&text(marker, "addedTodoID")?).map_err(Error::internal)?;
    draft.into_todo(user, todo_id)
}

#[cfg(test)]
mod tests;
