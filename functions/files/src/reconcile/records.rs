//! The walk over the table: available files without an object, and folders without a todo.

use futures_util::{TryStreamExt as _, stream};
use shared::Error;

use super::order::Position;
use super::report::{Finding, Seen};
use super::{Parts, Run, WIDTH};
use crate::file::Status;
use crate::folder::Folder;
use crate::store::{Entry, Place, Record};

impl Run<'_> {
    /// `judged` says that the folder of `after` was looked at with the page before: folders may reach over pages.
    pub(super) async fn page_of_records(
        &self,
        after: Option<&Place>,
        judged: bool,
        seen: &Seen,
    ) -> Result<Option<Position>, Error> {
        let page = self.parts.store.scan(after).await?;
        seen.records(page.records.len());
        seen.foreign(page.foreign);
        let old: Vec<&Record> = page.records.iter().filter(|record| self.is_old(record)).collect();
        let some = stream::iter(old.chunk_by(|one, other| one.folder == other.folder).map(Ok));
        some.try_for_each_concurrent(WIDTH, |records| self.look_for_objects(records, seen)).await?;
        let judged_before = after.filter(|_| judged).map(|place| place.owner_todo.as_str());
        let folders = folders(&old, judged_before);
        stream::iter(folders.iter().map(Ok))
            .try_for_each_concurrent(WIDTH, |folder| self.look_for_todo(folder, seen))
            .await?;
        seen.todos(folders.len());
        Ok(page.next.map(|place| {
            let is_last = |folder: &Folder| folder.partition() == place.owner_todo;
            let judged = folders.iter().any(is_last) || judged_before == Some(place.owner_todo.as_str());
            Position::Records { after: Some(place), judged }
        }))
    }

    /// Whether the file is available since before the cutoff. What is only announced is left to its TTL.
    fn is_old(&self, record: &Record) -> bool {
        record.status == Status::Available && record.since <= self.cutoff
    }

    /// Looks for the objects of records of one folder.
    async fn look_for_objects(&self, records: &[&Record], seen: &Seen) -> Result<(), Error> {
        let Some(first) = records.first() else { return Ok(()) };
        let keys: Vec<String> = records.iter().map(|record| record.object_key()).collect();
        let missing = self.parts.objects.missing(&first.folder.prefix(), &keys).await?;
        for record in records.iter().filter(|record| missing.contains(&record.object_key())) {
            self.forget(record, seen).await?;
        }
        Ok(())
    }

    /// The record is read once more before the bucket is asked for good: it may have gone since it was scanned, with its
    /// object before it. And it is deleted only in the state it was seen in.
    async fn forget(&self, record: &Record, seen: &Seen) -> Result<(), Error> {
        let Parts { store, objects, .. } = self.parts;
        let key = record.object_key();
        let mut states = store.states(&[(record.folder.clone(), record.id)]).await?;
        let unchanged = states.remove(&key).is_some_and(|entry| entry == Entry::File(record.clone()));
        if !unchanged || objects.missing(&key, std::slice::from_ref(&key)).await?.is_empty() {
            return Ok(());
        }
        if self.dry || store.forget_seen(record).await? {
            seen.found(Finding::RecordWithoutObject, vec![key], !self.dry);
        }
        Ok(())
    }

    /// A todo that is gone stays gone, for ids are made once. The ordinary purge does the work, so that there is one way
    /// for files to end. A folder with a tombstone is its business already.
    async fn look_for_todo(&self, folder: &Folder, seen: &Seen) -> Result<(), Error> {
        if self.parts.todos.has(folder).await? {
            return Ok(());
        }
        let Some(Entry::File(newest)) = self.parts.store.last(folder).await? else { return Ok(()) };
        if newest.since > self.cutoff {
            return Ok(());
        }
        if !self.dry {
            self.parts.purges.purge(folder).await?;
        }
        seen.found(Finding::FilesWithoutTodo, vec![folder.prefix()], !self.dry);
        Ok(())
    }
}

/// The folders of these records, each once.
fn folders(records: &[&Record], but: Option<&str>) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for record in records {
        if folders.last() != Some(&record.folder) && Some(record.folder.partition().as_str()) != but {
            folders.push(record.folder.clone());
        }
    }
    folders
}
