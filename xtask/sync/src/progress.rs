//! How far a sync is, for whoever looks on. Numbers only.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts that grow while a sync runs.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
    all_files: AtomicU64,
    all_bytes: AtomicU64,
}

/// What `Progress` says at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Files put.
    pub files: u64,
    /// Bytes put.
    pub bytes: u64,
    /// Files to put.
    pub all_files: u64,
    /// Bytes to put.
    pub all_bytes: u64,
}

impl Progress {
    /// Tells what there is to do.
    pub(crate) fn expect(&self, files: usize, bytes: u64) {
        self.all_files.store(files as u64, Ordering::Relaxed);
        self.all_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn done(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The counts now.
    #[must_use]
    pub fn reached(&self) -> Reached {
        Reached {
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            all_files: self.all_files.load(Ordering::Relaxed),
            all_bytes: self.all_bytes.load(Ordering::Relaxed),
        }
    }
}
