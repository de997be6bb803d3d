//! Where a site lives: four calls, so that tests can let each of them fail.

use std::future::Future;

use anyhow::Context;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine;

use super::files::{Body, SiteFile};
use super::manifest::{KEY, Manifest, OWN_PREFIX};
use super::plan::Observed;
use crate::aws::{Aws, buckets, distribution};
use crate::recorder::{self, Kind};

pub(super) use crate::aws::buckets::When;

/// A bucket with a CDN before it.
pub(super) trait Store: Clone + Send + Sync + 'static {
    /// The manifest and the list of objects.
    fn observe(&self) -> impl Future<Output = anyhow::Result<Observed>> + Send;

    /// Puts an object; its `ETag`, or `None` where the condition does not hold.
    fn put(&self, file: &SiteFile, when: &When) -> impl Future<Output = anyhow::Result<Option<String>>> + Send;

    /// Deletes objects, any number.
    fn delete(&self, keys: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Makes the CDN forget paths.
    fn invalidate(&self, paths: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// The real one.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) aws: Aws,
    pub(super) name: String,
    pub(super) distribution: String,
    /// Makes a repeated invalidation call of this run the same invalidation.
    pub(super) run: String,
}

impl Store for Bucket {
    async fn observe(&self) -> anyhow::Result<Observed> {
        let (manifest, objects) =
            tokio::try_join!(buckets::get(&self.aws.s3, &self.name, KEY), buckets::list(&self.aws.s3, &self.name),)?;
        let (bytes, manifest_etag) = manifest.unzip();
        let manifest = bytes.map(|bytes| Manifest::parse(&bytes)).unwrap_or_default();
        let objects = objects.into_iter().filter(|(key, _)| !key.starts_with(OWN_PREFIX)).collect();
        Ok(Observed { manifest, manifest_etag, objects })
    }

    async fn put(&self, file: &SiteFile, when: &When) -> anyhow::Result<Option<String>> {
        let context = || format!("cannot write `s3://{}/{}`", self.name, file.path);
        let body = match &file.body {
            Body::Bytes(bytes) => ByteStream::from(bytes.clone()),
            Body::File(path) => ByteStream::from_path(path).await.with_context(context)?,
        };
        let call = self.aws.s3.put_object().bucket(&self.name).key(&file.path).body(body);
        let call = call.content_type(&file.headers.content_type).cache_control(&file.headers.cache_control);
        // S3 refuses a file that changed since it was hashed.
        let digest = hex::decode(&file.sha256).with_context(context)?;
        let call = call.checksum_sha256(base64::engine::general_purpose::STANDARD.encode(digest));
        if let Some(etag) = buckets::put_when(call, when).await.with_context(context)? {
            return Ok(Some(etag));
        }
        // A put whose answer got lost is repeated by the SDK and then meets itself.
        let found = buckets::get(&self.aws.s3, &self.name, &file.path).await?;
        let same = |bytes: &[u8]| matches!(&file.body, Body::Bytes(own) if own == bytes);
        Ok(found.filter(|(bytes, _)| same(bytes)).map(|(_, etag)| etag))
    }

    async fn delete(&self, keys: &[String]) -> anyhow::Result<()> {
        for batch in keys.chunks(buckets::DELETE_BATCH) {
            buckets::delete(&self.aws.s3, &self.name, buckets::identifiers(batch)).await?;
        }
        Ok(())
    }

    async fn invalidate(&self, paths: &[String]) -> anyhow::Result<()> {
        let work = distribution::invalidate(&self.aws.cloudfront, &self.distribution, paths, &self.run);
        recorder::span(Kind::Invalidation, &self.distribution, work).await
    }
}
