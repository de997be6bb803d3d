//! The files bucket. Keys are never written twice on purpose, so that its objects have no versions to care for.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Delete, Object, ObjectIdentifier};
use jiff::Timestamp;
use shared::Error;

use crate::upload::Upload;

/// How long a presigned PUT may be started, in seconds.
pub(crate) const PUT_LIFETIME: i64 = 15 * 60;
/// A file is one person's, and whoever deletes it wants it gone: no edge of the CDN keeps what is `private` longer than its
/// cache policy's least time, a second (CloudFront Developer Guide, "Manage how long content stays in the cache").
const CACHE_CONTROL: &str = "private, max-age=900";
/// Only where there is no object yet: one announcement is one object, and one event (Amazon S3 User Guide, "How to prevent
/// object overwrites with conditional writes").
const UNLESS_THERE: &str = "*";

/// Access to the bucket.
#[derive(Debug)]
pub(crate) struct Objects {
    client: Client,
    bucket: String,
}

/// A request that the caller can make by itself, exactly as signed.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) method: String,
    pub(crate) url: String,
    /// What must be sent beside the length, which every HTTP client sends by itself (and browsers let nobody set).
    pub(crate) headers: BTreeMap<String, String>,
}

/// An object of the bucket's list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// Its length in bytes.
    pub(crate) size: i64,
    /// None where S3 does not say, which it always does.
    pub(crate) modified: Option<Timestamp>,
}

impl Listed {
    fn read(object: &Object) -> Option<Self> {
        let modified = object.last_modified().and_then(|time| Timestamp::from_second(time.secs()).ok());
        Some(Self { key: object.key()?.to_owned(), size: object.size()?, modified })
    }
}

impl Objects {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Signs a PUT of exactly this length, type, checksum and disposition, once: all are signed headers. So is the caching,
    /// which an uploader could otherwise choose: only `x-amz-*` headers must be signed to be heard.
    pub(crate) async fn presign_put(&self, key: &str, upload: &Upload) -> Result<Put, Error> {
        let lifetime = Duration::from_secs(PUT_LIFETIME.unsigned_abs());
        let config = PresigningConfig::expires_in(lifetime).map_err(Error::internal)?;
        let request = self.client.put_object().bucket(&self.bucket).key(key);
        let request = request
            .content_length(upload.size)
            .content_type(&upload.content_type)
            .content_disposition(upload.disposition())
            .cache_control(CACHE_CONTROL)
            .if_none_match(UNLESS_THERE)
            .checksum_sha256(&upload.sha256);
        let signed = request.presigned(config).await?;
        let headers = signed.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        Ok(Put {
            method: signed.method().to_owned(),
            url: signed.uri().to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// The object's length; none if there is no object.
    pub(crate) async fn size(&self, key: &str) -> Result<Option<i64>, Error> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(head) => Ok(head.content_length()),
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes an object; it need not exist.
    pub(crate) async fn delete(&self, key: String) -> Result<(), Error> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await?;
        Ok(())
    }

    /// Deletes up to 1,000 objects. One that could not be deleted is an error, although S3 answers 200.
    pub(crate) async fn delete_all(&self, keys: Vec<String>) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let objects = keys.into_iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let objects = objects.collect::<Result<Vec<_>, _>>().map_err(Error::internal)?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(Error::internal)?;
        let output = self.client.delete_objects().bucket(&self.bucket).delete(delete).send().await?;
        match output.errors() {
            [] => Ok(()),
            [first, ..] => {
                let code = first.code().unwrap_or("no code");
                Err(Error::internal(format!(
                    "{} objects were not deleted, the first for `{code}`",
                    output.errors().len()
                )))
            }
        }
    }

    /// Up to 1,000 keys with this prefix, and the token of the next page.
    pub(crate) async fn list(
        &self,
        prefix: &str,
        token: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), Error> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let output = request.set_continuation_token(token).send().await?;
        let keys = output.contents().iter().filter_map(|object| object.key().map(str::to_owned));
        Ok((keys.collect(), output.next_continuation_token().map(str::to_owned)))
    }

    /// Up to 1,000 objects of the whole bucket in the order of their keys, and whether more follow.
    pub(crate) async fn page(&self, after: Option<&str>) -> Result<(Vec<Listed>, bool), Error> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).set_start_after(after.map(str::to_owned));
        let output = request.send().await?;
        let more = output.is_truncated().unwrap_or_default();
        let listed: Vec<Listed> = output.contents().iter().filter_map(Listed::read).collect();
        if more && listed.is_empty() {
            return Err(Error::internal("a page of the bucket is empty, but not the last"));
        }
        Ok((listed, more))
    }

    /// Those of these keys, which begin with the prefix, that the bucket does not list. An empty list is the word of a
    /// bucket that exists; a HEAD is answered 404 for a missing bucket, too, and takes the right to read the object.
    pub(crate) async fn missing(&self, prefix: &str, keys: &[String]) -> Result<Vec<String>, Error> {
        let mut missing = keys.to_vec();
        let mut token = None;
        loop {
            let (listed, next) = self.list(prefix, token).await?;
            missing.retain(|key| !listed.contains(key));
            token = next.filter(|_| !missing.is_empty());
            if token.is_none() {
                return Ok(missing);
            }
        }
    }
}

#[cfg(test)]
mod tests;
