//! Buckets as a whole: conditional puts, listings, deletions of many keys. Calls and error classes, no decisions.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{Refusal, explain};

/// Keys per `DeleteObjects` (S3 API reference).
pub const DELETE_BATCH: usize = 1_000;

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

/// Puts an object if the condition holds; its `ETag`, or `None` where it does not hold.
pub async fn put_when(put: PutObjectFluentBuilder, when: &When) -> anyhow::Result<Option<String>> {
    let put = match when {
        When::Always => put,
        When::Absent => put.if_none_match("*"),
        When::Etag(etag) => put.if_match(etag),
    };
    put_outcome(put.send().await, when)
}

/// What became of a put with a condition.
pub fn put_outcome(
    sent: Result<PutObjectOutput, SdkError<PutObjectError>>,
    when: &When,
) -> anyhow::Result<Option<String>> {
    match sent {
        Ok(answer) => Ok(Some(answer.e_tag().unwrap_or_default().to_owned())),
        // Lost to another writer: before us, beside us, or one that deleted the object (S3 User Guide, "Conditional writes").
        Err(error)
            if *when != When::Always
                && matches!(
                    error.code(),
                    Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey" | "NotFound")
                ) =>
        {
            Ok(None)
        }
        Err(error) => Err(explain(error)),
    }
}

/// An object's bytes and `ETag`, or `None` where there is none, or no bucket.
pub async fn get(client: &Client, bucket: &str, key: &str) -> anyhow::Result<Option<(Vec<u8>, String)>> {
    let context = || format!("cannot read `s3://{bucket}/{key}`");
    match client.get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => {
            let etag = answer.e_tag().unwrap_or_default().to_owned();
            let body = answer.body.collect().await.with_context(context)?;
            Ok(Some((body.to_vec(), etag)))
        }
        Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(explain(error)).with_context(context),
    }
}

/// Key → when it was written, of every object below a prefix; nothing where there is no bucket.
pub async fn list_under(client: &Client, bucket: &str, prefix: &str) -> anyhow::Result<BTreeMap<String, DateTime>> {
    let mut found = BTreeMap::new();
    let mut pages = client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) if is_missing(&error) => return Ok(BTreeMap::new()),
            Err(error) => return Err(explain(error)).with_context(|| format!("cannot list `s3://{bucket}/{prefix}`")),
        };
        let objects = page.contents.unwrap_or_default().into_iter();
        found.extend(
            objects.filter_map(|one| Some((one.key?, one.last_modified.unwrap_or_else(|| DateTime::from_secs(0))))),
        );
    }
    Ok(found)
}

/// How much a bucket holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Versions of objects, current or not.
    pub versions: usize,
    /// Of these, the current ones: what `ls` shows.
    pub objects: usize,
    /// Bytes of all versions.
    pub bytes: u64,
}

/// One page of what a bucket holds, with what it takes to delete it.
#[derive(Clone, Debug, Default)]
pub struct VersionPage {
    /// Versions and delete markers.
    pub ids: Vec<ObjectIdentifier>,
    /// Their sum.
    pub contents: Contents,
    /// Where the next page starts: key and version.
    pub next: Option<(String, Option<String>)>,
}

/// A page of versions and delete markers; `None` where there is no such bucket.
pub async fn versions(
    client: &Client,
    bucket: &str,
    from: Option<(String, Option<String>)>,
) -> anyhow::Result<Option<VersionPage>> {
    let (key, version) = from.unzip();
    let call = client.list_object_versions().bucket(bucket).set_key_marker(key);
    let answer = match call.set_version_id_marker(version.flatten()).send().await {
        Ok(answer) => answer,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => {
            return Err(explain(error)).with_context(|| format!("cannot list the versions in `s3://{bucket}`"));
        }
    };
    let mut page = VersionPage::default();
    for one in answer.versions() {
        page.contents.versions += 1;
        page.contents.objects += usize::from(one.is_latest().unwrap_or_default());
        page.contents.bytes += u64::try_from(one.size().unwrap_or_default()).unwrap_or_default();
        page.ids.extend(identifier(one.key(), one.version_id()));
    }
    page.ids.extend(answer.delete_markers().iter().filter_map(|one| identifier(one.key(), one.version_id())));
    if answer.is_truncated().unwrap_or_default() {
        page.next =
            answer.next_key_marker().map(|key| (key.to_owned(), answer.next_version_id_marker().map(str::to_owned)));
    }
    Ok(Some(page))
}

/// What to delete: the current object of each key.
#[must_use]
pub fn identifiers(keys: &[String]) -> Vec<ObjectIdentifier> {
    keys.iter().filter_map(|key| identifier(Some(key), None)).collect()
}

/// Deletes up to `DELETE_BATCH` objects or versions; a key that S3 keeps is an error, though the call itself succeeded.
pub async fn delete(client: &Client, bucket: &str, ids: Vec<ObjectIdentifier>) -> anyhow::Result<()> {
    let context = || format!("cannot delete from `s3://{bucket}`");
    let delete = Delete::builder().set_objects(Some(ids)).quiet(true).build().with_context(context)?;
    let answer = match client.delete_objects().bucket(bucket).delete(delete).send().await {
        Ok(answer) => answer,
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(explain(error)).with_context(context),
    };
    let Some(first) = answer.errors().first() else { return Ok(()) };
    let refusal = Refusal::new(first.code().unwrap_or("no code"), first.message().unwrap_or_default());
    let more = match answer.errors().len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let key = first.key().unwrap_or_default();
    Err(anyhow::Error::from(refusal).context(format!("`{key}`{more}"))).with_context(context)
}

/// Aborts every multipart upload; their parts are invisible, but hold and cost as much as objects.
pub async fn abort_uploads(client: &Client, bucket: &str) -> anyhow::Result<usize> {
    let mut aborted = 0;
    let mut from = (None, None);
    loop {
        let call = client.list_multipart_uploads().bucket(bucket).set_key_marker(from.0).set_upload_id_marker(from.1);
        let page = match call.send().await {
            Ok(page) => page,
            Err(error) if is_missing(&error) => return Ok(aborted),
            Err(error) => {
                return Err(explain(error)).with_context(|| format!("cannot list the uploads in `s3://{bucket}`"));
            }
        };
        for upload in page.uploads() {
            let call = client.abort_multipart_upload().bucket(bucket);
            match call.set_key(upload.key.clone()).set_upload_id(upload.upload_id.clone()).send().await {
                Err(error) if error.code() != Some("NoSuchUpload") => {
                    return Err(explain(error)).with_context(|| format!("cannot abort an upload in `s3://{bucket}`"));
                }
                _ => aborted += 1,
            }
        }
        if !page.is_truncated().unwrap_or_default() {
            return Ok(aborted);
        }
        from = (page.next_key_marker, page.next_upload_id_marker);
    }
}

/// Deletes an empty bucket; one that has gone already is as good.
pub async fn remove(client: &Client, bucket: &str) -> anyhow::Result<()> {
    match client.delete_bucket().bucket(bucket).send().await {
        Err(error) if !is_missing(&error) => {
            Err(explain(error)).with_context(|| format!("cannot delete the bucket `{bucket}`"))
        }
        _ => Ok(()),
    }
}

/// The names of the account's buckets that start with `prefix`.
pub async fn names(client: &Client, prefix: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pages = client.list_buckets().prefix(prefix).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the buckets")?;
        let names = page.buckets().iter().filter_map(|bucket| bucket.name());
        // The prefix is the server's work, but a server that ignores it must not widen what is found.
        found.extend(names.filter(|name| name.starts_with(prefix)).map(str::to_owned));
    }
    Ok(found)
}

fn identifier(key: Option<&str>, version: Option<&str>) -> Option<ObjectIdentifier> {
    ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
}

fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("NoSuchBucket")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    fn refused(code: &'static str, when: &When) -> anyhow::Result<Option<String>> {
        let rule = mock!(Client::put_object)
            .then_error(move || PutObjectError::generic(ErrorMetadata::builder().code(code).build()));
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, [&rule]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(put_when(client.put_object().bucket("b").key("k"), when))
    }

    #[test]
    fn a_condition_that_does_not_hold_is_an_answer_and_not_an_error() {
        for code in ["PreconditionFailed", "ConditionalRequestConflict"] {
            assert_eq!(refused(code, &When::Absent).unwrap(), None);
        }
        assert_eq!(refused("NoSuchKey", &When::Etag("e".into())).unwrap(), None);
    }

    #[test]
    fn any_other_refusal_is_an_error() {
        assert!(refused("AccessDenied", &When::Absent).is_err());
        assert!(refused("PreconditionFailed", &When::Always).is_err());
    }

    #[test]
    fn the_condition_is_sent() {
        let rule = mock!(Client::put_object)
            .match_requests(|call| call.if_match() == Some("e") && call.if_none_match().is_none())
            .then_output(|| PutObjectOutput::builder().e_tag("new").build());
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, [&rule]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let put = client.put_object().bucket("b").key("k");
        assert_eq!(runtime.block_on(put_when(put, &When::Etag("e".into()))).unwrap().as_deref(), Some("new"));
    }
}
