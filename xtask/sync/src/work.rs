//! What is wanted beside what is there: the files, each with what the manifest and the list say about its key.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot::Sender;

use crate::digest::{Digest, Tag};
use crate::files::{File, Files, HeaderTable};
use crate::manifest::{self, Known, OWN, Summary, Told};
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
    pub(crate) told: Option<Told>,
    pub(crate) listed: Option<Tag>,
}

/// What the list says of a file's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// No object.
    Absent,
    /// The object that the manifest knows.
    Known,
    /// Another one.
    Other,
}

/// Everything that a plan is made from. Per file, little is kept: there may be many.
#[derive(Debug)]
pub struct Work {
    /// Hears what the manifest knows of the files, so that they are read while the list is still coming.
    pub(crate) early: Option<Sender<Arc<Vec<Option<Known>>>>>,
    pub(crate) files: Arc<Files>,
    /// Of the files and of the manifest.
    pub(crate) headers: HeaderTable,
    /// What the manifest says of each file, and later what was put.
    pub(crate) known: Arc<Vec<Option<Known>>>,
    /// Whether the manifest holds one of the files for stale.
    pub(crate) returns: bool,
    /// What those files are that are not what the manifest says, by number.
    pub(crate) changed: Vec<(usize, Digest)>,
    pub(crate) listed: Vec<Listed>,
    /// Objects that only they themselves can describe, by the number of their file: there is no manifest to go by.
    undescribed: BTreeMap<usize, Tag>,
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
            known: Arc::new(vec![None; count]),
            returns: false,
            changed: Vec::new(),
            listed: vec![Listed::Absent; count],
            undescribed: BTreeMap::new(),
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

    /// A manifest that arrives; where none does, there is none.
    pub fn incoming(&mut self) -> Incoming<'_> {
        Incoming { work: self, reader: manifest::Reader::default() }
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
                let known = self.known[at].is_some_and(|known| known.tag == tag);
                self.listed[at] = if known { Listed::Known } else { Listed::Other };
                if self.state != State::Good {
                    self.undescribed.insert(at, tag);
                }
                if self.files.at(at).class == Class::Index {
                    self.index_etag = Some(etag.to_owned());
                }
            }
            None => self.strays.entry(key.into()).or_default().listed = Some(tag),
        }
    }

    /// Numbers of files about whose key only the object itself can say what it is: there is no manifest to go by.
    #[must_use]
    pub fn undescribed(&self) -> Vec<usize> {
        self.undescribed.keys().copied().collect()
    }

    /// Notes what an object says about itself; one without a SHA-256 says nothing.
    pub fn describe(&mut self, at: usize, digest: Option<Digest>, headers: Headers) -> anyhow::Result<()> {
        if let (Some(digest), Some(tag)) = (digest, self.undescribed.remove(&at)) {
            let headers = Some(self.headers.number(headers)?);
            self.note(at, Known { digest: Some(digest), tag, headers });
            self.listed[at] = Listed::Known;
        }
        Ok(())
    }

    /// Notes what is under a file's key.
    pub(crate) fn note(&mut self, at: usize, known: Known) {
        Arc::make_mut(&mut self.known)[at] = Some(known);
    }

    /// What a file is, where that is known before it is sent.
    pub(crate) fn digest(&self, at: usize) -> Option<Digest> {
        if let Some(made) = self.files.made(self.files.at(at).key) {
            return Some(made.digest);
        }
        match self.changed.binary_search_by_key(&at, |(changed, _)| *changed) {
            Ok(place) => Some(self.changed[place].1),
            Err(_) => self.known[at].and_then(|known| known.digest),
        }
    }

    /// The file of an upload.
    #[must_use]
    pub fn file(&self, upload: &Upload) -> File<'_> {
        self.files.at(upload.at())
    }

    /// Whether the bucket has an object under this key.
    #[must_use]
    pub fn has_object(&self, key: &str) -> bool {
        match self.files.find(key) {
            Some(at) => self.listed[at] != Listed::Absent,
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

/// A manifest on its way to the work.
#[derive(Debug)]
pub struct Incoming<'a> {
    work: &'a mut Work,
    reader: manifest::Reader,
}

impl Incoming<'_> {
    /// Forgets what has arrived: it comes anew.
    pub fn restart(&mut self) {
        self.reader = manifest::Reader::default();
        Arc::make_mut(&mut self.work.known).fill(None);
        self.work.returns = false;
        self.work.strays.clear();
    }

    /// Notes the next bytes.
    pub fn read(&mut self, bytes: &[u8]) {
        self.reader.take(bytes, &mut notes(self.work));
    }

    /// Notes that this was all, and its `ETag`.
    pub fn end(mut self, etag: String) -> anyhow::Result<()> {
        self.work.seen.update(etag.as_bytes());
        self.work.manifest_etag = Some(etag);
        let Some((summary, headers)) = std::mem::take(&mut self.reader).end(&mut notes(self.work)) else {
            self.restart();
            self.work.state = State::Damaged;
            return Ok(());
        };
        let work = self.work;
        work.state = State::Good;
        work.summary = summary;
        let numbers: Vec<u16> =
            headers.into_iter().map(|headers| work.headers.number(headers)).collect::<Result<_, _>>()?;
        let strays = work.strays.values_mut().filter_map(|stray| Some(&mut stray.told.as_mut()?.known));
        for one in Arc::make_mut(&mut work.known).iter_mut().flatten().chain(strays) {
            one.headers = one.headers.map(|number| numbers[usize::from(number)]);
        }
        if let Some(early) = work.early.take() {
            // Nobody listens where the observation was given up.
            let _ = early.send(Arc::clone(&work.known));
        }
        Ok(())
    }
}

/// Where an object that the manifest knows is noted.
fn notes(work: &mut Work) -> impl FnMut(&str, Told) {
    let (files, known, strays) = (&work.files, Arc::make_mut(&mut work.known), &mut work.strays);
    let returns = &mut work.returns;
    move |key, one| match files.find(key) {
        Some(at) => {
            known[at] = Some(one.known);
            *returns |= one.stale.is_some();
        }
        None => strays.entry(key.into()).or_default().told = Some(one),
    }
}
