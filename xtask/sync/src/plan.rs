//! From what is wanted, what is there and the time: what to do. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::digest::Tag;
use crate::files::{File, Files};
use crate::invalidation;
use crate::manifest::{Known, Summary, Told};
use crate::problem::Problem;
use crate::rules::Class;
use crate::work::{Listed, State, Work};

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
    /// Whether a CDN keeps old bytes, and is told to forget them.
    pub cdn: bool,
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
    at: u32,
    /// Why.
    pub reason: Reason,
    /// Whether an object is there under this key.
    pub replaces: bool,
    /// Whether visitors may have seen other bytes under this key.
    pub overwrites: bool,
}

impl Upload {
    pub(crate) fn at(self) -> usize {
        self.at as usize
    }
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files to put.
    pub uploads: Vec<Upload>,
    /// Keys that the CDN is to forget.
    pub invalidate: Outdated,
    /// Stale files whose grace is over.
    pub deletes: Vec<String>,
    /// Those of them that the CDN is to forget once they are gone.
    pub forget: BTreeSet<String>,
    /// Files that are as they should be.
    pub unchanged: usize,
    /// Whether the manifest must say something before anything that visitors see changes; see `claim`.
    pub(crate) claim: Option<Claim>,
    /// Stale files that stay, and since which minute they are.
    pub(crate) stale: BTreeMap<Box<str>, Told>,
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
        let known = || files.iter().map(|file| file.key);
        let mut paths = invalidation::paths(&self.invalidate.keys(files), known());
        paths.extend(invalidation::paths(&self.forgotten(), known()));
        paths
    }

    /// `forget` in order.
    pub(crate) fn forgotten(&self) -> Vec<&str> {
        self.forget.iter().map(String::as_str).collect()
    }
}

/// Keys that the CDN may hold in an old form: files by their numbers, since there may be many, and what has no file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outdated {
    files: Vec<u32>,
    others: BTreeSet<String>,
}

impl Outdated {
    /// In order.
    pub(crate) fn keys<'a>(&'a self, files: &'a Files) -> Vec<&'a str> {
        let own = self.files.iter().map(|at| files.at(*at as usize).key);
        let mut keys: Vec<&str> = own.chain(self.others.iter().map(String::as_str)).collect();
        keys.sort_unstable();
        keys
    }

    /// As the manifest keeps them.
    pub(crate) fn pending(&self, files: &Files) -> BTreeSet<String> {
        self.keys(files).into_iter().map(str::to_owned).collect()
    }
}

/// Works out what brings the bucket to the files.
pub fn plan(work: &Work, options: &Options, now: Timestamp) -> Result<Plan, Problem> {
    check_owner(work, options)?;
    let mut plan = Plan::default();
    for (at, file) in (0..).zip(work.files.iter()) {
        match reason(work, (at as usize, file)) {
            None => plan.unchanged += 1,
            Some(reason) => {
                let replaces = work.listed[at as usize] != Listed::Absent;
                // Only a hashed name that nobody has seen needs no invalidation: any other may be cached at the edge.
                let overwrites = file.class != Class::Hashed || reason != Reason::New || replaces;
                plan.uploads.push(Upload { at, reason, replaces, overwrites });
            }
        }
    }
    let minute = minutes(now);
    for (key, stray) in &work.strays {
        let Some(tag) = stray.listed else { continue };
        let since = stray.told.and_then(|told| told.stale).unwrap_or(minute);
        let grace = options.delete.map(|grace| u32::try_from(grace.as_mins()).unwrap_or_default());
        if grace.is_some_and(|grace| minute.saturating_sub(since) >= grace) {
            plan.deletes.push(key.to_string());
            let headers = stray.told.and_then(|told| told.known.headers).map(|number| work.headers.get(number));
            // What is kept for a year is named after its content: nobody asks for it any more.
            if options.cdn && headers.is_none_or(|headers| !headers.cache_control.contains("immutable")) {
                plan.forget.insert(key.to_string());
            }
        } else {
            let known = stray.told.map_or(Known { digest: None, tag, headers: None }, |told| told.known);
            plan.stale.insert(key.clone(), Told { known, stale: Some(since) });
        }
    }
    if plan.deletes.len() > options.max_delete {
        let message =
            format!("{} objects would be deleted, and at most {} may be", plan.deletes.len(), options.max_delete);
        return Err(Problem::refused(message)
            .hint(format!("is it the right folder? if so: --max-delete {}", plan.deletes.len())));
    }
    if options.cdn {
        plan.invalidate = outdated(work, &plan);
    }
    plan.claim = claim(work, &plan);
    Ok(plan)
}

/// What the CDN may hold in an old form once the plan is carried out.
fn outdated(work: &Work, plan: &Plan) -> Outdated {
    let mut files: Vec<u32> = plan.uploads.iter().filter(|upload| upload.overwrites).map(|upload| upload.at).collect();
    let mut others = BTreeSet::new();
    for key in &work.summary.pending {
        match work.files.find(key).map(u32::try_from) {
            Some(Ok(at)) => files.push(at),
            _ => drop(others.insert(key.clone())),
        }
    }
    if work.state != State::Good {
        // What was pending, the lost manifest alone knew.
        let seen = |(file, listed): (File<'_>, &Listed)| *listed != Listed::Absent && file.class != Class::Hashed;
        files.extend((0..).zip(work.files.iter().zip(&work.listed)).filter(|(_, one)| seen(*one)).map(|(at, _)| at));
    }
    files.sort_unstable();
    files.dedup();
    Outdated { files, others }
}

/// Minutes since 1970.
pub(crate) fn minutes(now: Timestamp) -> u32 {
    u32::try_from(now.as_second() / 60).unwrap_or_default()
}

fn reason(work: &Work, (at, file): (usize, File<'_>)) -> Option<Reason> {
    let Some(known) = work.known[at] else { return Some(Reason::New) };
    match work.listed[at] {
        Listed::Absent => Some(Reason::Missing),
        _ if known.digest.is_none() || known.digest != work.digest(at) => Some(Reason::Content),
        _ if known.headers != Some(file.headers) => Some(Reason::Headers),
        Listed::Other => Some(Reason::Foreign),
        Listed::Known => None,
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
    let pending = if mends { plan.invalidate.pending(&work.files) } else { work.summary.pending.clone() };
    (work.returns || pending != work.summary.pending).then_some(Claim { pending })
}

/// What a manifest says of all objects: of the strays as the bucket was, or as it is after the plan.
pub(crate) fn entries(
    work: &Work,
    after: Option<&Plan>,
) -> impl Iterator<Item = (String, Told)> + Clone + Send + Sync + use<> {
    let (files, known) = (Arc::clone(&work.files), Arc::clone(&work.known));
    let file = move |at: usize| Some((files.at(at).key.to_owned(), Told { known: known[at]?, stale: None }));
    let strays: Arc<[(String, Told)]> = match after {
        Some(plan) => plan.stale.iter().map(|(key, told)| (key.to_string(), *told)).collect(),
        None => work.strays.iter().filter_map(|(key, stray)| Some((key.to_string(), stray.told?))).collect(),
    };
    let stray = move |at: usize| strays.get(at).cloned();
    merge((0..work.files.len()).filter_map(file), (0..).map_while(stray))
}

/// Two lists in the order of keys as one.
fn merge<One, Other>(one: One, other: Other) -> impl Iterator<Item = (String, Told)> + Clone
where
    One: Iterator<Item = (String, Told)> + Clone,
    Other: Iterator<Item = (String, Told)> + Clone,
{
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
    Known { digest: Some(digest), tag: Tag::of(etag), headers: Some(work.files.at(at).headers) }
}
