//! Objects in the artifact bucket: present or not, put. The site's bucket is `site`'s own business.

use std::path::Path;

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;

use super::explain;

/// Whether an object is there.
pub async fn exists(client: &Client, bucket: &str, key: &str) -> anyhow::Result<bool> {
    match client.head_object().bucket(bucket).key(key).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot look for `s3://{bucket}/{key}`")),
    }
}

/// Puts a file, with metadata for people.
pub async fn put_file(
    client: &Client,
    (bucket, key): (&str, &str),
    file: &Path,
    metadata: &[(&str, &str)],
) -> anyhow::Result<()> {
    let body = ByteStream::from_path(file).await.with_context(|| format!("cannot read `{}`", file.display()))?;
    let mut call = client.put_object().bucket(bucket).key(key).body(body);
    for (name, value) in metadata {
        call = call.metadata(*name, *value);
    }
    call.send().await.map_err(explain).with_context(|| format!("cannot write `s3://{bucket}/{key}`"))?;
    Ok(())
}

/// Puts a text.
pub async fn put_text(client: &Client, bucket: &str, key: &str, text: &str) -> anyhow::Result<()> {
    let body = ByteStream::from(text.as_bytes().to_vec());
    let call = client.put_object().bucket(bucket).key(key).body(body);
    call.send().await.map_err(explain).with_context(|| format!("cannot write `s3://{bucket}/{key}`"))?;
    Ok(())
}
