//! Tables: scanned into parts of JSON lines, written back in batches, compared line by line.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use super::item::{self, Item};
use super::manifest::{Part, Whole};
use super::place::Place;
use crate::aws::{Aws, explain};
use crate::digest::sha256;
use crate::error::Problem;

/// Characters of a part, about: what a killed run does again.
const PART: usize = 16 * 1024 * 1024;
/// Items of a `BatchWriteItem` (DynamoDB API reference).
const BATCH: usize = 25;
/// Tries of a batch of which DynamoDB leaves some undone.
const ATTEMPTS: u32 = 12;

/// Writes a table's items below a folder of the place, from where an earlier run was killed.
pub(super) async fn export(aws: &Aws, table: &str, place: &Place, folder: &str) -> anyhow::Result<Vec<Part>> {
    let mut parts = parts_there(place, folder).await?;
    let mut cursor = parts.last().and_then(|part| part.next.clone());
    while parts.is_empty() || cursor.is_some() {
        let mut text = String::new();
        let mut count = 0;
        loop {
            let start = cursor.as_deref().map(item::parse).transpose()?;
            let (items, next) = page(aws, table, start).await?;
            for one in &items {
                text += &item::line(one)?;
                text.push('\n');
                count += 1;
            }
            cursor = next.as_ref().map(item::line).transpose()?;
            if cursor.is_none() || text.len() >= PART {
                break;
            }
        }
        parts.push(write_part(place, folder, (parts.len() + 1, text.into_bytes(), count), cursor.clone()).await?);
    }
    Ok(parts)
}

/// Writes a part's lines, then what is known of it: a part counts once the latter is there.
pub(super) async fn write_part(
    place: &Place,
    folder: &str,
    (number, bytes, count): (usize, Vec<u8>, u64),
    next: Option<String>,
) -> anyhow::Result<Part> {
    let part = Part { file: format!("{folder}/{number:06}.jsonl"), sha256: sha256(&bytes), count, next };
    place.put(&part.file, bytes).await?;
    place.put(&format!("{folder}/{number:06}.json"), serde_json::to_vec_pretty(&part)?).await?;
    Ok(part)
}

/// The parts that an earlier run has written.
pub(super) async fn parts_there(place: &Place, folder: &str) -> anyhow::Result<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    while let Some(bytes) = place.get(&format!("{folder}/{:06}.json", parts.len() + 1)).await? {
        let part: Part = serde_json::from_slice(&bytes).with_context(|| format!("a part of {folder} in {place}"))?;
        lines(place, &part).await?;
        let last = part.next.is_none();
        parts.push(part);
        if last {
            break;
        }
    }
    Ok(parts)
}

/// A part's lines, which must be those that were written.
pub(super) async fn lines(place: &Place, part: &Part) -> anyhow::Result<Vec<String>> {
    let bytes = place.get(&part.file).await?.unwrap_or_default();
    if sha256(&bytes) != part.sha256 {
        let text = format!("`{}` in {place} is not what was written: its SHA-256 differs", part.file);
        return Err(Problem::failed(text).hint("the backup is damaged; look for another copy of that file").into());
    }
    let text = String::from_utf8(bytes).with_context(|| format!("`{}` is no text", part.file))?;
    Ok(text.lines().map(str::to_owned).collect())
}

async fn page(aws: &Aws, table: &str, start: Option<Item>) -> anyhow::Result<(Vec<Item>, Option<Item>)> {
    let call = aws.dynamodb.scan().table_name(table).consistent_read(true).set_exclusive_start_key(start);
    let answer = call.send().await.map_err(explain).with_context(|| format!("cannot scan the table `{table}`"))?;
    Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
}

/// Digest → whether the table has the item already, with the line; in memory, for all items.
pub(super) type Wanted = BTreeMap<String, (String, bool)>;

/// What is to be written to a table that holds nothing but items of the backup.
///
/// # Errors
/// Where it holds another item.
pub(super) async fn look(aws: &Aws, table: &str, place: &Place, whole: &Whole) -> anyhow::Result<Wanted> {
    let mut wanted = Wanted::new();
    for part in &whole.parts {
        for line in lines(place, part).await? {
            wanted.insert(sha256(&line), (line, false));
        }
    }
    let (strangers, _) = compare(aws, table, &mut wanted).await?;
    if strangers > 0 {
        let text = format!("the table `{table}` holds {strangers} items that are not in the backup");
        return Err(Problem::failed(text).hint("restore into an environment that was just made").into());
    }
    Ok(wanted)
}

/// How many items the table has that are not wanted, and how many that are.
async fn compare(aws: &Aws, table: &str, wanted: &mut Wanted) -> anyhow::Result<(usize, usize)> {
    let (mut strangers, mut found, mut start) = (0, 0, None);
    loop {
        let (items, next) = page(aws, table, start).await?;
        for one in &items {
            match wanted.get_mut(&sha256(item::line(one)?)) {
                Some((_, there)) => {
                    *there = true;
                    found += 1;
                }
                None => strangers += 1,
            }
        }
        start = next;
        if start.is_none() {
            return Ok((strangers, found));
        }
    }
}

/// Writes what is not there yet, then reads all of it again; how many items those are.
pub(super) async fn import(aws: &Aws, table: &str, mut wanted: Wanted) -> anyhow::Result<usize> {
    let missing: Vec<Item> = wanted
        .values()
        .filter(|(_, there)| !there)
        .map(|(line, _)| item::parse(line))
        .collect::<anyhow::Result<_>>()?;
    for batch in missing.chunks(BATCH) {
        write(aws, table, batch).await?;
    }
    let (strangers, found) = compare(aws, table, &mut wanted).await?;
    if strangers > 0 || found != wanted.len() {
        let text = format!("the table `{table}` has {found} of {} items, and {strangers} others", wanted.len());
        return Err(Problem::failed(text).hint("nobody may write to it meanwhile; run the same command again").into());
    }
    Ok(found)
}

async fn write(aws: &Aws, table: &str, items: &[Item]) -> anyhow::Result<()> {
    let put = |one: &Item| {
        let put = PutRequest::builder().set_item(Some(one.clone())).build()?;
        anyhow::Ok(WriteRequest::builder().put_request(put).build())
    };
    let mut left: Vec<WriteRequest> = items.iter().map(put).collect::<anyhow::Result<_>>()?;
    let mut pause = Duration::from_millis(50);
    for _ in 0..ATTEMPTS {
        let call = aws.dynamodb.batch_write_item().request_items(table, left);
        let answer =
            call.send().await.map_err(explain).with_context(|| format!("cannot write to the table `{table}`"))?;
        left = answer.unprocessed_items.unwrap_or_default().remove(table).unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
    Err(Problem::failed(format!("the table `{table}` does not take {} items", left.len()))
        .hint("it is throttled; run the same command again")
        .into())
}
