//! `forwardTodoDeletions`: from the todos table's stream to the purge queue, and nothing else.

use std::borrow::Cow;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde_json::{Value, json};
use shared::Error;
use shared::serve::Done;

use crate::event::{DeletedTodo, TableChange, records};
use crate::folder::Folder;

/// Messages in one call (Amazon SQS API Reference, `SendMessageBatch`).
const BATCH: usize = 10;

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

    /// Sends up to ten messages. One that the queue refused is an error, although the call succeeded.
    async fn send(&self, bodies: &[String]) -> Result<(), Error> {
        let entry = |(i, body): (usize, &String)| {
            SendMessageBatchRequestEntry::builder().id(i.to_string()).message_body(body).build()
        };
        let entries = bodies.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>().map_err(Error::internal)?;
        let request = self.client.send_message_batch().queue_url(&self.url);
        let output = request.set_entries(Some(entries)).send().await?;
        match output.failed() {
            [] => Ok(()),
            [first, ..] => Err(Error::internal(format!("the queue refused a message with `{}`", first.code()))),
        }
    }
}

/// Handles a batch of the stream. A failure makes the whole batch come again: a purge may be told twice, never not at all.
pub(crate) async fn handle(queue: &Queue, event: Value) -> Result<Done, Error> {
    let changes: Vec<TableChange> = records(event)?;
    let bodies = changes.iter().filter_map(message).collect::<Result<Vec<_>, _>>()?;
    for batch in bodies.chunks(BATCH) {
        queue.send(batch).await?;
    }
    let detail = json!({"records": changes.len(), "forwarded": bodies.len()});
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
