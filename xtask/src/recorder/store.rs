//! Recorded runs on this machine, one file each. A run is whole or not there.

use std::path::{Path, PathBuf};

use super::run::{Run, VERSION};
use crate::config::Config;
use crate::files;

/// Runs that are kept per environment.
const KEPT: usize = 50;

/// The runs of one environment.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Account and region are part of the name: an environment that has moved is another one.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let name = format!("{}-{}-{}", config.env.name, config.env.account(), config.env.region);
        Self::at(&config.root.join("target/deploys").join(name))
    }

    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Keeps a run and forgets the oldest beyond the bound.
    pub fn keep(&self, run: &Run) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec(run)?;
        files::whole(&self.folder.join(format!("{}.json", run.id)), |to| std::fs::write(to, &bytes))?;
        for id in self.ids().into_iter().skip(KEPT) {
            // Another deploy may have been here before: what is gone is gone.
            let _ = std::fs::remove_file(self.folder.join(format!("{id}.json")));
        }
        Ok(())
    }

    /// The names of the runs, newest first.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let name = |entry: std::fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned);
        let mut ids: Vec<String> = entries.flatten().filter_map(name).collect();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids
    }

    /// Every run that can be read, newest first: what an older version of the deployer wrote is passed over.
    #[must_use]
    pub fn all(&self) -> Vec<Run> {
        let read = |id: String| {
            let text = std::fs::read(self.folder.join(format!("{id}.json"))).ok()?;
            serde_json::from_slice::<Run>(&text).ok().filter(sound)
        };
        self.ids().into_iter().filter_map(read).collect()
    }
}

/// Whether every number in it names a span, and no span ends before it begins.
fn sound(run: &Run) -> bool {
    let there = |number: &usize| *number < run.spans.len();
    run.version == VERSION
        && run.spans.iter().all(|span| {
            span.start <= span.end && span.end <= run.millis && span.parent.iter().chain(&span.after).all(there)
        })
}
