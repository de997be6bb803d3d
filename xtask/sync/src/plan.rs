//! From what is wanted, what is there and the time: what to do. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::digest::Tag;
use crate::files::Files;
use crate::invalidation;
use crate::manifest::{Known, Summary};
use crate::problem::Problem;
use crate::rules::Class;
use crate::work::{State, Work};

/// How long a file outlives the last document that named it: tabs that stay open over a day are rare, and documents are
/// `no-cache`, so a reload is enough.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// What a sync may do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who the prefix belongs to. Another owner's prefix is refused.
    pub owner: String,
    /// Takes over what another owner, or nobody, has put there.
    pub adopt: bool,
    /// Whether stale files are deleted, and how long after nobody wanted them any more.
    pub delete: Option<SignedDuration>,
    /// The most files that one sync deletes.
    pub max_delete: usize,
}

/// Why a file is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its number among the files.
    pub at: usize,
    /// Why.
    pub reason: Reason,
    /// Whether an object is there under this key.
    pub replaces: bool,
    /// Whether visitors may have seen other bytes under this key.
    pub overwrites: bool,
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files to put.
    pub uploads: Vec<Upload>,
    /// Keys that the CDN is to forget.
    pub invalidate: BTreeSet<String>,
    /// Stale files whose grace is over.
    pub deletes: Vec<String>,
    /// Those of them that the CDN is to forget once they are gone.
    pub forget: BTreeSet<String>,
    /// Files that are as they should be.
    pub unchanged: usize,
    /// Whether the manifest must say something before anything that visitors see changes; see `claim`.
    pub(crate) claim: Option<Claim>,
    /// Stale files that stay, and since which minute they are.
    pub(crate) stale: BTreeMap<Box<str>, Known>,
}

/// What a manifest must say before visitors see a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) pending: BTreeSet<String>,
}

impl Plan {
    /// The paths that the CDN is told to forget.
    #[must_use]
    pub fn paths(&self, files: &Files) -> Vec<String> {
        let known = || files.iter().map(|file| file.key.as_ref());
        let mut paths = invalidation::paths(&self.invalidate, known());
        paths.extend(invalidation::paths(&self.forget, known()));
        paths
    }

    /// For a bucket without a CDN before it.
    pub fn forget_nothing(&mut self) {
        self.invalidate.clear();
        self.forget.clear();
        if let Some(claim) = &mut self.claim {
            claim.pending.clear();
        }
    }
}

/// Works out what brings the bucket to the files.
pub fn plan(work: &Work, options: &Options, now: Timestamp) -> Result<Plan, Problem> {
    check_owner(work, options)?;
    let mut plan = Plan::default();
    for at in 0..work.files.len() {
        match reason(work, at) {
            None => plan.unchanged += 1,
            Some(reason) => {
                let replaces = work.listed[at].is_some();
                // Only a hashed name that nobody has seen needs no invalidation: any other may be cached at the edge.
                let overwrites = work.files.all[at].class != Class::Hashed || reason != Reason::New || replaces;
                plan.uploads.push(Upload { at, reason, replaces, overwrites });
            }
        }
    }
    let minute = minutes(now);
    for (key, stray) in &work.strays {
        let Some(tag) = stray.listed else { continue };
        let since = stray.known.and_then(|known| known.stale).unwrap_or(minute);
        let grace = options.delete.map(|grace| u32::try_from(grace.as_mins()).unwrap_or_default());
        if grace.is_some_and(|grace| minute.saturating_sub(since) >= grace) {
            plan.deletes.push(key.to_string());
            let headers = stray.known.and_then(|known| known.headers).map(|number| work.headers.get(number));
            // What is kept for a year is named after its content: nobody asks for it any more.
            if headers.is_none_or(|headers| !headers.cache_control.contains("immutable")) {
                plan.forget.insert(key.to_string());
            }
        } else {
            let nothing = Known { digest: None, tag, headers: None, stale: None };
            plan.stale.insert(key.clone(), Known { stale: Some(since), ..stray.known.unwrap_or(nothing) });
        }
    }
    if plan.deletes.len() > options.max_delete {
        let message =
            format!("{} objects would be deleted, and at most {} may be", plan.deletes.len(), options.max_delete);
        return Err(Problem::refused(message)
            .hint(format!("is it the right folder? if so: --max-delete {}", plan.deletes.len())));
    }
    let changed = plan.uploads.iter().filter(|upload| upload.overwrites).map(|upload| key(work, upload));
    plan.invalidate = changed.chain(work.summary.pending.iter().cloned()).collect();
    if work.state != State::Good && work.objects > 0 {
        // What was pending at the CDN, the lost manifest alone knew.
        let seen = work
            .files
            .all
            .iter()
            .zip(&work.listed)
            .filter(|(file, listed)| listed.is_some() && file.class != Class::Hashed);
        plan.invalidate.extend(seen.map(|(file, _)| file.key.to_string()));
    }
    plan.claim = claim(work, &plan);
    Ok(plan)
}

/// Minutes since 1970.
pub(crate) fn minutes(now: Timestamp) -> u32 {
    u32::try_from(now.as_second() / 60).unwrap_or_default()
}

pub(crate) fn key(work: &Work, upload: &Upload) -> String {
    work.files.all[upload.at].key.to_string()
}

fn reason(work: &Work, at: usize) -> Option<Reason> {
    let (file, digest, listed) = (&work.files.all[at], work.digests[at], work.listed[at]);
    match (work.known[at], listed) {
        (None, _) => Some(Reason::New),
        (Some(_), None) => Some(Reason::Missing),
        (Some(known), _) if known.digest.is_none() || known.digest != digest => Some(Reason::Content),
        (Some(known), _) if known.headers != Some(file.headers) => Some(Reason::Headers),
        (Some(known), Some(tag)) if known.tag != tag => Some(Reason::Foreign),
        _ => None,
    }
}

fn check_owner(work: &Work, options: &Options) -> Result<(), Problem> {
    if options.adopt {
        return Ok(());
    }
    let hint = "another prefix is free for this folder; --adopt takes this one over, and sends only what differs";
    match (work.state, work.owner()) {
        (_, Some(owner)) if owner != options.owner => {
            let message = format!("this prefix belongs to `{owner}`, and this folder is `{}`", options.owner);
            Err(Problem::refused(message).hint(hint))
        }
        (State::Absent, _) if work.objects > 0 => {
            let message =
                format!("{} objects are there that no manifest knows: somebody else's, perhaps", work.objects);
            Err(Problem::refused(message).hint(hint))
        }
        _ => Ok(()),
    }
}

/// Two cases need the manifest's word before a document changes. A stale file that is wanted again must be taken from
/// a sync that is about to delete it (its own manifest write then fails). And a key put back to what the manifest
/// says already would look finished to the next sync, were this one killed before the invalidation.
fn claim(work: &Work, plan: &Plan) -> Option<Claim> {
    if plan.uploads.iter().all(|upload| !upload.overwrites) {
        return None;
    }
    let restores = |upload: &Upload| matches!(upload.reason, Reason::Foreign | Reason::Missing);
    let mends = plan.uploads.iter().any(|upload| upload.overwrites && restores(upload));
    let pending = if mends { plan.invalidate.clone() } else { work.summary.pending.clone() };
    let returns = work.known.iter().flatten().any(|known| known.stale.is_some());
    (returns || pending != work.summary.pending).then_some(Claim { pending })
}

/// What a manifest says of all files: as the bucket was, or as it is after the uploads.
pub(crate) fn entries<'a>(
    work: &'a Work,
    after: Option<(&'a Plan, &'a [Option<Known>])>,
) -> impl Iterator<Item = (&'a str, Known)> + Clone {
    let file = move |at: usize| {
        let known = match after {
            Some((_, done)) => done[at].or(work.known[at]),
            None => work.known[at],
        };
        known.map(|known| (work.files.all[at].key.as_ref(), Known { stale: None, ..known }))
    };
    let strays = work.strays.iter().filter_map(move |(key, stray)| match after {
        Some((plan, _)) => plan.stale.get(key).map(|known| (key.as_ref(), *known)),
        None => stray.known.map(|known| (key.as_ref(), known)),
    });
    merge((0..work.files.len()).filter_map(file), strays)
}

/// Two lists in the order of keys as one.
fn merge<'a>(
    one: impl Iterator<Item = (&'a str, Known)> + Clone,
    other: impl Iterator<Item = (&'a str, Known)> + Clone,
) -> impl Iterator<Item = (&'a str, Known)> + Clone {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(mine), Some(theirs)) if theirs.0 < mine.0 => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

/// What the manifest says of itself.
pub(crate) fn summary(options: &Options, pending: &BTreeSet<String>) -> Summary {
    Summary { owner: options.owner.clone(), pending: pending.clone() }
}

/// A file that was put.
pub(crate) fn known(work: &Work, at: usize, digest: crate::digest::Digest, etag: &str) -> Known {
    Known { digest: Some(digest), tag: Tag::of(etag), headers: Some(work.files.all[at].headers), stale: None }
}
