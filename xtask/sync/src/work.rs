//! What is wanted beside what is there: the files, each with what the manifest and the list say about its key.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot::Sender;

use crate::digest::{Digest, Tag};
use crate::files::{File, Files, HeaderTable};
use crate::manifest::{self, Known, OWN, Summary};
use crate::plan::Upload;
use crate::rules::{Class, Headers};

/// Whether there is a manifest to go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// None.
    #[default]
    Absent,
    /// One that says nothing that could be understood.
    Damaged,
    /// One that was read.
    Good,
}

/// An object that no file is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stray {
    pub(crate) known: Option<Known>,
    pub(crate) listed: Option<Tag>,
}

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Work {
    /// Hears of the files that the manifest knows, so that they are read while the list is still coming.
    pub(crate) early: Option<Sender<Vec<usize>>>,
    pub(crate) files: Arc<Files>,
    /// Of the files and of the manifest.
    pub(crate) headers: HeaderTable,
    /// What each file is; none where it has not been read.
    pub(crate) digests: Vec<Option<Digest>>,
    pub(crate) known: Vec<Option<Known>>,
    pub(crate) listed: Vec<Option<Tag>>,
    pub(crate) strays: BTreeMap<Box<str>, Stray>,
    pub(crate) state: State,
    pub(crate) summary: Summary,
    pub(crate) manifest_etag: Option<String>,
    /// The switch's `ETag` as S3 writes it.
    pub(crate) index_etag: Option<String>,
    /// How many objects there are, the engine's own left out.
    pub(crate) objects: usize,
    seen: Sha256,
}

impl Work {
    /// Before anything was read of the bucket.
    #[must_use]
    pub fn new(files: Files) -> Self {
        let count = files.len();
        Self {
            early: None,
            headers: files.headers.clone(),
            digests: files.all.iter().map(|file| file.made.as_ref().map(|made| made.digest)).collect(),
            known: vec![None; count],
            listed: vec![None; count],
            strays: BTreeMap::new(),
            state: State::Absent,
            summary: Summary::default(),
            manifest_etag: None,
            index_etag: None,
            objects: 0,
            seen: Sha256::new(),
            files: Arc::new(files),
        }
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Notes the manifest, or that there is none.
    pub fn manifest(&mut self, found: Option<(&[u8], String)>) -> anyhow::Result<()> {
        let Some((bytes, etag)) = found else { return Ok(()) };
        self.seen.update(etag.as_bytes());
        self.manifest_etag = Some(etag);
        let (files, known, strays) = (&self.files, &mut self.known, &mut self.strays);
        let parsed = manifest::parse(bytes, |key, one| match files.find(key) {
            Some(at) => known[at] = Some(one),
            None => strays.entry(key.into()).or_default().known = Some(one),
        });
        let Some((summary, headers)) = parsed else {
            self.known.fill(None);
            self.strays.clear();
            self.state = State::Damaged;
            return Ok(());
        };
        self.state = State::Good;
        self.summary = summary;
        let numbers: Vec<u16> =
            headers.into_iter().map(|headers| self.headers.number(headers)).collect::<Result<_, _>>()?;
        let strays = self.strays.values_mut().filter_map(|stray| stray.known.as_mut());
        for one in self.known.iter_mut().flatten().chain(strays) {
            one.headers = one.headers.map(|number| numbers[usize::from(number)]);
        }
        if let Some(early) = self.early.take() {
            // Nobody listens where the observation was given up.
            let _ = early.send(self.to_hash());
        }
        Ok(())
    }

    /// Notes an object of the list.
    pub fn object(&mut self, key: &str, etag: &str) {
        if key.starts_with(OWN) {
            return;
        }
        self.objects += 1;
        self.seen.update(key.as_bytes());
        self.seen.update(etag.as_bytes());
        let tag = Tag::of(etag);
        match self.files.find(key) {
            Some(at) => {
                self.listed[at] = Some(tag);
                if self.files.all[at].class == Class::Index {
                    self.index_etag = Some(etag.to_owned());
                }
            }
            None => self.strays.entry(key.into()).or_default().listed = Some(tag),
        }
    }

    /// Keys about which only the object itself can say what it is: there is no manifest to go by.
    #[must_use]
    pub fn undescribed(&self) -> Vec<usize> {
        let listed = |at: &usize| self.state != State::Good && self.listed[*at].is_some() && self.known[*at].is_none();
        (0..self.files.len()).filter(listed).collect()
    }

    /// Notes what an object says about itself; one without a SHA-256 says nothing.
    pub fn describe(&mut self, at: usize, digest: Option<Digest>, headers: Headers) -> anyhow::Result<()> {
        if let (Some(digest), Some(tag)) = (digest, self.listed[at]) {
            let headers = Some(self.headers.number(headers)?);
            self.known[at] = Some(Known { digest: Some(digest), tag, headers, stale: None });
        }
        Ok(())
    }

    /// Files that must be read before the plan: what the manifest knows may have changed; the rest is sent anyhow.
    pub(crate) fn to_hash(&self) -> Vec<usize> {
        let unread =
            |at: &usize| self.digests[*at].is_none() && self.known[*at].is_some_and(|one| one.digest.is_some());
        (0..self.files.len()).filter(unread).collect()
    }

    /// The file of an upload.
    #[must_use]
    pub fn file(&self, upload: &Upload) -> &File {
        &self.files.all[upload.at]
    }

    /// Whether the bucket has an object under this key.
    #[must_use]
    pub fn has_object(&self, key: &str) -> bool {
        match self.files.find(key) {
            Some(at) => self.listed[at].is_some(),
            None => self.strays.get(key).is_some_and(|stray| stray.listed.is_some()),
        }
    }

    /// A fingerprint of what the bucket held.
    #[must_use]
    pub fn found(&self) -> String {
        hex::encode(&self.seen.clone().finalize()[..16])
    }

    /// Who the manifest says the prefix belongs to; none where nobody says so.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        (self.state == State::Good).then_some(self.summary.owner.as_str())
    }
}
