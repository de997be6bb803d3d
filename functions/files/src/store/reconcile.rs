//! What only an operator's reconciliation asks of the table: all of it, and the end of single records.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::item::{Item, number, string, text};
use shared::{Error, clock, id};
use uuid::Uuid;

use super::record::{AVAILABLE, PENDING, read_status};
use super::{Store, TOMBSTONE, batch, is_race, key};
use crate::file::Status;
use crate::folder::Folder;

/// What is read of a record: neither names nor hashes.
const ATTRIBUTES: [&str; 5] = ["ownerTodo", "fileID", "status", "expiresAt", "dateUploaded"];
/// Items of one page of the whole table: few enough that all that follows from them is done in seconds, since a page that a
/// run cannot end is begun again by the next one.
const PAGE: i32 = 100;
/// Batches that are read at a time.
const BATCHES: usize = 4;

/// A file's record, as far as reconciliation goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) folder: Folder,
    pub(crate) id: Uuid,
    pub(crate) status: Status,
    /// When it got its status.
    pub(crate) since: Timestamp,
}

impl Record {
    pub(crate) fn object_key(&self) -> String {
        self.folder.object_key(self.id)
    }
}

/// A place in the whole table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) owner_todo: String,
    #[serde(rename = "fileID")]
    pub(crate) file_id: String,
}

/// A page of the whole table.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) records: Vec<Record>,
    /// How many items no version of this service can have written.
    pub(crate) foreign: usize,
    pub(crate) next: Option<Place>,
}

/// An item of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    File(Record),
    /// A tombstone, or something that no version of this service can have written.
    Other,
}

impl Store {
    /// A page of the whole table: the one scan of the app, for an operator only. Items of one folder follow each other.
    pub(crate) async fn scan(&self, after: Option<&Place>) -> Result<Scanned, Error> {
        let mut request = self.client.scan().table_name(&self.table).limit(PAGE).projection_expression(projection());
        for name in ATTRIBUTES {
            request = request.expression_attribute_names(format!("#{name}"), name);
        }
        let output = request.set_exclusive_start_key(after.map(Place::key)).send().await?;
        let (mut records, mut foreign) = (Vec::new(), 0);
        for item in output.items() {
            match read(item) {
                Entry::File(record) => records.push(record),
                Entry::Other if text(item, "fileID")? == TOMBSTONE => {}
                Entry::Other => foreign += 1,
            }
        }
        Ok(Scanned { records, foreign, next: output.last_evaluated_key().map(Place::read).transpose()? })
    }

    /// What the table says about these files now, by the keys of their objects. A file without a record is not in it.
    pub(crate) async fn states(&self, files: &[(Folder, Uuid)]) -> Result<HashMap<String, Entry>, Error> {
        let batches = stream::iter(files.chunks(batch::MOST)).map(|files| {
            let keys = files.iter().map(|(folder, id)| key(folder, &id.to_string())).collect();
            batch::get(&self.client, &self.table, keys, &ATTRIBUTES)
        });
        let items: Vec<Vec<Item>> = batches.buffer_unordered(BATCHES).try_collect().await?;
        items.iter().flatten().map(|item| Ok((object_key(item)?, read(item)))).collect()
    }

    /// The last item of a folder: its tombstone sorts after every file, newer files after older ones.
    pub(crate) async fn last(&self, folder: &Folder) -> Result<Option<Entry>, Error> {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        let request = request.key_condition_expression("ownerTodo = :folder");
        let request = request.expression_attribute_values(":folder", string(folder.partition()));
        let output = request.scan_index_forward(false).limit(1).send().await?;
        Ok(output.items().first().map(read))
    }

    /// Deletes the record of an upload that nobody has confirmed, unless that has happened after all: whether it did.
    pub(crate) async fn give_up(&self, record: &Record, expires_at: i64) -> Result<bool, Error> {
        let request = self.deletion(record, PENDING).condition_expression("#status = :seen AND expiresAt = :expires");
        self.delete_seen(request.expression_attribute_values(":expires", number(expires_at))).await
    }

    /// Deletes the record of an available file in the state it was seen in: whether it still was.
    pub(crate) async fn forget_seen(&self, record: &Record) -> Result<bool, Error> {
        let request =
            self.deletion(record, AVAILABLE).condition_expression("#status = :seen AND dateUploaded = :since");
        self.delete_seen(request.expression_attribute_values(":since", string(clock::rfc3339(record.since)))).await
    }

    fn deletion(&self, record: &Record, seen: &str) -> DeleteItemFluentBuilder {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.set_key(Some(key(&record.folder, &record.id.to_string())));
        let request = request.expression_attribute_names("#status", "status");
        request.expression_attribute_values(":seen", string(seen))
    }

    async fn delete_seen(&self, request: DeleteItemFluentBuilder) -> Result<bool, Error> {
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_race) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Place {
    fn key(&self) -> Item {
        let attributes = [("ownerTodo", &self.owner_todo), ("fileID", &self.file_id)];
        attributes.into_iter().map(|(name, value)| (name.to_owned(), string(value))).collect()
    }

    fn read(key: &Item) -> Result<Self, Error> {
        Ok(Self { owner_todo: text(key, "ownerTodo")?, file_id: text(key, "fileID")? })
    }
}

fn projection() -> String {
    ATTRIBUTES.map(|name| format!("#{name}")).join(", ")
}

/// An item as a file's record, if it is one.
pub(crate) fn read(item: &Item) -> Entry {
    let record = || {
        Some(Record {
            folder: Folder::of_partition(&text(item, "ownerTodo").ok()?)?,
            id: id::canonical(&text(item, "fileID").ok()?)?,
            status: read_status(item).ok()?,
            since: text(item, "dateUploaded").ok()?.parse().ok()?,
        })
    };
    record().map_or(Entry::Other, Entry::File)
}

/// The object's key of an item that was asked for by its file.
fn object_key(item: &Item) -> Result<String, Error> {
    let file =
        || Some((Folder::of_partition(&text(item, "ownerTodo").ok()?)?, id::canonical(&text(item, "fileID").ok()?)?));
    let (folder, id) = file().ok_or_else(|| Error::internal("a record was answered that nobody asked for"))?;
    Ok(folder.object_key(id))
}
