//! Carries out a plan. The order is what makes a visitor see the old site or the new one, and never half of each:
//! new names → claim → overwritten names → `index.html` → invalidation → manifest → deletes.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::files::{Class, Files, SiteFile};
use super::manifest::{KEY, Manifest};
use super::plan::{Observed, Plan, Upload, invalidation_paths};
use super::store::{Store, When};
use crate::error::Problem;

/// Uploads at a time: enough to hide latency, few enough for a slow line.
const PARALLEL: usize = 16;

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Bytes put, without the manifest's.
    pub(super) bytes: u64,
    /// Invalidation paths.
    pub(super) invalidated: Vec<String>,
    /// Why the invalidation failed; the manifest keeps its paths for the next run.
    pub(super) invalidation_error: Option<anyhow::Error>,
}

/// Brings the store to the plan's end. Stopped anywhere, the next run's plan goes on from there.
pub(super) async fn apply<S: Store>(
    store: &S,
    files: &Files,
    observed: &Observed,
    plan: &Plan,
) -> anyhow::Result<Applied> {
    let (changed, fresh): (Vec<&Upload>, Vec<&Upload>) = plan.uploads.iter().partition(|upload| upload.overwrites);
    let (index, fixed): (Vec<&Upload>, Vec<&Upload>) = changed.iter().partition(|upload| upload.class == Class::Index);
    let mut next = plan.next.clone();
    let mut manifest = (observed.manifest.clone(), observed.manifest_etag.clone());

    let mut etags = put_all(store, files, &fresh).await?;
    if let Some(claim) = &plan.claim {
        manifest = write_manifest(store, claim.clone(), manifest.1).await?;
    }
    etags.extend(put_all(store, files, &fixed).await?);
    for upload in index {
        let file = file(files, upload)?;
        // The switch itself is conditional: of two deploys at once, one wins and the other learns of it.
        let when = observed.objects.get(&upload.path).cloned().map_or(When::Absent, When::Etag);
        let etag = store.put(file, &when).await?.ok_or_else(lost)?;
        etags.insert(upload.path.clone(), etag);
    }
    for (path, etag) in etags {
        if let Some(entry) = next.files.get_mut(&path) {
            entry.etag = etag;
        }
    }

    let mut applied = Applied { invalidated: invalidation_paths(&plan.invalidate), ..Applied::default() };
    applied.bytes = plan.uploads.iter().filter_map(|upload| files.get(&upload.path)).map(|file| file.size).sum();
    if !applied.invalidated.is_empty() {
        applied.invalidation_error = store.invalidate(&applied.invalidated).await.err();
    }
    if applied.invalidation_error.is_some() {
        next.pending_invalidation.clone_from(&plan.invalidate);
    }
    if next != manifest.0 {
        write_manifest(store, next, manifest.1).await?;
    }
    // At once after the manifest has let go of them: a deploy that wants one again has claimed it before, and then this
    // line is not reached. One that starts right here and wants one loses it, and gets it back by the next LIST.
    if !plan.deletes.is_empty() {
        store.delete(&plan.deletes).await?;
    }
    Ok(applied)
}

async fn put_all<S: Store>(store: &S, files: &Files, uploads: &[&Upload]) -> anyhow::Result<BTreeMap<String, String>> {
    let slots = Arc::new(Semaphore::new(PARALLEL));
    let mut tasks = JoinSet::new();
    for upload in uploads {
        let (store, file, slots) = (store.clone(), file(files, upload)?.clone(), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire().await?;
            let etag = store.put(&file, &When::Always).await?;
            anyhow::Ok((file.path, etag.unwrap_or_default()))
        });
    }
    let mut etags = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        let (path, etag) = done.context("an upload was cut off")??;
        etags.insert(path, etag);
    }
    Ok(etags)
}

async fn write_manifest<S: Store>(
    store: &S,
    manifest: Manifest,
    etag: Option<String>,
) -> anyhow::Result<(Manifest, Option<String>)> {
    let mut file = SiteFile::of_bytes(KEY, manifest.bytes()?);
    "no-store".clone_into(&mut file.headers.cache_control);
    let when = etag.map_or(When::Absent, When::Etag);
    let etag = store.put(&file, &when).await?.ok_or_else(lost)?;
    Ok((manifest, Some(etag)))
}

fn file<'a>(files: &'a Files, upload: &Upload) -> anyhow::Result<&'a SiteFile> {
    files.get(&upload.path).with_context(|| format!("the plan names `{}`, which is no file of the site", upload.path))
}

fn lost() -> Problem {
    Problem::failed("another deploy changed the site at the same time").hint("run the same command again")
}
