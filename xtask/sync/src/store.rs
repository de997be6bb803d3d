//! Where a site lives: four calls, so that tests can let each of them fail.

use std::future::Future;
use std::path::PathBuf;

use bytes::Bytes;

use crate::digest::Digest;
use crate::rules::Headers;
use crate::work::Work;

/// A condition on the object that a put replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// None.
    Always,
    /// There is no object yet.
    Absent,
    /// The object has this `ETag`.
    Etag(String),
}

/// What is put.
#[derive(Clone, Debug)]
pub enum Body {
    /// In one piece, with its digest.
    Bytes(Bytes, Digest),
    /// A file of more than one part, and what it was when it was planned.
    File(PathBuf, u64, Option<Digest>),
}

/// An object to put.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its key below the prefix.
    pub key: String,
    /// Its headers.
    pub headers: Headers,
    /// Its bytes.
    pub body: Body,
}

/// What was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// As S3 answered.
    pub etag: String,
    /// Of what was sent.
    pub digest: Digest,
}

/// A bucket, perhaps with a CDN before it.
pub trait Store: Clone + Send + Sync + 'static {
    /// Tells `work` the manifest, then each object, then what objects say that it asks about.
    fn observe(&self, work: &mut Work) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Puts an object; none where the condition does not hold.
    fn put(&self, object: Object, when: When) -> impl Future<Output = anyhow::Result<Option<Stored>>> + Send;

    /// Deletes objects, any number.
    fn delete(&self, keys: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Makes the CDN forget paths.
    fn invalidate(&self, paths: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;
}
