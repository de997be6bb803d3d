//! Objects in the artifact bucket: present or not, put, deleted. The site's bucket is `site`'s own business.

use std::collections::HashMap;

use anyhow::Context;
use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::{BoxError, ProvideErrorMetadata};
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, MetadataDirective};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::buckets::{self, When, put_outcome};
use super::explain;
use crate::digest;

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
    /// SHA-256 of its bytes in hex, as S3 itself has checked or computed it; none of what was put without.
    pub sha256: Option<String>,
}

/// What was written beside an object and when; `None` where there is no object.
pub async fn head(client: &Client, bucket: &str, key: &str) -> anyhow::Result<Option<Head>> {
    let call = client.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
    match call.send().await {
        Ok(answer) => {
            let written = answer.last_modified().map_or(0, DateTime::secs);
            let checksum = answer.checksum_sha256().and_then(|text| BASE64_STANDARD.decode(text).ok());
            let sha256 = checksum.map(hex::encode);
            Ok(Some(Head { written, sha256, metadata: answer.metadata.unwrap_or_default() }))
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
    // Known from then on, also of what was put without it.
    let call = call.checksum_algorithm(ChecksumAlgorithm::Sha256);
    call.send().await.map_err(explain).with_context(|| format!("cannot renew `s3://{bucket}/{key}`"))?;
    Ok(())
}

/// SHA-256 of the bytes of an object, in hex: as S3 says, else of the bytes themselves. What the uploader has noted beside them
/// proves nothing.
pub async fn sha256(client: &Client, bucket: &str, key: &str, head: &Head) -> anyhow::Result<String> {
    if let Some(known) = &head.sha256 {
        return Ok(known.clone());
    }
    let (bytes, _) = buckets::get(client, bucket, key).await?.with_context(|| format!("no `s3://{bucket}/{key}`"))?;
    Ok(digest::sha256(bytes))
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

/// Puts bytes with metadata, unless there is an object already: `false` then. Their SHA-256, in hex, goes along: S3 takes no
/// other bytes, and keeps it.
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
    for (name, value) in metadata {
        call = call.metadata(*name, *value);
    }
    // What is there is named by other records and stacks: it is never overwritten.
    let sent = call.if_none_match("*").customize().interceptor(Signed(sha256.to_owned())).send().await;
    Ok(put_outcome(sent, &When::Absent).with_context(context)?.is_some())
}

/// Gives the signature the SHA-256 of the bytes, which would be worked out a second time else.
#[derive(Debug)]
struct Signed(String);

impl Intercept for Signed {
    fn name(&self) -> &'static str {
        "known payload hash"
    }

    fn modify_before_signing(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(PayloadSigningOverride::Precomputed(self.0.clone()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::owner;
    use super::*;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::operation::head_object::HeadObjectOutput;
    use aws_sdk_s3::operation::put_object::PutObjectOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    #[tokio::test]
    async fn bytes_go_with_their_checksum_and_replace_nothing() {
        let sha256 = digest::sha256("code");
        let checksum = BASE64_STANDARD.encode(hex::decode(&sha256).unwrap());
        let put = mock!(Client::put_object)
            .match_requests(move |call| {
                let noted = call.metadata().and_then(|all| all.get("toolchain")).map(String::as_str);
                let checked = call.checksum_sha256() == Some(checksum.as_str());
                checked && call.if_none_match() == Some("*") && noted == Some("rustc 1")
            })
            .then_output(|| PutObjectOutput::builder().build());
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put]);
        let bytes = (b"code".to_vec(), sha256.as_str());
        assert!(put_absent(&client, ("b", "k"), bytes, &[("toolchain", "rustc 1")]).await.unwrap());
        let error = put_absent(&client, ("b", "k"), (vec![], "no hex"), &[]).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot write `s3://b/k`");
        assert_eq!(put.num_calls(), 1);
    }

    #[tokio::test]
    async fn the_signature_covers_the_bytes_and_the_checksum() {
        let sha256 = digest::sha256("code");
        let put = async |client| put_absent(&client, ("demo", "k"), (b"code".to_vec(), &sha256), &[]).await.is_err();
        let head = owner::tests::sent(put).await;
        assert!(head.contains(&format!("x-amz-content-sha256: {sha256}")), "{head}");
        let signed = owner::tests::signed(&head);
        assert!(signed.contains("x-amz-content-sha256") && signed.contains("x-amz-checksum-sha256"), "{signed}");
    }

    #[tokio::test]
    async fn what_s3_says_of_an_object_counts_and_else_its_bytes_do() {
        let says = |checksum: Option<String>| {
            let head = mock!(Client::head_object)
                .match_requests(|call| call.checksum_mode() == Some(&ChecksumMode::Enabled))
                .then_output(move || {
                    let answer = HeadObjectOutput::builder().metadata("sha256", digest::sha256("a lie"));
                    answer.set_checksum_sha256(checksum.clone()).build()
                });
            let get = mock!(Client::get_object)
                .then_output(|| GetObjectOutput::builder().body(ByteStream::from_static(b"bytes")).build());
            mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&head, &get])
        };
        let checksum = BASE64_STANDARD.encode(hex::decode(digest::sha256("said")).unwrap());
        for (checksum, expected) in [(Some(checksum), "said"), (None, "bytes")] {
            let client = says(checksum);
            let found = head(&client, "b", "k").await.unwrap().unwrap();
            assert_eq!(sha256(&client, "b", "k", &found).await.unwrap(), digest::sha256(expected));
        }
    }
}
