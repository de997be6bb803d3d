//! Reads files on threads that may block: to learn what they are, or to send them.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::digest::{Digest, PART, part_size};
use crate::files::{Files, Made};
use crate::problem::Problem;

/// How many files one step on a blocking thread reads: handing over costs more than reading a small file.
const BATCH: usize = 64;
/// Bytes after which a batch ends early.
const BATCH_BYTES: u64 = 1 << 20;

/// How many threads read at a time.
pub(crate) fn readers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8)
}

/// Numbers of files in batches of about equal work.
pub(crate) fn batches(files: &Files, numbers: &[usize]) -> Vec<Vec<usize>> {
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for &at in numbers {
        batch.push(at);
        bytes += files.all[at].size;
        if batch.len() >= BATCH || bytes >= BATCH_BYTES {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
    }
    batches.extend((!batch.is_empty()).then_some(batch));
    batches
}

/// The digests of these files.
pub(crate) async fn digests(files: Arc<Files>, numbers: Vec<usize>) -> anyhow::Result<Vec<(usize, Digest)>> {
    let mut found = Vec::with_capacity(numbers.len());
    let mut reading: JoinSet<anyhow::Result<Vec<(usize, Digest)>>> = JoinSet::new();
    for batch in batches(&files, &numbers) {
        if reading.len() >= readers() {
            found.extend(next(&mut reading).await?.unwrap_or_default());
        }
        let files = Arc::clone(&files);
        reading.spawn_blocking(move || {
            let mut buffer = Vec::new();
            batch.into_iter().map(|at| Ok((at, digest(&files.path(&files.all[at]), &mut buffer)?))).collect()
        });
    }
    while let Some(more) = next(&mut reading).await? {
        found.extend(more);
    }
    Ok(found)
}

async fn next<T: 'static>(reading: &mut JoinSet<anyhow::Result<T>>) -> anyhow::Result<Option<T>> {
    reading.join_next().await.map(|done| done.context("a reader was cut off")?).transpose()
}

/// The digest of a file, part by part through one buffer.
fn digest(path: &Path, buffer: &mut Vec<u8>) -> anyhow::Result<Digest> {
    let context = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(context)?;
    let size = file.metadata().with_context(context)?.len();
    let mut parts = Vec::new();
    loop {
        buffer.clear();
        let read = (&mut file).take(part_size(size)).read_to_end(buffer).with_context(context)?;
        if read > 0 || parts.is_empty() {
            parts.push(Digest::of(buffer));
        }
        if (read as u64) < part_size(size) {
            return Ok(Digest::of_parts(&parts));
        }
    }
}

/// The bytes of a file of at most one part, which is what they are here, whoever writes to it. `planned` is what the plan
/// was made with.
pub(crate) fn whole(files: &Files, at: usize, planned: Option<Digest>) -> anyhow::Result<Made> {
    let file = &files.all[at];
    if let Some(made) = &file.made {
        return Ok(made.clone());
    }
    let path = files.path(file);
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

/// A part of a file.
pub(crate) fn part(path: &Path, from: u64, size: u64) -> anyhow::Result<(Bytes, Digest)> {
    use std::io::{Seek, SeekFrom};
    let context = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(context)?;
    file.seek(SeekFrom::Start(from)).with_context(context)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).with_context(context)?);
    file.take(size).read_to_end(&mut bytes).with_context(context)?;
    if bytes.len() as u64 != size {
        return Err(changed(path).into());
    }
    let digest = Digest::of(&bytes);
    Ok((Bytes::from(bytes), digest))
}

/// A file that is another one than a moment ago.
pub(crate) fn changed(path: &Path) -> Problem {
    Problem::failed(format!("`{}` was changed while it was being synced", path.display()))
        .hint("wait for the build to end, then run the same command again")
}
