//! A handler's source that is changed to see what a change takes.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::error::Problem;

/// What a program begins with, of which a save is told apart from the one before.
const ENTRIES: [&str; 2] = ["pub fn run() -> ExitCode {", "fn main() {"];

/// A source of a package, which is put back when dropped.
pub(super) struct Source {
    path: PathBuf,
    text: String,
    /// Which run this is, told apart by when it began.
    run: jiff::Timestamp,
    saves: usize,
}

impl Source {
    /// Where the program begins: the package's library if it has its `run`, else its main file.
    pub(super) fn open(root: &Path, package: &str) -> anyhow::Result<Self> {
        let folders = crate::build::folders(root, package)?;
        let main = folders.iter().map(|folder| root.join(folder).join("src/main.rs")).find(|path| path.is_file());
        let main = main.context("the package has no src/main.rs")?;
        for path in [main.with_file_name("lib.rs"), main] {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if ENTRIES.iter().any(|entry| text.contains(entry)) {
                return Ok(Self { path, text, run: jiff::Timestamp::now(), saves: 0 });
            }
        }
        Err(Problem::failed(format!("package `{package}` has no `{}`", ENTRIES.join("` and no `"))).into())
    }

    /// One statement more, of which the binary holds the text: other code, and not only other line numbers; code that no
    /// earlier run has left in the artifact bucket.
    pub(super) fn save(&mut self) -> anyhow::Result<()> {
        self.saves += 1;
        let id = format!("{}.{}", self.run, self.saves);
        let text = ENTRIES.iter().fold(self.text.clone(), |text, entry| {
            text.replacen(entry, &format!("{entry}\n    let _ = std::hint::black_box(\"save {id}\");"), 1)
        });
        std::fs::write(&self.path, text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }

    pub(super) fn restore(&self) -> anyhow::Result<()> {
        std::fs::write(&self.path, &self.text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // A source that cannot be put back shows in `git status`.
        let _ = self.restore();
    }
}
