//! Cargo goes by times: a source that was put in place with an old one (`mv`, `cp -p`, `rsync -a`, an unpacked archive), and a target
//! folder that two clones share, are fresh to it. Here its word is held against the sources' content.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::digest::Member;
use super::messages::Compiled;
use crate::files;

/// What each file that cargo made was made from, as far as we have seen it made.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Record {
    files: BTreeMap<PathBuf, Made>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    at: SystemTime,
    sources: String,
}

impl Record {
    /// That of a clone; an empty one where there is none that can be read.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let path = path(root);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    pub(super) fn write(&self, root: &Path) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec(self)?;
        files::whole(&path(root), |to| fs::write(to, bytes))
    }

    /// What cargo took for fresh though it was made from other sources, or may have been.
    pub(super) fn stale<'a>(&self, root: &Path, compiled: &'a [Compiled], members: &[Member]) -> Vec<&'a Compiled> {
        let own = fs::canonicalize(root.join("target")).ok();
        let stale = |one: &&Compiled| {
            let Some(member) = one.fresh.then(|| member(one, members)).flatten() else { return false };
            let Some(at) = modified(&one.file) else { return true };
            if let Some(made) = self.files.get(&one.file).filter(|made| made.at == at) {
                return made.sources != sources(one, compiled, member);
            }
            // Made by a cargo that somebody else has called: here, and after the last change of each source.
            let here = own.as_ref().is_some_and(|own| own.starts_with(root) && one.file.starts_with(own));
            !here || !member.files.iter().all(|(file, _)| changed(file).is_some_and(|change| change < at))
        };
        compiled.iter().filter(stale).collect()
    }

    /// Notes what was made from what; `stale` has found nothing in it.
    pub(super) fn note(&mut self, compiled: &[Compiled], members: &[Member]) {
        for one in compiled {
            if let (Some(member), Some(at)) = (member(one, members), modified(&one.file)) {
                self.files.insert(one.file.clone(), Made { at, sources: sources(one, compiled, member) });
            }
        }
        self.files.retain(|file, _| file.is_file());
    }
}

/// Gives a file the time of now: cargo sees a changed source, and what is kept by age counts as new.
pub(super) fn touch(file: &Path) -> anyhow::Result<()> {
    let touched = fs::File::open(file).and_then(|file| file.set_modified(SystemTime::now()));
    touched.with_context(|| format!("cannot set the time of `{}`", file.display()))
}

/// What something was made from: its package's files, but for those that other targets of the package begin with. A changed main file is
/// no news to the library beside it.
fn sources(one: &Compiled, compiled: &[Compiled], member: &Member) -> String {
    let others = compiled.iter().filter(|other| other.manifest == one.manifest && other.source != one.source);
    member.digest_without(&others.map(|other| other.source.as_path()).collect::<Vec<_>>())
}

fn path(root: &Path) -> PathBuf {
    root.join("target/artifacts/built.json")
}

fn member<'a>(one: &Compiled, members: &'a [Member]) -> Option<&'a Member> {
    let folder = one.manifest.parent()?;
    members.iter().find(|member| folder.ends_with(&member.folder))
}

fn modified(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|metadata| metadata.modified()).ok()
}

/// When a file was last written, replaced or renamed, whatever time it claims; none where the system does not tell.
fn changed(file: &Path) -> Option<SystemTime> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = file.metadata().ok()?;
        let (seconds, nanos) = (u64::try_from(metadata.ctime()).ok()?, u32::try_from(metadata.ctime_nsec()).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::new(seconds, nanos))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn set_age(file: &Path, modified: SystemTime) {
        fs::File::options().append(true).open(file).unwrap().set_modified(modified).unwrap();
    }

    /// A clone with one package and what cargo made of it after the last change, which it takes for fresh.
    fn clone(folder: &Path) -> (PathBuf, Compiled, Member) {
        let root = folder.canonicalize().unwrap();
        let (source, file) = (root.join("code/orders/src/lib.rs"), root.join("target/debug/liborders.rlib"));
        for path in [&source, &file] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        set_age(&file, SystemTime::now() + Duration::from_mins(1));
        let manifest = root.join("code/orders/Cargo.toml");
        let member = Member { folder: "code/orders".into(), files: vec![(source.clone(), "1".into())] };
        (root, Compiled { manifest, source, file, fresh: true }, member)
    }

    fn stale(record: &Record, root: &Path, compiled: &Compiled, member: &Member) -> bool {
        let compiled = std::slice::from_ref(compiled);
        !record.stale(root, compiled, std::slice::from_ref(member)).is_empty()
    }

    #[test]
    fn what_was_seen_made_is_stale_as_soon_as_its_sources_differ_whatever_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let (root, compiled, mut member) = clone(folder.path());
        let mut record = Record::default();
        record.note(std::slice::from_ref(&compiled), std::slice::from_ref(&member));
        record.write(&root).unwrap();
        let record = Record::read(&root).unwrap();
        assert!(!stale(&record, &root, &compiled, &member));
        member.files[0].1 = "2".into();
        assert!(stale(&record, &root, &compiled, &member));
        assert!(!stale(&record, &root, &Compiled { fresh: false, ..compiled.clone() }, &member), "just made");
        set_age(&compiled.file, SystemTime::now() + Duration::from_mins(2));
        member.files[0].1 = "1".into();
        assert!(!stale(&record, &root, &compiled, &member), "made by another cargo after the last change");
    }

    #[test]
    fn a_changed_main_file_is_no_news_to_the_library_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (root, library, mut member) = clone(folder.path());
        let (source, file) = (root.join("code/orders/src/main.rs"), root.join("target/debug/orders"));
        fs::write(&file, "x").unwrap();
        let main = Compiled { source: source.clone(), file, ..library.clone() };
        member.files.push((source, "1".into()));
        let both = [library, main];
        let mut record = Record::default();
        record.note(&both, std::slice::from_ref(&member));
        member.files[1].1 = "2".into();
        let stale = record.stale(&root, &both, std::slice::from_ref(&member));
        assert_eq!(stale.iter().map(|one| one.source.file_name().unwrap()).collect::<Vec<_>>(), ["main.rs"]);
    }

    #[test]
    fn what_was_not_seen_made_is_trusted_only_here_and_only_after_the_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let (root, compiled, member) = clone(folder.path());
        let record = Record::default();
        assert!(!stale(&record, &root, &compiled, &member));
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(stale(&record, elsewhere.path(), &compiled, &member), "a target folder of another clone");
        // Put in place since, with a time before.
        let now = SystemTime::now();
        set_age(&compiled.file, now - Duration::from_mins(1));
        set_age(&compiled.source, now - Duration::from_mins(2));
        assert!(stale(&record, &root, &compiled, &member));
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(stale(&record, elsewhere.path(), &compiled, &member), "a target folder of another clone");
        assert!(
            !stale(&record, &root, &compiled, &Member { folder: "code/mail".into(), ..member }),
            "no package of ours"
        );
    }
}
