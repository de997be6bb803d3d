//! What deploys leave behind, so that the same bytes can run again: here, later, or in another environment.
//! Pure: `record`, `choice`, `collect`, `loss`, `archive`, `show`. `ledger` reads and writes the records, `leave` makes one
//! after a deploy, `parts` takes one back to what a deploy is made of, `prune` deletes what nobody needs.

pub mod archive;
pub mod choice;
pub mod collect;
mod commit;
mod leave;
mod ledger;
mod loss;
pub mod parts;
pub mod prune;
pub mod record;
#[cfg(test)]
pub(crate) mod samples;
pub mod show;
mod sources;

pub use commit::of as commit;
pub use leave::{Leaving, Left, leave};
pub use ledger::Ledger;

use crate::error::{Problem, suggestion};

/// Whether a release has all of these services.
pub fn known_services(release: &record::Release, asked: &[String]) -> Result<(), Problem> {
    let Some(unknown) = asked.iter().find(|name| !release.services.contains_key(*name)) else { return Ok(()) };
    let hint = suggestion(unknown, "services", release.services.keys());
    Err(Problem::usage(format!("release {} has no service `{unknown}`", release.id)).hint(hint))
}
