//! The files table. A todo's files are one partition per owner; but for `reconcile`, no call here reaches beyond its
//! folder's partition.

mod batch;
mod confirm;
mod purge;
pub(crate) mod reconcile;
pub(crate) mod record;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};
use jiff::Timestamp;
use shared::item::{Item, optional_text, string};
use shared::page::{self, Page};
use shared::retry::{ATTEMPTS, backoff};
use shared::transaction::{self, Outcome};
use shared::{Error, clock};
use tokio::time::sleep;
use uuid::Uuid;

pub(crate) use self::confirm::Confirmation;
pub(crate) use self::reconcile::{Entry, Place, Record};
use crate::file::{File, Status};
use crate::folder::Folder;
use crate::upload::Upload;

/// How long an upload may take from its announcement, in seconds: 24 hours.
const PENDING_LIFETIME: i64 = 24 * 60 * 60;
/// The sort key of the item that says that the todo is deleted. It sorts after every file's id.
const TOMBSTONE: &str = "tombstone";

/// Access to the table.
#[derive(Debug)]
pub(crate) struct Store {
    client: Client,
    table: String,
}

impl Store {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// A page of the files that exist at this time, oldest first.
    pub(crate) async fn list(
        &self,
        folder: &Folder,
        after: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<File>, Error> {
        let request = self.query(folder).set_exclusive_start_key(after.map(|id| key(folder, &id.to_string())));
        // One more than asked for, to know whether there is a next page.
        let output = request.limit(i32::try_from(limit + 1).unwrap_or(i32::MAX)).send().await?;
        let examined_to = output.last_evaluated_key().and_then(|key| optional_text(key, "fileID"));
        let files = output.items().iter().map(record::read).collect::<Result<Vec<_>, _>>()?;
        Ok(page::cut(files, limit, examined_to, |file| file.is_live(now), |file| file.id.to_string()))
    }

    /// Records an upload that is about to happen; 404 if its todo is known to be deleted.
    pub(crate) async fn announce(
        &self,
        folder: &Folder,
        id: Uuid,
        upload: Upload,
        now: Timestamp,
    ) -> Result<File, Error> {
        let file = File {
            id,
            name: upload.file_name,
            content_type: upload.content_type,
            size: upload.size,
            sha256: upload.sha256,
            status: Status::Pending { expires_at: clock::epoch_after(now, PENDING_LIFETIME) },
            date_uploaded: clock::rfc3339(now),
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(record::write(folder, &file)))
            .condition_expression("attribute_not_exists(fileID)")
            .build()
            .map_err(Error::internal)?;
        let writes = [self.todo_is_not_deleted(folder)?, TransactWriteItem::builder().put(put).build()];
        match transaction::write(&self.client, &writes).await? {
            Outcome::Done => Ok(file),
            Outcome::Refused(places) if places.contains(&0) => Err(Error::NotFound),
            Outcome::Refused(_) => Err(Error::internal("a fresh file id is taken")),
        }
    }

    /// Deletes a file: its object by `delete_object`, then its record. The record goes only in the state it was read
    /// in: had the upload been confirmed meanwhile, or were it just now, the object may have arrived after its deletion. What
    /// is gone in a later round has been deleted: by this call, whose first answer got lost on the way, or beside it.
    pub(crate) async fn delete<F>(&self, folder: &Folder, id: Uuid, delete_object: impl Fn() -> F) -> Result<(), Error>
    where
        F: Future<Output = Result<(), Error>>,
    {
        for attempt in 0..ATTEMPTS {
            let file = self.get(folder, id).await?.filter(|file| file.is_live(Timestamp::now()));
            let Some(file) = file else {
                return if attempt == 0 { Err(Error::NotFound) } else { Ok(()) };
            };
            delete_object().await?;
            let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(folder, &id.to_string())));
            let request =
                request.condition_expression("#status = :seen").expression_attribute_names("#status", "status");
            match request.expression_attribute_values(":seen", string(record::status(file.status))).send().await {
                Ok(_) => return Ok(()),
                Err(error) if error.as_service_error().is_some_and(is_race) => sleep(backoff(attempt)).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::TooManyRequests)
    }

    async fn get(&self, folder: &Folder, id: Uuid) -> Result<Option<File>, Error> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let output = request.set_key(Some(key(folder, &id.to_string()))).send().await?;
        output.item.as_ref().map(record::read).transpose()
    }

    /// The folder's files without its tombstone.
    fn query(&self, folder: &Folder) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        let request = request.key_condition_expression("ownerTodo = :folder AND fileID < :tombstone");
        let request = request.expression_attribute_values(":folder", string(folder.partition()));
        request.expression_attribute_values(":tombstone", string(TOMBSTONE))
    }

    fn todo_is_not_deleted(&self, folder: &Folder) -> Result<TransactWriteItem, Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(folder, TOMBSTONE)))
            .condition_expression("attribute_not_exists(fileID)")
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// Whether the upload's confirmation came in between, or holds the record at this moment.
fn is_race(error: &DeleteItemError) -> bool {
    error.is_conditional_check_failed_exception() || error.is_transaction_conflict_exception()
}

fn key(folder: &Folder, sort: &str) -> Item {
    Item::from([("ownerTodo".to_owned(), string(folder.partition())), ("fileID".to_owned(), string(sort))])
}

#[cfg(test)]
mod tests;
