//! Objects in the artifact bucket: present or not, put, deleted. The site's bucket is `site`'s own business.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::MetadataDirective;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::buckets::{When, put_when};
use super::explain;

/// Whether an object is there.
pub async fn exists(client: &Client, bucket: &str, key: &str) -> anyhow::Result<bool> {
    Ok(head(client, bucket, key).await?.is_some())
}

/// What is known of an object without its bytes.
#[derive(Clone, Debug)]
pub struct Head {
    /// What was written beside it.
    pub metadata: HashMap<String, String>,
    /// When it was written, in seconds since 1970.
    pub written: i64,
}

/// What was written beside an object and when; `None` where there is no object.
pub async fn head(client: &Client, bucket: &str, key: &str) -> anyhow::Result<Option<Head>> {
    match client.head_object().bucket(bucket).key(key).send().await {
        Ok(answer) => {
            let written = answer.last_modified().map_or(0, DateTime::secs);
            Ok(Some(Head { written, metadata: answer.metadata.unwrap_or_default() }))
        }
        Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(None),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot look for `s3://{bucket}/{key}`")),
    }
}

/// Writes an object anew as it is, so that it is as young as what begins to use it now: what is old and named by nobody yet
/// is collected.
pub async fn renew(client: &Client, bucket: &str, key: &str, head: Head) -> anyhow::Result<()> {
    // S3 copies an object onto itself only where something is said anew: its metadata, the same.
    let call = client.copy_object().bucket(bucket).key(key).copy_source(format!("{bucket}/{key}"));
    let call = call.metadata_directive(MetadataDirective::Replace).set_metadata(Some(head.metadata));
    call.send().await.map_err(explain).with_context(|| format!("cannot renew `s3://{bucket}/{key}`"))?;
    Ok(())
}

/// SHA-256 of an object's bytes: as its uploader recorded it, else of the bytes themselves.
pub async fn sha256(client: &Client, bucket: &str, key: &str) -> anyhow::Result<[u8; 32]> {
    let context = || format!("cannot read `s3://{bucket}/{key}`");
    let head = client.head_object().bucket(bucket).key(key).send().await.map_err(explain).with_context(context)?;
    let recorded = head.metadata().and_then(|metadata| metadata.get("sha256"));
    let recorded = recorded.and_then(|text| hex::decode(text).ok()).and_then(|bytes| bytes.try_into().ok());
    if let Some(recorded) = recorded {
        return Ok(recorded);
    }
    let object = client.get_object().bucket(bucket).key(key).send().await.map_err(explain).with_context(context)?;
    Ok(Sha256::digest(object.body.collect().await.with_context(context)?.to_vec()).into())
}

/// Deletes an object, if it still has this `ETag` where one is given; `false` where it has not.
pub async fn delete(client: &Client, bucket: &str, key: &str, etag: Option<&str>) -> anyhow::Result<bool> {
    let call = client.delete_object().bucket(bucket).key(key).set_if_match(etag.map(str::to_owned));
    match call.send().await {
        Ok(_) => Ok(true),
        // Gone already, with its bucket or alone.
        Err(error) if matches!(error.code(), Some("NoSuchKey" | "NotFound" | "NoSuchBucket")) => Ok(true),
        Err(error) if matches!(error.code(), Some("PreconditionFailed" | "ConditionalRequestConflict")) => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot delete `s3://{bucket}/{key}`")),
    }
}

/// Puts bytes with metadata, unless there is an object already: `false` then. Their SHA-256, in hex, goes along, and is noted
/// beside them: S3 takes no other bytes.
pub async fn put_absent(
    client: &Client,
    (bucket, key): (&str, &str),
    (bytes, sha256): (Vec<u8>, &str),
    metadata: &[(&str, &str)],
) -> anyhow::Result<bool> {
    let context = || format!("cannot write `s3://{bucket}/{key}`");
    // Known before: otherwise the SDK frames the body piece by piece, to send its checksum at the end.
    let checksum = BASE64_STANDARD.encode(hex::decode(sha256).with_context(context)?);
    let mut call = client.put_object().bucket(bucket).key(key).checksum_sha256(checksum).body(ByteStream::from(bytes));
    for (name, value) in metadata.iter().chain(&[("sha256", sha256)]) {
        call = call.metadata(*name, *value);
    }
    // What is there is named by other records and stacks: it is never overwritten.
    Ok(put_when(call, &When::Absent).await.with_context(context)?.is_some())
}

/// Puts a text.
pub async fn put_text(client: &Client, bucket: &str, key: &str, text: &str) -> anyhow::Result<()> {
    let body = ByteStream::from(text.as_bytes().to_vec());
    let call = client.put_object().bucket(bucket).key(key).body(body);
    call.send().await.map_err(explain).with_context(|| format!("cannot write `s3://{bucket}/{key}`"))?;
    Ok(())
}
