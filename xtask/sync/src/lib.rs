//! Brings a bucket to a folder. Content decides, never time; one manifest and one list decide everything; what visitors
//! see changes at one instant; killed anywhere, the next run goes on.
//!
//! Pure: `digest`, `rules`, `names`, `manifest`, `work`, `plan`, `invalidation`. `files` and `read` know the disk, `store`
//! is the wire's four calls, `apply` the order of the writes, `s3` the wire itself. Nothing here prints, and nothing
//! knows what is synced or for whom.

mod apply;
mod digest;
mod files;
mod invalidation;
mod manifest;
mod names;
mod plan;
mod problem;
mod progress;
mod read;
mod rules;
pub mod s3;
mod store;
mod work;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::Context;

use store::Store;

pub use apply::Applied;
pub use digest::{Digest, PART, Tag};
pub use files::{File, Files, Made, Walk};
pub use manifest::{KEY, OWN};
pub use plan::{GRACE, Options, Outdated, Plan, Reason, Upload, plan};
pub use problem::Problem;
pub use progress::{Progress, Reached};
pub use rules::{Class, Headers, INDEX, Kind, Rule, Rules};
pub use work::{State, Work};

/// Looks at the store, and reads the files that may have changed while the list is still coming.
pub(crate) async fn observe<S: Store>(store: &S, files: Files) -> anyhow::Result<Work> {
    let mut work = Work::new(files);
    let (early, hears) = tokio::sync::oneshot::channel();
    work.early = Some(early);
    let files = Arc::clone(&work.files);
    let reading = tokio::spawn(async move {
        match hears.await {
            Ok(known) => read::differing(files, known).await,
            Err(_) => Ok(Vec::new()),
        }
    });
    store.observe(&mut work).await?;
    // Without a manifest nothing was heard of.
    drop(work.early.take());
    work.changed = reading.await.context("a reader was cut off")??;
    if work.state != State::Good {
        work.changed = read::differing(Arc::clone(&work.files), Arc::clone(&work.known)).await?;
    }
    Ok(work)
}
