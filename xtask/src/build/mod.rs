//! From a package to an artifact in the bucket: digest of the inputs, one cargo call, a checked ELF, a deterministic zip.

pub mod artifact;
mod cargo;
pub mod digest;
mod elf;
mod package;
pub mod plan;

pub use artifact::{Artifact, ensure};
