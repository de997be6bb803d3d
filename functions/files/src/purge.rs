//! `purgeTodoFiles`: a todo is deleted, so its files go, and no more may come.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::Error;
use shared::error::chain;
use shared::serve::{Done, before};
use tokio::time::Instant;

use crate::event::{Message, records};
use crate::folder::Folder;
use crate::objects::Objects;
use crate::store::Store;

/// Handles messages of the purge queue. Those that failed or did not end in time are named, so that only they come again.
pub(crate) async fn handle(store: &Store, objects: &Objects, event: Value, end: Instant) -> Result<Done, Error> {
    let messages: Vec<Message> = records(event)?;
    let mut failures = Vec::new();
    let mut causes = Vec::new();
    for message in &messages {
        if let Err(error) = before(end, purge(store, objects, message)).await {
            failures.push(json!({"itemIdentifier": message.message_id}));
            causes.push(json!({"messageId": message.message_id, "error": chain(&error)}));
        }
    }
    Ok(Done {
        failed: !failures.is_empty(),
        answer: json!({"batchItemFailures": failures}),
        detail: json!({"messages": messages.len(), "failures": causes}),
    })
}

/// Objects go before their records, so that whatever interrupts leaves a record to find the rest by. An upload that
/// is under way meets the tombstone when it is confirmed, which deletes it.
async fn purge(store: &Store, objects: &Objects, message: &Message) -> Result<(), Error> {
    let todo = message.todo()?;
    let folder = Folder::parse(&todo.user_id, &todo.todo_id)
        .ok_or_else(|| Error::internal("the message names no user's todo"))?;
    store.bury(&folder, Timestamp::now()).await?;
    let mut token = None;
    loop {
        let (keys, next) = objects.list(&folder.prefix(), token).await?;
        objects.delete_all(keys).await?;
        token = next;
        if token.is_none() {
            break;
        }
    }
    let mut after = None;
    loop {
        let (ids, next) = store.ids(&folder, after).await?;
        objects.delete_all(ids.iter().map(|id| folder.object_key(*id)).collect()).await?;
        store.forget(&folder, &ids).await?;
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
