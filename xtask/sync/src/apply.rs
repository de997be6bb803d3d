//! Carries out a plan. The order is what makes a visitor see the old site or the new one, and never half of each:
//! new names → claim → overwritten names → documents → `index.html` → invalidation → manifest → deletes.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use anyhow::Context;
use tokio::task::JoinSet;

use crate::digest::PART;
use crate::files::{Files, Made};
use crate::invalidation;
use crate::manifest::{self, KEY, Summary};
use crate::plan::{self, Options, Plan, Upload};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::read;
use crate::rules::{Class, Headers};
use crate::store::{Body, Object, Store, Stored, When};
use crate::work::{State, Work};

/// Files that are read and not sent yet.
const READY: usize = 256;
/// Bytes of small files that are held at a time.
const HELD: u64 = 4 << 20;

/// What was done.
#[derive(Debug, Default)]
pub struct Applied {
    /// Bytes put, without the manifest's.
    pub bytes: u64,
    /// Invalidation paths.
    pub invalidated: Vec<String>,
    /// Why the invalidation failed; the manifest keeps its keys for the next run.
    pub invalidation_error: Option<anyhow::Error>,
}

/// Brings the store to the plan's end, and notes in `work` what was put. Stopped anywhere, the next run's plan goes on from there.
pub(crate) async fn apply<S: Store>(
    store: &S,
    work: &mut Work,
    plan: &Plan,
    options: &Options,
    progress: &Progress,
) -> anyhow::Result<Applied> {
    let bytes = plan.uploads.iter().map(|upload| work.file(upload).size).sum();
    progress.expect(plan.uploads.len(), bytes);
    let mut etag = work.manifest_etag.clone();
    put_all(store, work, (plan, |one, _| !one.overwrites), progress).await?;
    if let Some(claim) = &plan.claim {
        let summary = plan::summary(options, &claim.pending);
        etag = write(store, work, &summary, None, etag).await?;
    }
    let before = |one: &Upload, class| one.overwrites && matches!(class, Class::Hashed | Class::Fixed);
    put_all(store, work, (plan, before), progress).await?;
    put_all(store, work, (plan, |_, class| class == Class::Document), progress).await?;
    let index = plan.uploads.iter().copied().find(|one| work.file(one).class == Class::Index);
    if let Some(upload) = index {
        let (at, size) = (upload.at(), work.file(&upload).size);
        let made = read::whole(&work.files, at, work.digest(at))?;
        // The switch itself is conditional: of two syncs at once, one wins and the other learns of it.
        let when = work.index_etag.clone().map_or(When::Absent, When::Etag);
        let stored = store.put(object(&work.files, at, made), when).await?.ok_or_else(lost)?;
        work.note(at, plan::known(work, at, stored.digest, &stored.etag));
        progress.done(size);
    }

    let known = || work.files.iter().map(|file| file.key);
    let invalidated = invalidation::paths(&plan.invalidate.keys(&work.files), known());
    let mut applied = Applied { bytes, invalidated, ..Applied::default() };
    if !applied.invalidated.is_empty() {
        applied.invalidation_error = store.invalidate(&applied.invalidated).await.err();
    }
    let failed = applied.invalidation_error.is_some();
    let left = if failed { plan.invalidate.pending(&work.files) } else { BTreeSet::new() };
    // What is deleted waits for the CDN from before it is gone until it is forgotten.
    let pending = left.union(&plan.forget).cloned().collect();
    let summary = plan::summary(options, &pending);
    if must_write(work, plan, &summary) {
        etag = write(store, work, &summary, Some(plan), etag).await?;
    }
    // At once after the manifest has let go of them: a sync that wants one again has claimed it before, and then this
    // line is not reached. One that starts right here and wants one loses it, and gets it back by the next list.
    if !plan.deletes.is_empty() {
        store.delete(&plan.deletes).await?;
    }
    if !plan.forget.is_empty() {
        let paths = invalidation::paths(&plan.forgotten(), known());
        match store.invalidate(&paths).await {
            Ok(()) => drop(write(store, work, &plan::summary(options, &left), Some(plan), etag).await?),
            Err(error) => applied.invalidation_error = Some(error),
        }
        applied.invalidated.extend(paths);
    }
    Ok(applied)
}

/// Whether the manifest says something else after this plan.
fn must_write(work: &Work, plan: &Plan, summary: &Summary) -> bool {
    let strays = || {
        let told = work.strays.iter().filter_map(|(key, stray)| Some((key, stray.told?)));
        told.ne(plan.stale.iter().map(|(key, told)| (key, *told)))
    };
    work.state != State::Good || *summary != work.summary || !plan.uploads.is_empty() || work.returns || strays()
}

/// Files of one step of the order, in any order.
async fn put_all<S: Store>(
    store: &S,
    work: &mut Work,
    (plan, wanted): (&Plan, impl Fn(&Upload, Class) -> bool + Send + Sync),
    progress: &Progress,
) -> anyhow::Result<()> {
    let (files, wanted) = (&Arc::clone(&work.files), &wanted);
    let chosen = |small: bool| {
        let fits = move |upload: &&Upload| {
            let file = files.at(upload.at());
            (file.size <= PART) == small && wanted(upload, file.class)
        };
        plan.uploads.iter().filter(fits).map(|upload| upload.at())
    };
    let mut sending: JoinSet<anyhow::Result<(usize, Stored)>> = JoinSet::new();
    let mut reading: JoinSet<anyhow::Result<Vec<(usize, Made)>>> = JoinSet::new();
    let (mut batches, mut large) = (read::batches(files, chosen(true)), chosen(false));
    let mut ready: VecDeque<(usize, Made)> = VecDeque::new();
    let (mut held, size) = (0, |at: usize| files.at(at).size);
    loop {
        while sending.len() < store.window() {
            let object = if let Some((at, made)) = ready.pop_front() {
                (at, object(files, at, made))
            } else if let Some(at) = large.next() {
                let file = files.at(at);
                let body = Body::File(files.path(file.key), file.size, work.digest(at));
                (at, Object { key: file.key.to_owned(), headers: files.headers(file).clone(), body })
            } else {
                break;
            };
            let store = store.clone();
            sending.spawn(async move {
                let stored = store.put(object.1, When::Always).await?;
                Ok((object.0, stored.context("a put without a condition has none that fails")?))
            });
        }
        while ready.len() < READY && held < HELD && reading.len() < read::readers() {
            let Some(batch) = batches.next() else { break };
            held += batch.iter().map(|at| size(*at)).sum::<u64>();
            let planned: Vec<_> = batch.into_iter().map(|at| (at, work.digest(at))).collect();
            let files = Arc::clone(files);
            reading.spawn_blocking(move || {
                planned.into_iter().map(|(at, planned)| Ok((at, read::whole(&files, at, planned)?))).collect()
            });
        }
        tokio::select! {
            Some(read) = reading.join_next() => ready.extend(read.context("a reader was cut off")??),
            Some(sent) = sending.join_next() => {
                let (at, stored) = sent.context("an upload was cut off")??;
                if size(at) <= PART {
                    held -= size(at);
                }
                work.note(at, plan::known(work, at, stored.digest, &stored.etag));
                progress.done(size(at));
            }
            else => return Ok(()),
        }
    }
}

fn object(files: &Files, at: usize, made: Made) -> Object {
    let file = files.at(at);
    let (key, headers) = (file.key.to_owned(), files.headers(file).clone());
    Object { key, headers, body: Body::Bytes(made.bytes, made.digest) }
}

async fn write<S: Store>(
    store: &S,
    work: &Work,
    summary: &Summary,
    after: Option<&Plan>,
    etag: Option<String>,
) -> anyhow::Result<Option<String>> {
    let pieces = manifest::pieces(summary, work.headers.all(), plan::entries(work, after))?;
    let headers = Headers {
        content_type: "application/json; charset=utf-8".to_owned(),
        cache_control: "no-store".to_owned(),
        content_encoding: "gzip".to_owned(),
        ..Headers::default()
    };
    let object = Object { key: KEY.to_owned(), headers, body: Body::Pieces(pieces) };
    let when = etag.map_or(When::Absent, When::Etag);
    Ok(Some(store.put(object, when).await?.ok_or_else(lost)?.etag))
}

fn lost() -> Problem {
    Problem::failed("another sync changed the same place at the same time").hint("run the same command again")
}
