//! Hears of saved files, several at once where an editor writes several.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{Instant, timeout_at};

use super::{Map, Touched};
use crate::error::Problem;

/// Without a change for so long, what was saved together is complete.
const QUIET: Duration = Duration::from_millis(20);
/// Changes that never pause are taken as they are after this.
const LONGEST: Duration = Duration::from_secs(1);

/// The changes of a repository since the last look.
#[derive(Debug)]
pub struct Changes {
    watcher: RecommendedWatcher,
    /// `None`: the system lost events.
    inbox: UnboundedReceiver<Option<PathBuf>>,
    watched: BTreeSet<PathBuf>,
}

impl Changes {
    /// Watches the folders of a map.
    pub fn new(root: &Path, map: &Map) -> anyhow::Result<Self> {
        let (sender, inbox) = mpsc::unbounded_channel();
        // The receiver goes last: a lost message has nobody to miss it.
        let tell = move |event: notify::Result<Event>| {
            for path in changed(event) {
                let _ = sender.send(path);
            }
        };
        let watcher = notify::recommended_watcher(tell).context("cannot watch files on this system")?;
        let mut changes = Self { watcher, inbox, watched: BTreeSet::new() };
        changes.add(root, RecursiveMode::NonRecursive)?;
        changes.follow(map)?;
        Ok(changes)
    }

    /// Adds folders that are new. Not recursive where that would reach what tools write, which may be very much.
    pub fn follow(&mut self, map: &Map) -> anyhow::Result<()> {
        for folder in map.folders().into_iter().filter(|folder| folder.is_dir()) {
            self.add(&folder, RecursiveMode::NonRecursive)?;
            let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
            for path in entries.flatten().map(|entry| entry.path()) {
                if path.is_dir() && !map.is_noise(&path) {
                    self.add(&path, RecursiveMode::Recursive)?;
                }
            }
        }
        Ok(())
    }

    /// Waits for changes that touch something; those that came meanwhile count too.
    pub async fn next(&mut self, map: &Map) -> (Touched, BTreeSet<PathBuf>) {
        loop {
            let (mut paths, mut lost) = (BTreeSet::new(), false);
            // The watcher holds the sender: the channel does not end.
            let Some(first) = self.inbox.recv().await else { std::future::pending().await };
            let deadline = Instant::now() + LONGEST;
            let mut change = Some(first);
            while let Some(one) = change {
                lost |= one.is_none();
                paths.extend(one);
                // What comes after the deadline stays in the inbox.
                change = timeout_at(deadline.min(Instant::now() + QUIET), self.inbox.recv()).await.ok().flatten();
            }
            self.forget(&paths);
            let touched = if lost { map.everything() } else { map.touched(paths.iter().map(PathBuf::as_path)) };
            if !touched.services.is_empty() {
                paths.retain(|path| !map.touched([path.as_path()]).services.is_empty());
                return (touched, paths);
            }
        }
    }

    /// A folder that was removed and made again is another one to the system: `follow` adds it anew.
    fn forget(&mut self, changed: &BTreeSet<PathBuf>) {
        self.watched.retain(|folder| !folder.ancestors().any(|one| changed.contains(one)));
    }

    fn add(&mut self, folder: &Path, mode: RecursiveMode) -> anyhow::Result<()> {
        if self.watched.contains(folder) {
            return Ok(());
        }
        self.watcher.watch(folder, mode).map_err(|error| {
            let problem = Problem::failed(format!("cannot watch `{}`", folder.display()));
            let hint = "on Linux, too few watches: sudo sysctl fs.inotify.max_user_watches=524288";
            anyhow::Error::from(error).context(problem.hint(hint))
        })?;
        self.watched.insert(folder.to_owned());
        Ok(())
    }
}

/// The paths that an event changes; reading and touching is no change, and content decides anyway.
fn changed(event: notify::Result<Event>) -> Vec<Option<PathBuf>> {
    match event {
        Err(_) => vec![None],
        Ok(event) if event.need_rescan() => vec![None],
        Ok(event) => match event.kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => Vec::new(),
            _ => event.paths.into_iter().map(Some).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, CreateKind, Flag, MetadataKind};

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A site in a folder of its own, watched.
    fn site() -> (tempfile::TempDir, Map, Changes) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("web/src")).unwrap();
        let map = Map::of_site(folder.path(), "web");
        let changes = Changes::new(folder.path(), &map).unwrap();
        (folder, map, changes)
    }

    /// Rounds up to one that has this file.
    async fn until(changes: &mut Changes, map: &Map, name: &str) {
        loop {
            let (_, paths) = tokio::time::timeout(PATIENCE, changes.next(map)).await.expect(name);
            changes.follow(map).unwrap();
            if paths.iter().any(|path| path.ends_with(name)) {
                return;
            }
        }
    }

    #[tokio::test]
    async fn a_file_in_a_new_folder_is_heard_of_also_when_it_goes_and_when_the_folder_comes_back() {
        let (root, map, mut changes) = site();
        let folder = root.path().join("web/new");
        for _ in 0..2 {
            std::fs::create_dir(&folder).unwrap();
            until(&mut changes, &map, "web/new").await;
            std::fs::write(folder.join("page.txt"), "saved").unwrap();
            until(&mut changes, &map, "page.txt").await;
            std::fs::remove_file(folder.join("page.txt")).unwrap();
            until(&mut changes, &map, "page.txt").await;
            std::fs::remove_dir(&folder).unwrap();
            until(&mut changes, &map, "web/new").await;
        }
    }

    /// What the system would tell, told by hand.
    fn told() -> (mpsc::UnboundedSender<Option<PathBuf>>, Map, Changes) {
        let (sender, inbox) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(|_| {}).unwrap();
        (sender, Map::of_site(Path::new("/r"), "web"), Changes { watcher, inbox, watched: BTreeSet::new() })
    }

    fn file(number: u32) -> PathBuf {
        format!("/r/web/src/{number}.ts").into()
    }

    #[tokio::test]
    async fn a_storm_of_changes_is_one_round() {
        let (sender, map, mut changes) = told();
        (0..500).for_each(|number| sender.send(Some(file(number))).unwrap());
        let (touched, paths) = changes.next(&map).await;
        assert_eq!((touched.services.len(), paths.len()), (1, 500));
        assert!(changes.inbox.is_empty(), "nothing of the storm is left");
    }

    #[tokio::test]
    async fn changes_that_never_pause_are_several_rounds_and_none_of_them_is_lost() {
        let (sender, map, mut changes) = told();
        tokio::spawn(async move {
            for number in 0..150 {
                sender.send(Some(file(number))).unwrap();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            std::future::pending::<()>().await;
        });
        let (mut rounds, mut heard) = (0, BTreeSet::new());
        while heard.len() < 150 {
            let (_, paths) = tokio::time::timeout(PATIENCE, changes.next(&map)).await.expect("a change was lost");
            heard.extend(paths);
            rounds += 1;
        }
        assert!(rounds >= 2, "{rounds}");
    }

    fn paths(kind: EventKind) -> Vec<Option<PathBuf>> {
        changed(Ok(Event::new(kind).add_path("/r/a".into())))
    }

    #[test]
    fn reading_and_touching_a_file_is_no_change() {
        assert!(paths(EventKind::Access(AccessKind::Read)).is_empty());
        assert!(paths(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any))).is_empty());
        assert_eq!(paths(EventKind::Create(CreateKind::File)), [Some(PathBuf::from("/r/a"))]);
    }

    #[test]
    fn lost_events_are_told_as_such() {
        assert_eq!(changed(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan))), [None]);
        assert_eq!(changed(Err(notify::Error::generic("overflow"))), [None]);
    }
}
