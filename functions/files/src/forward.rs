//! `forwardTodoDeletions`: from the todos table's stream to the purge queue, and nothing else.

use std::borrow::Cow;

use aws_sdk_sqs::Client;
use serde_json::{Value, json};
use shared::Error;
use shared::serve::Done;

use crate::event::{DeletedTodo, TableChange, records};
use crate::folder::Folder;

/// The purge queue, from its sending side.
#[derive(Debug)]
pub(crate) struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    pub(crate) fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    async fn send(&self, body: String) -> Result<(), Error> {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await?;
        Ok(())
    }
}

/// Handles a batch of the stream. A failure makes the whole batch come again: a purge may be told twice, never not at all.
pub(crate) async fn handle(queue: &Queue, event: Value) -> Result<Done, Error> {
    let changes: Vec<TableChange> = records(event)?;
    let mut forwarded = 0;
    for body in changes.iter().filter_map(message) {
        queue.send(body?).await?;
        forwarded += 1;
    }
    let detail = json!({"records": changes.len(), "forwarded": forwarded});
    Ok(Done { answer: Value::Null, detail, failed: false })
}

/// The message for a deleted todo. Other items of the table have sort keys that are no ids, such as `idem#…`.
fn message(change: &TableChange) -> Option<Result<String, Error>> {
    let (user, todo) = change.removed()?;
    Folder::parse(user, todo)?;
    let deleted = DeletedTodo { user_id: Cow::Borrowed(user), todo_id: Cow::Borrowed(todo) };
    Some(serde_json::to_string(&deleted).map_err(Error::internal))
}

#[cfg(test)]
mod tests;
