//! What a deploy that changes something works out for its end, while its code is built and its stacks are at work.

use std::sync::{Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::source::Source;
use crate::aws::Aws;
use crate::config::Config;
use crate::local::parity::{self, Unproven};
use crate::releases::record::Release;
use crate::releases::{Checkout, Ledger};

/// Shared by the stacks' tasks; each result is taken once.
#[derive(Debug, Default)]
pub(super) struct Beside {
    checkout: Begun<Checkout>,
    newest: Begun<Option<Release>>,
    unproven: Begun<Vec<Unproven>>,
}

type Begun<T> = Mutex<Option<JoinHandle<anyhow::Result<T>>>>;

impl Beside {
    /// Begins, where a clone is deployed and stacks are going to change.
    pub(super) fn begin((aws, config): (&Aws, &Config), source: &Source, changes: bool) -> Self {
        let Source::Checkout(renderer) = source else { return Self::default() };
        if !changes {
            return Self::default();
        }
        let ledger = Ledger::of(&aws.s3, config);
        let (aws, own, renderer, config) = (aws.clone(), config.clone(), renderer.clone(), config.clone());
        Self {
            newest: Mutex::new(Some(tokio::spawn(async move { ledger.newest().await }))),
            checkout: Mutex::new(Some(tokio::spawn(async move { Checkout::keep(&aws, &own).await }))),
            unproven: Mutex::new(Some(tokio::task::spawn_blocking(move || parity::unproven(&config, &renderer)))),
        }
    }

    /// What a release names of the clone; none where nothing was begun.
    pub(super) async fn checkout(&self) -> anyhow::Result<Option<Checkout>> {
        end(&self.checkout).await
    }

    /// The release that was in force when the deploy began; none where nothing was begun.
    pub(super) async fn newest(&self) -> anyhow::Result<Option<Option<Release>>> {
        end(&self.newest).await
    }

    /// What the emulator could not prove; none where nothing was begun.
    pub(super) async fn unproven(&self) -> anyhow::Result<Option<Vec<Unproven>>> {
        end(&self.unproven).await
    }
}

async fn end<T>(begun: &Begun<T>) -> anyhow::Result<Option<T>> {
    let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
    match begun {
        Some(begun) => begun.await?.map(Some),
        None => Ok(None),
    }
}
