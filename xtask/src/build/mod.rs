//! From a package to an artifact in the bucket: digest of the inputs, one cargo call, a checked ELF, a deterministic zip.

mod artifact;
mod cargo;
mod digest;
mod elf;
mod freshness;
mod messages;
mod package;
mod packaged;
mod plan;
mod verify;

pub use artifact::{Artifact, Prepared, digests, ensure, look, megabytes, package_all, planned};
pub(crate) use cargo::is_cargo_run;
pub(crate) use digest::{APART as PACKAGE_APART, Workspace};
pub use packaged::{Form, Packaged};
pub(crate) use packaged::{LINKS, same_sources};
pub use plan::Plan;
pub use verify::verify;

/// The folders of the workspace's packages that a package is built from, its own included, below the root.
pub fn folders(
    root: &std::path::Path,
    package: &str,
) -> anyhow::Result<std::collections::BTreeSet<std::path::PathBuf>> {
    digest::Workspace::load(root)?.folders(package)
}
