//! What deploys leave behind, so that the same bytes can run again: here, later, or in another environment.
//! Pure: `record`, `choice`, `collect`, `archive`. `ledger` reads and writes the records.

pub mod archive;
pub mod choice;
mod commit;
mod leave;
mod ledger;
pub mod record;
#[cfg(test)]
pub(crate) mod samples;
pub mod show;
mod sources;

pub use leave::{Leaving, Left, leave};
pub use ledger::Ledger;

use crate::error::{Problem, suggestion};

/// Whether a release has all of these services.
pub fn known_services(release: &record::Release, asked: &[String]) -> Result<(), Problem> {
    let Some(unknown) = asked.iter().find(|name| !release.services.contains_key(*name)) else { return Ok(()) };
    let hint = suggestion(unknown, "services", release.services.keys());
    Err(Problem::usage(format!("release {} has no service `{unknown}`", release.id)).hint(hint))
}
