//! The walk over the bucket: objects without a live record.

use shared::Error;

use super::Run;
use super::order::Position;
use super::report::{Finding, Seen};
use crate::file::Status;
use crate::folder::Folder;
use crate::store::Entry;

impl Run<'_> {
    /// Nothing can record an object of old: records come before their uploads, and every file has an id of its own.
    pub(super) async fn page_of_objects(&self, after: Option<&str>, seen: &Seen) -> Result<Position, Error> {
        let (listed, more) = self.parts.objects.page(after).await?;
        seen.objects(listed.len());
        let mut files = Vec::new();
        for object in &listed {
            // No upload of ours can have such a key: whoever put it there has the bucket's rights, and may have a reason.
            let Some(file) = Folder::of_object_key(&object.key) else {
                seen.foreign(1);
                continue;
            };
            if object.modified.is_some_and(|modified| modified <= self.cutoff) {
                files.push(file);
            }
        }
        let states = self.parts.store.states(&files).await?;
        let mut orphans = Vec::new();
        for (folder, id) in files {
            let key = folder.object_key(id);
            if self.is_orphan(states.get(&key)).await? {
                orphans.push(key);
            }
        }
        if !self.dry {
            self.parts.objects.delete_all(orphans.clone()).await?;
        }
        seen.found(Finding::ObjectWithoutRecord, orphans, !self.dry);
        let next = more.then(|| listed.last().map(|last| last.key.clone())).flatten();
        Ok(match next {
            Some(after) => Position::Objects { after: Some(after) },
            None => Position::Records { after: None, judged: false },
        })
    }

    /// An announcement that is over waits for its TTL, and can be confirmed by nobody whose clock is right. It is given up
    /// first, on the condition that it is still the same, so that no clock has to be trusted with an object.
    async fn is_orphan(&self, state: Option<&Entry>) -> Result<bool, Error> {
        let Some(Entry::File(record)) = state else { return Ok(state.is_none()) };
        match record.status {
            Status::Pending { expires_at } if expires_at < self.now.as_second() => {
                Ok(self.dry || self.parts.store.give_up(record, expires_at).await?)
            }
            Status::Pending { .. } | Status::Available => Ok(false),
        }
    }
}
