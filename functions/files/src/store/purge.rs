//! Ends a folder: a tombstone, then the records in batches.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use jiff::Timestamp;
use shared::item::{number, text};
use shared::retry::{ATTEMPTS, backoff};
use shared::{Error, clock, id};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Store, TOMBSTONE, key};
use crate::folder::Folder;

/// How long a tombstone stands, in seconds: 30 days, far beyond every upload that could still arrive.
const TOMBSTONE_LIFETIME: i64 = 30 * 24 * 60 * 60;
/// How many items one call may write (AWS: "`BatchWriteItem`").
const BATCH: usize = 25;

impl Store {
    /// Says that the folder's todo is deleted. From here on nothing is announced or confirmed in it.
    pub(crate) async fn bury(&self, folder: &Folder, now: Timestamp) -> Result<(), Error> {
        let mut item = key(folder, TOMBSTONE);
        item.insert("expiresAt".to_owned(), number(clock::epoch_after(now, TOMBSTONE_LIFETIME)));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// A page of the folder's records, expired ones too, at most as many as one call deletes objects; and where the next page starts.
    pub(crate) async fn ids(&self, folder: &Folder, after: Option<Uuid>) -> Result<(Vec<Uuid>, Option<Uuid>), Error> {
        let request = self.query(folder).limit(1_000).projection_expression("fileID");
        let request = request.set_exclusive_start_key(after.map(|id| key(folder, &id.to_string())));
        let output = request.send().await?;
        let id = |item| id::canonical(&text(item, "fileID")?).ok_or_else(|| Error::internal("a record's id is no id"));
        let ids = output.items().iter().map(id).collect::<Result<Vec<_>, _>>()?;
        Ok((ids, output.last_evaluated_key().map(id).transpose()?))
    }

    /// Deletes records; they need not exist.
    pub(crate) async fn forget(&self, folder: &Folder, ids: &[Uuid]) -> Result<(), Error> {
        for batch in ids.chunks(BATCH) {
            let writes = batch.iter().map(|id| deletion(folder, *id)).collect::<Result<Vec<_>, _>>()?;
            self.write_batch(HashMap::from([(self.table.clone(), writes)])).await?;
        }
        Ok(())
    }

    /// Writes a batch. What `DynamoDB` leaves undone, as it is busy, is asked for again.
    async fn write_batch(&self, mut writes: HashMap<String, Vec<WriteRequest>>) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            let output = self.client.batch_write_item().set_request_items(Some(writes)).send().await?;
            writes = output.unprocessed_items.unwrap_or_default();
            if writes.is_empty() {
                return Ok(());
            }
            sleep(backoff(attempt)).await;
        }
        Err(Error::TooManyRequests)
    }
}

fn deletion(folder: &Folder, id: Uuid) -> Result<WriteRequest, Error> {
    let delete = DeleteRequest::builder().set_key(Some(key(folder, &id.to_string())));
    Ok(WriteRequest::builder().delete_request(delete.build().map_err(Error::internal)?).build())
}
