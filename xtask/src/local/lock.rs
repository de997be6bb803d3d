//! A lock between processes: two deploys must not start one emulator twice.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

use crate::ui::Ui;

/// Held until dropped; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock on a file; `who` says what is waited for.
    pub(super) fn take(path: &Path, ui: &Ui, who: &str) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.with_context(|| format!("cannot open `{}`", path.display()))?;
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
}
