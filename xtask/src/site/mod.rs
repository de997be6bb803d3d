//! A static site: npm builds it, the sync brings a bucket to what was built. Pure: `document`, `settings`. `files` are the
//! built ones and what the deployer makes beside them, `place` is where they go, `build`, `preview` and `sync` join them.
//! The sync itself is the package `site-sync`.

mod build;
mod document;
mod files;
pub(crate) mod inputs;
pub mod npm;
mod place;
mod preview;
mod settings;
mod sync;

#[cfg(test)]
mod tests;

pub use build::{Built, build};
pub use place::Distribution;
pub use preview::{FileAction, FileChange, Preview, SitePlan, preview};
pub use sync::{How, Synced, not_invalidated, sync};

/// The site of a service, or an error that says it has none.
fn spec<'a>(config: &'a crate::config::Config, service: &str) -> anyhow::Result<&'a crate::config::Site> {
    let found = config.app.services.get(service).and_then(|one| one.site.as_ref());
    found.ok_or_else(|| crate::error::Problem::usage(format!("service `{service}` has no site")).into())
}
