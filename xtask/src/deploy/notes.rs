//! What a deploy has done by now, by service: one that fails leaves a release record, too.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::run::Run;
use crate::releases::{self, Leave, Leaving, Left};

/// Shared by the stacks' tasks.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<BTreeMap<String, Left>>);

impl Notes {
    /// Writes down what was done to a service.
    pub(super) fn note(&self, service: &str, note: impl FnOnce(&mut Left)) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        note(left.entry(service.to_owned()).or_default());
    }

    /// Leaves the release record; its id. That it can't is no failure of the deploy: a later one writes what is
    /// missing.
    pub(super) async fn record(&self, run: &Run, took: Duration, complete: bool) -> Option<u64> {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let deployed = run.world.services.keys().chain(left.keys()).cloned().collect();
        let (aws, config, source, by) = (&run.aws, &run.config, &run.source, run.by.as_str());
        let leave = async {
            // What could not be found out at the beginning is asked for once more now.
            let (checkout, known) = (run.beside.checkout().await, run.beside.newest().await);
            let checkout = checkout.unwrap_or_default();
            let leaving = Leaving { aws, config, source, by, took, complete, deployed, left, checkout };
            releases::leave(&leaving, known.unwrap_or_default()).await
        };
        match leave.await {
            Ok(Leave::Nothing) => None,
            Ok(Leave::Added(release)) => Some(release.id),
            Ok(Leave::Others { stack }) => {
                run.ctx.ui.warn(format!(
                    "no release was recorded: that is left to the deploy that has just changed `{stack}`; if it was cut off, run \
                     this again in 5 minutes, or `rollback` and `promote` go by the release before"
                ));
                None
            }
            Err(error) => {
                run.ctx.ui.warn(format!("no release was recorded; the next deploy that changes something, or comes in 5 minutes, does it: {error:#}"));
                None
            }
        }
    }
}
