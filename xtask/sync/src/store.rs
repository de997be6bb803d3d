//! Where a site lives: four calls, so that tests can let each of them fail.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::rules::Headers;
use crate::work::Work;

/// A condition on the object that a put replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// None.
    Always,
    /// There is no object yet.
    Absent,
    /// The object has this `ETag`.
    Etag(String),
}

/// What is put.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// In one piece, with its digest.
    Bytes(Bytes, Digest),
    /// Made while it is sent.
    Pieces(Pieces),
    /// A file of more than one part, and what it was when it was planned.
    File(PathBuf, u64, Option<Digest>),
}

/// A body piece by piece.
pub(crate) type Piecewise = Box<dyn Iterator<Item = std::io::Result<Bytes>> + Send + Sync>;

/// What is made anew each time it is sent: it would be much to hold.
#[derive(Clone)]
pub(crate) struct Pieces {
    make: Arc<dyn Fn() -> Piecewise + Send + Sync>,
    /// Bytes of all.
    pub(crate) length: u64,
    /// Of all.
    pub(crate) digest: Digest,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces").field("length", &self.length).field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Pieces {
    /// Goes through all pieces once; `make` gives the same ones each time.
    pub(crate) fn new<I>(make: impl Fn() -> I + Send + Sync + 'static) -> anyhow::Result<Self>
    where
        I: Iterator<Item = std::io::Result<Bytes>> + Send + Sync + 'static,
    {
        let (mut hasher, mut length) = (Sha256::new(), 0);
        for piece in make() {
            let piece = piece?;
            hasher.update(&piece);
            length += piece.len() as u64;
        }
        let make = Arc::new(move || Box::new(make()) as Piecewise);
        Ok(Self { make, length, digest: Digest(hasher.finalize().into()) })
    }

    /// From the first piece on.
    #[must_use]
    pub(crate) fn begin(&self) -> Piecewise {
        (self.make)()
    }
}

/// An object to put.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Its key below the prefix.
    pub(crate) key: String,
    /// Its headers.
    pub(crate) headers: Headers,
    /// Its bytes.
    pub(crate) body: Body,
}

/// What was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// As S3 answered.
    pub(crate) etag: String,
    /// Of what was sent.
    pub(crate) digest: Digest,
}

/// A bucket, perhaps with a CDN before it.
pub(crate) trait Store: Clone + Send + Sync + 'static {
    /// Tells `work` the manifest, then each object, then what objects say that it asks about.
    fn observe(&self, work: &mut Work) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// How many puts it makes sense to have begun.
    fn window(&self) -> usize;

    /// Puts an object; none where the condition does not hold.
    fn put(&self, object: Object, when: When) -> impl Future<Output = anyhow::Result<Option<Stored>>> + Send;

    /// Deletes objects, any number.
    fn delete(&self, keys: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Makes the CDN forget paths.
    fn invalidate(&self, paths: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;
}
