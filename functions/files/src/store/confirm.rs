//! Confirms uploads: a pending record becomes available, in one transaction with a look for the tombstone.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;
use shared::item::{number, string};
use shared::transaction::{self, Outcome};
use shared::{Error, clock};
use uuid::Uuid;

use super::record::{AVAILABLE, PENDING};
use super::{Store, key};
use crate::file::Status;
use crate::folder::Folder;

/// What an uploaded object turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// Its record is available now.
    Confirmed,
    /// Its record was available already.
    Repeated,
    /// It has no record, or one that is over, or of another length, or its todo is deleted: it must go.
    Unannounced,
}

impl Store {
    pub(crate) async fn confirm(
        &self,
        folder: &Folder,
        id: Uuid,
        size: i64,
        now: Timestamp,
    ) -> Result<Confirmation, Error> {
        let writes = [self.todo_is_not_deleted(folder)?, self.make_available(folder, id, size, now)?];
        let refused = match transaction::write(&self.client, &writes).await? {
            Outcome::Done => return Ok(Confirmation::Confirmed),
            Outcome::Refused(places) => places,
        };
        if refused.contains(&0) {
            return Ok(Confirmation::Unannounced);
        }
        match self.get(folder, id).await? {
            Some(file) if file.status == Status::Available && file.size == size => Ok(Confirmation::Repeated),
            _ => Ok(Confirmation::Unannounced),
        }
    }

    fn make_available(&self, folder: &Folder, id: Uuid, size: i64, now: Timestamp) -> Result<TransactWriteItem, Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(folder, &id.to_string())))
            .update_expression("SET #status = :available, dateUploaded = :uploaded REMOVE expiresAt")
            .condition_expression("#status = :pending AND #size = :size AND expiresAt > :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#size", "size")
            .expression_attribute_values(":available", string(AVAILABLE))
            .expression_attribute_values(":pending", string(PENDING))
            .expression_attribute_values(":uploaded", string(clock::rfc3339(now)))
            .expression_attribute_values(":size", number(size))
            .expression_attribute_values(":now", number(now.as_second()))
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
