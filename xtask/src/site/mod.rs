//! A static site: npm builds it, the sync brings a bucket to what was built. Pure: `document`, `settings`, `files`,
//! `manifest`, `plan`. `store` is the wire, `apply` the order of the writes, `build` and `sync` join them.

mod apply;
mod build;
mod document;
mod files;
mod inputs;
mod manifest;
pub mod npm;
mod plan;
mod preview;
mod settings;
mod store;
mod sync;

#[cfg(test)]
mod tests;

pub use build::{Built, build};
pub use preview::{FileAction, FileChange, Preview, SitePlan, preview};
pub use sync::{Synced, sync};

/// The site of a service, or an error that says it has none.
fn spec<'a>(config: &'a crate::config::Config, service: &str) -> anyhow::Result<&'a crate::config::Site> {
    let found = config.app.services.get(service).and_then(|one| one.site.as_ref());
    found.ok_or_else(|| crate::error::Problem::usage(format!("service `{service}` has no site")).into())
}
