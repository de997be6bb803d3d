//! From what is wanted, what is there and the time: what to do. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::files::{Class, Files, SiteFile};
use super::manifest::{Entry, Manifest};

/// How long a file outlives the last `index.html` that named it: tabs that stay open over a day are rare, and
/// `index.html` is `no-cache`, so a reload is enough.
pub(super) const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// What is in the bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) manifest: Manifest,
    /// The manifest's own ETag; none where there is no manifest.
    pub(super) manifest_etag: Option<String>,
    /// Key → ETag of every object of the site.
    pub(super) objects: BTreeMap<String, String>,
}

/// Why a file is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reason {
    /// No manifest knows it.
    New,
    /// The manifest knows it, the bucket lacks it.
    Missing,
    /// Other bytes.
    Content,
    /// The same bytes under other headers.
    Headers,
    /// Somebody else wrote it since.
    Foreign,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Missing => "missing in the bucket",
            Self::Content => "content changed",
            Self::Headers => "headers changed",
            Self::Foreign => "changed by somebody else",
        })
    }
}

/// A file to put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Upload {
    pub(super) path: String,
    pub(super) class: Class,
    pub(super) reason: Reason,
    /// Whether visitors may have seen other bytes under this path.
    pub(super) overwrites: bool,
}

/// What to do, in the order of the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Files to put.
    pub(super) uploads: Vec<Upload>,
    /// A manifest to write before anything that visitors see changes; see `claim`.
    pub(super) claim: Option<Manifest>,
    /// Paths to invalidate at the CDN.
    pub(super) invalidate: BTreeSet<String>,
    /// The manifest at the end, without the ETags of what is to be put.
    pub(super) next: Manifest,
    /// Stale files whose grace is over.
    pub(super) deletes: Vec<String>,
    /// Files that are as they should be.
    pub(super) unchanged: usize,
}

/// Works out what brings the bucket to `files`.
pub(super) fn plan(files: &Files, observed: &Observed, now: Timestamp) -> Plan {
    let known = &observed.manifest.files;
    let mut next = Manifest::default();
    let mut uploads = Vec::new();
    for (path, file) in files {
        let etag = observed.objects.get(path);
        let class = Class::of(path);
        let reason = reason(file, known.get(path), etag);
        if let Some(reason) = reason {
            // Only a hashed name that nobody has seen needs no invalidation: any other may be cached at the edge.
            let overwrites = class != Class::Hashed || reason != Reason::New || etag.is_some();
            uploads.push(Upload { path: path.clone(), class, reason, overwrites });
        }
        let etag = if reason.is_none() { etag.cloned().unwrap_or_default() } else { String::new() };
        let entry = Entry { sha256: Some(file.sha256.clone()), headers: file.headers.clone(), etag, stale_since: None };
        next.files.insert(path.clone(), entry);
    }
    let mut deletes = Vec::new();
    for (path, etag) in observed.objects.iter().filter(|(path, _)| !files.contains_key(*path)) {
        let entry = known.get(path).cloned().unwrap_or_else(|| Entry { etag: etag.clone(), ..Entry::default() });
        let since = entry.stale_since.unwrap_or(now);
        if now.duration_since(since) >= GRACE {
            deletes.push(path.clone());
        } else {
            next.files.insert(path.clone(), Entry { stale_since: Some(since), ..entry });
        }
    }
    let changed = uploads.iter().filter(|upload| upload.overwrites).map(|upload| upload.path.clone());
    let invalidate: BTreeSet<String> = changed.chain(observed.manifest.pending_invalidation.iter().cloned()).collect();
    let claim = claim(files, observed, &uploads, &invalidate);
    Plan { unchanged: files.len() - uploads.len(), uploads, claim, invalidate, next, deletes }
}

fn reason(file: &SiteFile, entry: Option<&Entry>, etag: Option<&String>) -> Option<Reason> {
    match (entry, etag) {
        (None, _) => Some(Reason::New),
        (Some(_), None) => Some(Reason::Missing),
        (Some(entry), _) if entry.sha256.as_ref() != Some(&file.sha256) => Some(Reason::Content),
        (Some(entry), _) if entry.headers != file.headers => Some(Reason::Headers),
        (Some(entry), Some(etag)) if entry.etag != *etag => Some(Reason::Foreign),
        _ => None,
    }
}

/// Two cases need the manifest's word before `index.html` changes. A stale file that is wanted again must be taken from
/// a deploy that is about to delete it (its own manifest write then fails). And a path put back to what the manifest
/// says already would look finished to the next deploy, were this one killed before the invalidation.
fn claim(files: &Files, observed: &Observed, uploads: &[Upload], invalidate: &BTreeSet<String>) -> Option<Manifest> {
    if uploads.iter().all(|upload| !upload.overwrites) {
        return None;
    }
    let mut manifest = observed.manifest.clone();
    for (_, entry) in manifest.files.iter_mut().filter(|(path, _)| files.contains_key(*path)) {
        entry.stale_since = None;
    }
    let restores = |upload: &Upload| matches!(upload.reason, Reason::Foreign | Reason::Missing);
    if uploads.iter().any(|upload| upload.overwrites && restores(upload)) {
        manifest.pending_invalidation.clone_from(invalidate);
    }
    (manifest != observed.manifest).then_some(manifest)
}

/// The invalidation paths of site paths, folded to at most 15: a distribution takes 3,000 paths in progress, but only
/// 15 with a wildcard (CloudFront quotas), and a long list says no more than its folders.
pub(super) fn invalidation_paths(paths: &BTreeSet<String>) -> Vec<String> {
    const MOST: usize = 15;
    let whole = |path: &String| match Class::of(path) {
        Class::Index => vec!["/".to_owned(), "/index.html".to_owned()],
        Class::Hashed | Class::Fixed => vec![format!("/{}", encode(path))],
    };
    let folder = |path: &String| match path.split_once('/') {
        Some((folder, _)) => vec![format!("/{}/*", encode(folder))],
        None => whole(path),
    };
    let all: BTreeSet<String> = paths.iter().flat_map(whole).collect();
    let by_folder: BTreeSet<String> = paths.iter().flat_map(folder).collect();
    match (all.len() <= MOST, by_folder.len() <= MOST) {
        (true, _) => all.into_iter().collect(),
        (false, true) => by_folder.into_iter().collect(),
        (false, false) => vec!["/*".to_owned()],
    }
}

/// As browsers ask for it (RFC 3986's unreserved characters and `/` stay).
fn encode(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(path, KEPT).to_string()
}
