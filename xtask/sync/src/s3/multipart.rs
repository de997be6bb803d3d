//! A file of several parts: each hashed as it is read, sent with its digest, and put together only if the file is still
//! the one that was begun with. What fails is aborted, so that no part stays to be paid for.

use std::path::Path;

use anyhow::Context;
use http::Method;
use tokio::task::JoinSet;

use super::payload::Payload;
use super::wire::{Call, encode_value};
use super::{Bucket, conditional, described, is_lost, xml};
use crate::digest::{Digest, part_size};
use crate::read;
use crate::rules::Headers;
use crate::store::{Stored, When};

/// What is sent.
pub(super) struct Upload<'a> {
    pub(super) key: &'a str,
    pub(super) path: &'a Path,
    pub(super) size: u64,
    /// What the file was when it was planned.
    pub(super) planned: Option<Digest>,
}

/// A part that has arrived.
struct Part {
    number: u64,
    etag: String,
    digest: Digest,
}

/// What must be the same before the first part and after the last one: the parts are no single look at the file.
fn look(path: &Path) -> anyhow::Result<impl PartialEq + use<>> {
    let metadata = path.metadata().with_context(|| format!("cannot read `{}`", path.display()))?;
    #[cfg(unix)]
    let inode = {
        use std::os::unix::fs::MetadataExt;
        (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    };
    #[cfg(not(unix))]
    let inode = ();
    Ok((metadata.len(), metadata.modified().ok(), inode))
}

pub(super) async fn put(
    bucket: &Bucket,
    headers: &Headers,
    when: &When,
    upload: &Upload<'_>,
) -> anyhow::Result<Option<Stored>> {
    let context = || format!("cannot write `{}`", bucket.uri(upload.key));
    let before = look(upload.path)?;
    let id = begin(bucket, headers, upload).await.with_context(context)?;
    let sent = async {
        let parts = send(bucket, upload, &id).await?;
        let digest = Digest::of_parts(&parts.iter().map(|part| part.digest).collect::<Vec<_>>());
        if look(upload.path)? != before || upload.planned.is_some_and(|planned| planned != digest) {
            return Err(read::changed(upload.path).into());
        }
        complete(bucket, when, (upload, &id), &parts, digest).await
    };
    match sent.await {
        Ok(Some(stored)) => Ok(Some(stored)),
        other => {
            let query = format!("uploadId={}", encode_value(&id));
            // The failure itself is worth more than that of its cleaning up; a bucket's lifecycle rule does the rest.
            let _ = bucket.wire.send(&Call::new(Method::DELETE, bucket.key(upload.key)?).query(query)).await;
            other.with_context(context)
        }
    }
}

async fn begin(bucket: &Bucket, headers: &Headers, upload: &Upload<'_>) -> anyhow::Result<String> {
    let call = described(Call::new(Method::POST, bucket.key(upload.key)?).query("uploads="), headers)
        .header("x-amz-checksum-algorithm", "SHA256")
        .header("x-amz-checksum-type", "COMPOSITE");
    let answer = bucket.wire.send(&call).await?;
    match answer.refusal() {
        Some(refusal) => Err(bucket.explain(&answer, &refusal)),
        None => xml::text(&answer.body, "UploadId")?.context("S3 names no upload"),
    }
}

async fn send(bucket: &Bucket, upload: &Upload<'_>, id: &str) -> anyhow::Result<Vec<Part>> {
    let mut sending: JoinSet<anyhow::Result<Part>> = JoinSet::new();
    let mut parts = Vec::new();
    let each = part_size(upload.size);
    for (number, from) in (1..).zip((0..upload.size).step_by(usize::try_from(each)?)) {
        let slot = bucket.parts.slot().await?;
        while let Some(done) = sending.try_join_next() {
            parts.push(done.context("a part was cut off")??);
        }
        let (bucket, key, path) = (bucket.clone(), bucket.key(upload.key)?, upload.path.to_owned());
        let (query, size) =
            (format!("partNumber={number}&uploadId={}", encode_value(id)), each.min(upload.size - from));
        sending.spawn(async move {
            let buffer = slot.buffer();
            let read = tokio::task::spawn_blocking(move || read::part(&path, (from, size), buffer)).await;
            let (bytes, digest) = read.context("a reader was cut off")??;
            let call = Call::new(Method::PUT, key).query(query).header("x-amz-checksum-sha256", digest.base64());
            let answer = bucket.wire.send(&call.body(Payload::Bytes(slot.bytes(bytes), digest))).await?;
            drop(slot);
            match answer.refusal() {
                Some(refusal) => Err(bucket.explain(&answer, &refusal)),
                None => Ok(Part { number, etag: answer.header("etag").to_owned(), digest }),
            }
        });
    }
    while let Some(done) = sending.join_next().await {
        parts.push(done.context("a part was cut off")??);
    }
    parts.sort_by_key(|part| part.number);
    Ok(parts)
}

async fn complete(
    bucket: &Bucket,
    when: &When,
    (upload, id): (&Upload<'_>, &str),
    parts: &[Part],
    digest: Digest,
) -> anyhow::Result<Option<Stored>> {
    let mut body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for part in parts {
        let (number, etag, digest) = (part.number, xml::escape(&part.etag), part.digest.base64());
        for text in ["<Part><PartNumber>", &number.to_string(), "</PartNumber><ETag>", &etag] {
            body.push_str(text);
        }
        for text in ["</ETag><ChecksumSHA256>", &digest, "</ChecksumSHA256></Part>"] {
            body.push_str(text);
        }
    }
    body.push_str("</CompleteMultipartUpload>");
    let call = Call::new(Method::POST, bucket.key(upload.key)?).query(format!("uploadId={}", encode_value(id)));
    let hash = Digest::of(body.as_bytes());
    let call = conditional(call, when)
        .header("content-type", "application/xml")
        .header("x-amz-checksum-sha256", format!("{}-{}", digest.base64(), parts.len()))
        .body(Payload::Bytes(body.into(), hash));
    let answer = bucket.wire.send(&call).await?;
    // S3 may say 200 and then, while it puts the parts together, that it failed.
    let late = xml::refusals(&answer.body).unwrap_or_default().into_iter().next();
    let Some(refusal) = answer.refusal().or(late) else {
        let etag = xml::text(&answer.body, "ETag")?.context("S3 names no ETag")?;
        return Ok(Some(Stored { etag, digest }));
    };
    if *when != When::Always && is_lost(&refusal.code) {
        return Ok(None);
    }
    if answer.repeated && refusal.code == "NoSuchUpload" {
        // The attempt before had put it together, and its answer got lost.
        let found = bucket.head(upload.key).await?;
        if let Some((_, _, etag)) = found.filter(|(found, ..)| *found == Some(digest)) {
            return Ok(Some(Stored { etag, digest }));
        }
    }
    Err(bucket.explain(&answer, &refusal))
}
