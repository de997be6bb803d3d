//! The site's state, kept in its bucket: what was put there, with which headers, and what waits for its end. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::Headers;

/// The manifest's key; everything below its folder is the deployer's, not the site's.
pub(super) const KEY: &str = ".site/manifest.json";
/// Keys that are no part of the site.
pub(super) const OWN_PREFIX: &str = ".site/";

/// What the bucket holds, as far as deployers put it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Manifest {
    pub(super) files: BTreeMap<String, Entry>,
    /// Site paths that the CDN may still hold in an old form.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) pending_invalidation: BTreeSet<String>,
}

/// One object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Entry {
    /// Hexadecimal; none for an object that a killed deploy or somebody else left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    pub(super) headers: Headers,
    /// As S3 answered the PUT: another one in the LIST is a foreign change.
    pub(super) etag: String,
    /// Since when no `index.html` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stale_since: Option<Timestamp>,
}

impl Manifest {
    /// One that cannot be read counts as none: what it would say is found by the LIST, at the price of uploads.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// The bytes that `parse` takes.
    pub(super) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}
