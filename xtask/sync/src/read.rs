//! Reads files on threads that may block: to learn what they are, or to send them.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use crate::digest::{Digest, PART, part_size};
use crate::files::{Files, Made};
use crate::manifest::Known;
use crate::problem::Problem;

/// How many files one step on a blocking thread reads: handing over costs more than reading a small file.
const BATCH: usize = 64;
/// Bytes after which a batch ends early.
const BATCH_BYTES: u64 = 1 << 20;
/// Bytes that are read at a time to be hashed.
const CHUNK: u64 = 256 << 10;

/// How many threads read at a time.
pub(crate) fn readers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8)
}

/// Numbers of files in batches of about equal work.
pub(crate) fn batches(
    files: &Files,
    numbers: impl Iterator<Item = usize> + Send,
) -> impl Iterator<Item = Vec<usize>> + Send {
    let mut numbers = numbers;
    std::iter::from_fn(move || {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(at) = numbers.next() else { break };
            batch.push(at);
            bytes += files.at(at).size;
        }
        Some(batch).filter(|batch| !batch.is_empty())
    })
}

/// Of the files that are known, those that are something else, with what they are; in the order of their numbers.
pub(crate) async fn differing(
    files: Arc<Files>,
    known: Arc<Vec<Option<Known>>>,
) -> anyhow::Result<Vec<(usize, Digest)>> {
    let mut found = Vec::new();
    let mut reading: JoinSet<anyhow::Result<Vec<(usize, Digest)>>> = JoinSet::new();
    let unread =
        |at: &usize| known[*at].is_some_and(|known| known.digest.is_some()) && files.made(files.at(*at).key).is_none();
    for batch in batches(&files, (0..files.len()).filter(unread)) {
        if reading.len() >= readers() {
            found.extend(next(&mut reading).await?.unwrap_or_default());
        }
        let (files, known) = (Arc::clone(&files), Arc::clone(&known));
        reading.spawn_blocking(move || {
            let (mut buffer, mut changed) = (Vec::new(), Vec::new());
            for at in batch {
                let digest = digest(&files.path(files.at(at).key), &mut buffer)?;
                if known[at].and_then(|known| known.digest) != Some(digest) {
                    changed.push((at, digest));
                }
            }
            Ok(changed)
        });
    }
    while let Some(more) = next(&mut reading).await? {
        found.extend(more);
    }
    found.sort_unstable_by_key(|(at, _)| *at);
    Ok(found)
}

async fn next<T: 'static>(reading: &mut JoinSet<anyhow::Result<T>>) -> anyhow::Result<Option<T>> {
    reading.join_next().await.map(|done| done.context("a reader was cut off")?).transpose()
}

/// The digest of a file, part by part through one buffer.
pub(crate) fn digest(path: &Path, buffer: &mut Vec<u8>) -> anyhow::Result<Digest> {
    let context = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(context)?;
    let size = part_size(file.metadata().with_context(context)?.len());
    let mut parts = Vec::new();
    loop {
        let (mut hasher, mut left) = (Sha256::new(), size);
        while left > 0 {
            buffer.clear();
            let read = (&mut file).take(left.min(CHUNK)).read_to_end(buffer).with_context(context)?;
            hasher.update(&buffer);
            left -= read as u64;
            if (read as u64) < CHUNK {
                break;
            }
        }
        if left < size || parts.is_empty() {
            parts.push(Digest(hasher.finalize().into()));
        }
        if left > 0 {
            return Ok(Digest::of_parts(&parts));
        }
    }
}

/// The bytes of a file of at most one part, which is what they are here, whoever writes to it. `planned` is what the plan
/// was made with.
pub(crate) fn whole(files: &Files, at: usize, planned: Option<Digest>) -> anyhow::Result<Made> {
    let file = files.at(at);
    if let Some(made) = files.made(file.key) {
        return Ok(made.clone());
    }
    let path = files.path(file.key);
    let context = || format!("cannot read `{}`", path.display());
    let opened = File::open(&path).with_context(context)?;
    let mut bytes = Vec::with_capacity(usize::try_from(file.size).unwrap_or_default() + 1);
    opened.take(PART + 1).read_to_end(&mut bytes).with_context(context)?;
    let made = Made::new(bytes);
    if made.bytes.len() as u64 != file.size || planned.is_some_and(|planned| planned != made.digest) {
        return Err(changed(&path).into());
    }
    Ok(made)
}

/// A part of a file, read into an empty buffer.
pub(crate) fn part(path: &Path, (from, size): (u64, u64), buffer: Vec<u8>) -> anyhow::Result<(Vec<u8>, Digest)> {
    use std::io::{Seek, SeekFrom};
    let context = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(context)?;
    file.seek(SeekFrom::Start(from)).with_context(context)?;
    let mut bytes = buffer;
    bytes.reserve_exact(usize::try_from(size).with_context(context)?);
    file.take(size).read_to_end(&mut bytes).with_context(context)?;
    if bytes.len() as u64 != size {
        return Err(changed(path).into());
    }
    let digest = Digest::of(&bytes);
    Ok((bytes, digest))
}

/// A file that is another one than a moment ago.
pub(crate) fn changed(path: &Path) -> Problem {
    Problem::failed(format!("`{}` was changed while it was being synced", path.display()))
        .hint("wait for the build to end, then run the same command again")
}
