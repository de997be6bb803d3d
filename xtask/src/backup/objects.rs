//! Buckets: the current version of every object with its headers and metadata, listed in parts; the bytes lie beside, named
//! by the hash of their key.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use super::manifest::{Part, Whole};
use super::place::Place;
use super::tables::{lines, parts_there, write_part};
use crate::aws::{buckets, explain};
use crate::digest::sha256;
use crate::error::Problem;

/// Objects of a part: what a killed run does again.
const PART: i32 = 100;
/// Objects on their way at a time.
const AT_ONCE: usize = 4;

/// An object, as its line in a part has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saved {
    key: String,
    /// Of its bytes, hexadecimal.
    sha256: String,
    bytes: u64,
    #[serde(flatten)]
    headers: Headers,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Headers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_disposition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_language: Option<String>,
}

/// Writes a bucket's objects below a folder of the place, from where an earlier run was killed.
pub(super) async fn export(client: &Client, bucket: &str, place: &Place, folder: &str) -> anyhow::Result<Vec<Part>> {
    let mut parts = parts_there(place, folder).await?;
    let mut cursor = parts.last().and_then(|part| part.next.clone());
    while parts.is_empty() || cursor.is_some() {
        let call = client.list_objects_v2().bucket(bucket).max_keys(PART).set_start_after(cursor);
        let page = call.send().await.map_err(explain).with_context(|| format!("cannot list `s3://{bucket}`"))?;
        let keys: Vec<String> = page.contents().iter().filter_map(|one| one.key().map(str::to_owned)).collect();
        cursor = keys.last().cloned().filter(|_| page.is_truncated().unwrap_or_default());
        let mut tasks = JoinSet::new();
        let mut saved = BTreeMap::new();
        for key in keys {
            while tasks.len() >= AT_ONCE {
                note(&mut saved, tasks.join_next().await)?;
            }
            let (client, bucket, place) = (client.clone(), bucket.to_owned(), place.clone());
            let file = data(folder, &key);
            tasks.spawn(async move { save(&client, &bucket, &key, (&place, &file)).await });
        }
        while let Some(done) = tasks.join_next().await {
            note(&mut saved, Some(done))?;
        }
        let count = u64::try_from(saved.len())?;
        let text: String = saved
            .values()
            .map(|one: &Saved| serde_json::to_string(one).map(|line| line + "\n"))
            .collect::<Result<_, _>>()?;
        parts.push(write_part(place, folder, (parts.len() + 1, text.into_bytes(), count), cursor.clone()).await?);
    }
    Ok(parts)
}

type Done = Result<anyhow::Result<Option<Saved>>, tokio::task::JoinError>;

/// An object that was deleted since it was listed is in no backup.
fn note(saved: &mut BTreeMap<String, Saved>, done: Option<Done>) -> anyhow::Result<()> {
    if let Some(one) = done.transpose()?.transpose()?.flatten() {
        saved.insert(one.key.clone(), one);
    }
    Ok(())
}

fn data(folder: &str, key: &str) -> String {
    format!("{folder}/data/{}", sha256(key))
}

async fn save(
    client: &Client,
    bucket: &str,
    key: &str,
    (place, file): (&Place, &str),
) -> anyhow::Result<Option<Saved>> {
    let answer = match client.get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => answer,
        Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
        Err(error) => return Err(explain(error)).with_context(|| format!("cannot read `s3://{bucket}/{key}`")),
    };
    let headers = Headers {
        content_type: answer.content_type().map(str::to_owned),
        cache_control: answer.cache_control().map(str::to_owned),
        content_disposition: answer.content_disposition().map(str::to_owned),
        content_encoding: answer.content_encoding().map(str::to_owned),
        content_language: answer.content_language().map(str::to_owned),
    };
    let metadata = answer.metadata().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let temporary = place.temporary(file)?;
    let mut to = tokio::fs::File::create(temporary.path()).await?;
    let (digest, bytes) = drain(answer.body, Some(&mut to)).await.with_context(|| format!("`s3://{bucket}/{key}`"))?;
    to.flush().await?;
    place.put_file(file, temporary).await?;
    Ok(Some(Saved { key: key.to_owned(), sha256: hex::encode(digest), bytes, headers, metadata }))
}

/// Reads a stream to its end: SHA-256 and length.
async fn drain(mut body: ByteStream, mut to: Option<&mut tokio::fs::File>) -> anyhow::Result<([u8; 32], u64)> {
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    while let Some(chunk) = body.try_next().await.context("the connection broke")? {
        hasher.update(&chunk);
        bytes += u64::try_from(chunk.len())?;
        if let Some(file) = &mut to {
            file.write_all(&chunk).await?;
        }
    }
    Ok((hasher.finalize().into(), bytes))
}

async fn all(place: &Place, whole: &Whole) -> anyhow::Result<Vec<Saved>> {
    let mut all = Vec::new();
    for part in &whole.parts {
        for line in lines(place, part).await? {
            all.push(serde_json::from_str(&line).with_context(|| format!("`{}` in {place}", part.file))?);
        }
    }
    Ok(all)
}

/// Refuses a bucket that holds what is not in the backup.
pub(super) async fn refuse_strangers(
    client: &Client,
    bucket: &str,
    place: &Place,
    whole: &Whole,
) -> anyhow::Result<()> {
    let known: BTreeSet<String> = all(place, whole).await?.into_iter().map(|one| one.key).collect();
    let there = buckets::list_under(client, bucket, "").await?;
    let Some(stranger) = there.keys().find(|key| !known.contains(*key)) else { return Ok(()) };
    Err(Problem::failed(format!("the bucket `{bucket}` holds `{stranger}`, which is not in the backup"))
        .hint("restore into an environment that was just made")
        .into())
}

/// Writes what is not there as it was, then reads every object again; how many those are.
pub(super) async fn import(client: &Client, bucket: &str, place: &Place, whole: &Whole) -> anyhow::Result<usize> {
    let saved = all(place, whole).await?;
    let folder = format!("buckets/{}/{}", whole.service, whole.logical);
    let there = buckets::list_under(client, bucket, "").await?;
    for one in &saved {
        if there.contains_key(&one.key) && digest(client, bucket, &one.key).await?.as_deref() == Some(&one.sha256) {
            continue;
        }
        put(client, bucket, one, place.stream(&data(&folder, &one.key)).await?).await?;
    }
    for one in &saved {
        if digest(client, bucket, &one.key).await?.as_deref() != Some(&one.sha256) {
            let text = format!("`s3://{bucket}/{}` is not what the backup has", one.key);
            return Err(Problem::failed(text)
                .hint("nobody may write to it meanwhile; run the same command again")
                .into());
        }
    }
    let count = buckets::list_under(client, bucket, "").await?.len();
    if count != saved.len() {
        let text = format!("the bucket `{bucket}` has {count} objects, the backup {}", saved.len());
        return Err(Problem::failed(text).hint("nobody may write to it meanwhile; run the same command again").into());
    }
    Ok(count)
}

/// S3 itself refuses bytes that are not those of the checksum.
async fn put(client: &Client, bucket: &str, one: &Saved, body: ByteStream) -> anyhow::Result<()> {
    let Headers { content_type, cache_control, content_disposition, content_encoding, content_language } =
        one.headers.clone();
    let metadata: HashMap<String, String> = one.metadata.clone().into_iter().collect();
    let call = client.put_object().bucket(bucket).key(&one.key).body(body);
    let call = call.checksum_sha256(STANDARD.encode(hex::decode(&one.sha256)?));
    let call = call.set_content_type(content_type).set_cache_control(cache_control);
    let call = call.set_content_disposition(content_disposition).set_content_encoding(content_encoding);
    let call = call.set_content_language(content_language).set_metadata(Some(metadata));
    let call = call.content_length(i64::try_from(one.bytes)?);
    call.send().await.map_err(explain).with_context(|| format!("cannot write `s3://{bucket}/{}`", one.key))?;
    Ok(())
}

async fn digest(client: &Client, bucket: &str, key: &str) -> anyhow::Result<Option<String>> {
    match client.get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => Ok(Some(hex::encode(drain(answer.body, None).await?.0))),
        Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot read `s3://{bucket}/{key}`")),
    }
}
