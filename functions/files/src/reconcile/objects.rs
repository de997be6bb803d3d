//! The walk over the bucket: objects without a live record, and those whose record does not know of them.

use futures_util::{TryStreamExt as _, stream};
use shared::Error;
use uuid::Uuid;

use super::order::Position;
use super::report::{Finding, Seen};
use super::{Parts, Run, WIDTH};
use crate::confirm::settle;
use crate::file::Status;
use crate::folder::Folder;
use crate::store::{Confirmation, Entry};

/// An object that may be a finding.
struct Suspect {
    folder: Folder,
    id: Uuid,
    size: i64,
    /// Whether it is older than the operator's grace.
    old: bool,
}

impl Run<'_> {
    /// Nothing can record an object of old: records come before their uploads, and every file has an id of its own.
    pub(super) async fn page_of_objects(&self, after: Option<&str>, seen: &Seen) -> Result<Position, Error> {
        let (listed, more) = self.parts.objects.page(after).await?;
        seen.objects(listed.len());
        let mut suspects = Vec::new();
        for object in &listed {
            // No upload of ours can have such a key: whoever put it there has the bucket's rights, and may have a reason.
            let Some((folder, id)) = Folder::of_object_key(&object.key) else {
                seen.foreign(1);
                continue;
            };
            let Some(modified) = object.modified.filter(|time| *time <= self.unconfirmed_cutoff) else { continue };
            suspects.push(Suspect { folder, id, size: object.size, old: modified <= self.cutoff });
        }
        let files: Vec<(Folder, Uuid)> = suspects.iter().map(|one| (one.folder.clone(), one.id)).collect();
        let states = self.parts.store.states(&files).await?;
        let (mut orphans, mut unconfirmed) = (Vec::new(), Vec::new());
        for suspect in suspects {
            let key = suspect.folder.object_key(suspect.id);
            let state = states.get(&key);
            if self.is_unconfirmed(state) {
                unconfirmed.push(suspect);
            } else if suspect.old && self.is_orphan(state).await? {
                orphans.push(key);
            }
        }
        if !self.dry {
            self.parts.objects.delete_all(orphans.clone()).await?;
        }
        seen.found(Finding::ObjectWithoutRecord, orphans, !self.dry);
        let unconfirmed = stream::iter(unconfirmed.iter().map(Ok));
        unconfirmed.try_for_each_concurrent(WIDTH, |suspect| self.confirm(suspect, seen)).await?;
        let next = more.then(|| listed.last().map(|last| last.key.clone())).flatten();
        Ok(match next {
            Some(after) => Position::Objects { after: Some(after) },
            None => Position::Records { after: None, judged: false },
        })
    }

    /// Whether the event that tells of the object was lost.
    fn is_unconfirmed(&self, state: Option<&Entry>) -> bool {
        let Some(Entry::File(record)) = state else { return false };
        matches!(record.status, Status::Pending { expires_at } if expires_at > self.now.as_second())
    }

    /// An announcement that is over waits for its TTL, and can be confirmed by nobody whose clock is right. It is given up
    /// first, on the condition that it is still the same, so that no clock has to be trusted with an object.
    async fn is_orphan(&self, state: Option<&Entry>) -> Result<bool, Error> {
        let Some(Entry::File(record)) = state else { return Ok(state.is_none()) };
        match record.status {
            Status::Pending { expires_at } => Ok(self.dry || self.parts.store.give_up(record, expires_at).await?),
            Status::Available => Ok(false),
        }
    }

    /// Does what the lost event would have done. The bucket is asked once more: a record must not claim bytes whose deletion
    /// has begun since they were listed.
    async fn confirm(&self, suspect: &Suspect, seen: &Seen) -> Result<(), Error> {
        let Suspect { folder, id, size, .. } = suspect;
        let Parts { store, objects, .. } = self.parts;
        let key = folder.object_key(*id);
        if !objects.missing(&key, std::slice::from_ref(&key)).await?.is_empty() {
            return Ok(());
        }
        let finding = if self.dry {
            Finding::UnconfirmedUpload
        } else {
            match settle(store, objects, folder, *id, *size).await? {
                Confirmation::Confirmed => Finding::UnconfirmedUpload,
                Confirmation::Unannounced => Finding::ObjectWithoutRecord,
                Confirmation::Repeated => return Ok(()),
            }
        };
        seen.found(finding, vec![key], !self.dry);
        Ok(())
    }
}
