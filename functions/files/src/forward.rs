//! `forwardTodoDeletions`: from the todos table's stream to the purge queue, and nothing else.

use serde_json::{Value, json};
use shared::Error;
use shared::serve::Done;

use crate::event::{TableChange, records};
use crate::folder::Folder;
use crate::queue::Queue;

/// Handles a batch of the stream. A failure makes the whole batch come again: a purge may be told twice, never not at all.
pub(crate) async fn handle(queue: &Queue, event: Value) -> Result<Done, Error> {
    let changes: Vec<TableChange> = records(event)?;
    let mut forwarded = 0;
    for folder in changes.iter().filter_map(folder) {
        queue.purge(&folder).await?;
        forwarded += 1;
    }
    let detail = json!({"records": changes.len(), "forwarded": forwarded});
    Ok(Done { answer: Value::Null, detail, failed: false })
}

/// The folder of a deleted todo. Other items of the table have sort keys that are no ids, such as `idem#…`.
pub(crate) fn folder(change: &TableChange) -> Option<Folder> {
    let (user, todo) = change.removed()?;
    Folder::parse(user, todo)
}

#[cfg(test)]
mod tests;
