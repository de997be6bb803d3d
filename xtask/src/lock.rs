//! A lock between processes of this machine: two deploys must not start one emulator twice, nor two watches hold one environment.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::Context;

use crate::ui::Ui;

/// Held until dropped; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock on a file; `who` says what is waited for.
    pub(crate) fn take(path: &Path, ui: &Ui, who: &str) -> anyhow::Result<Self> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                ui.step("Waiting", format!("for {who}, which holds `{}`", path.display()));
                file.lock().with_context(|| format!("cannot lock `{}`", path.display()))?;
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
            }
        }
        Ok(Self { _file: file })
    }

    /// Takes the lock and writes into its file who holds it; where it is held, gives what its holder wrote.
    pub(crate) fn claim(path: &Path, note: &str) -> anyhow::Result<Result<Self, String>> {
        let mut file = open(path)?;
        let context = || format!("cannot lock `{}`", path.display());
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).and_then(|()| file.write_all(note.as_bytes())).with_context(context)?;
                Ok(Ok(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut held = String::new();
                file.rewind().and_then(|()| file.read_to_string(&mut held)).with_context(context)?;
                Ok(Err(held))
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(context),
        }
    }
}

/// Nothing that a holder wrote goes.
fn open(path: &Path) -> anyhow::Result<File> {
    let file = File::options().create(true).read(true).append(true).open(path);
    file.with_context(|| format!("cannot open `{}`", path.display()))
}
