//! Ends a folder: a tombstone, then the records one by one.

use jiff::Timestamp;
use shared::item::{number, text};
use shared::{Error, clock, id};
use uuid::Uuid;

use super::{Store, TOMBSTONE, key};
use crate::folder::Folder;

/// How long a tombstone stands, in seconds: 30 days, far beyond every upload that could still arrive.
const TOMBSTONE_LIFETIME: i64 = 30 * 24 * 60 * 60;

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

    /// Deletes a record; it need not exist.
    pub(crate) async fn forget(&self, folder: &Folder, id: Uuid) -> Result<(), Error> {
        let request = self.client.delete_item().table_name(&self.table);
        request.set_key(Some(key(folder, &id.to_string()))).send().await?;
        Ok(())
    }
}
