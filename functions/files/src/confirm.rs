//! `confirmUpload`: an object has arrived. Its record becomes available, or the object goes.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::Error;
use shared::serve::Done;
use uuid::Uuid;

use crate::event::{ObjectCreated, records};
use crate::folder::Folder;
use crate::objects::Objects;
use crate::store::{Confirmation, Store};

/// Handles a notification of S3. Repeating one does nothing more; a failure makes it come again.
pub(crate) async fn handle(store: &Store, objects: &Objects, event: Value) -> Result<Done, Error> {
    let mut counts = Counts::default();
    for created in records::<ObjectCreated>(event)? {
        confirm(store, objects, &created.key(), &mut counts).await?;
    }
    let detail = json!({"confirmed": counts.confirmed, "deleted": counts.deleted, "ignored": counts.ignored});
    Ok(Done { answer: Value::Null, detail, failed: false })
}

#[derive(Default)]
struct Counts {
    confirmed: u32,
    deleted: u32,
    ignored: u32,
}

async fn confirm(store: &Store, objects: &Objects, key: &str, counts: &mut Counts) -> Result<(), Error> {
    // No upload of ours can have such a key: whoever put it there has the bucket's rights, and may have a reason.
    let Some((folder, file_id)) = Folder::of_object_key(key) else {
        counts.ignored += 1;
        return Ok(());
    };
    // The event is old news: what counts is what is there now.
    let Some(size) = objects.size(key).await? else {
        counts.ignored += 1;
        return Ok(());
    };
    match settle(store, objects, &folder, file_id, size).await? {
        Confirmation::Confirmed => counts.confirmed += 1,
        Confirmation::Repeated => counts.ignored += 1,
        Confirmation::Unannounced => counts.deleted += 1,
    }
    Ok(())
}

/// Makes the record of an object of this length available, or deletes the object. Repeating it does nothing more.
pub(crate) async fn settle(
    store: &Store,
    objects: &Objects,
    folder: &Folder,
    file_id: Uuid,
    size: i64,
) -> Result<Confirmation, Error> {
    let confirmation = store.confirm(folder, file_id, size, Timestamp::now()).await?;
    if confirmation == Confirmation::Unannounced {
        objects.delete(folder.object_key(file_id)).await?;
    }
    Ok(confirmation)
}

#[cfg(test)]
mod tests;
