//! What deploys leave behind, so that the same bytes can run again: here, later, or in another environment.
//! Pure: `record`, `choice`, `collect`, `archive`, `show`. `ledger` reads and writes the records, `leave` makes one
//! after a deploy (`ended` says whether what it found done is whole), `parts` takes one back to what a deploy is made of, `bring` takes it to another bucket, `prune` deletes what nobody needs,
//! and `fresh` keeps it from what a deploy has just begun to use.

pub mod archive;
pub mod bring;
pub mod choice;
pub mod collect;
mod commit;
mod ended;
pub mod fresh;
mod leave;
mod ledger;
pub mod parts;
pub mod prune;
pub mod record;
#[cfg(test)]
pub(crate) mod samples;
pub mod show;
mod sources;

pub use commit::of as commit;
pub use leave::{Checkout, Leave, Leaving, Left, leave};
pub use ledger::Ledger;

use crate::error::{Problem, suggestion};

/// What to do where a release would end what must not end.
pub const KEEP: &str = "deploy a commit that keeps the resource and changes only what should go back";

/// Whether a release has all of these services.
pub fn known_services(release: &record::Release, asked: &[String]) -> Result<(), Problem> {
    let Some(unknown) = asked.iter().find(|name| !release.services.contains_key(*name)) else { return Ok(()) };
    let hint = suggestion(unknown, "services", release.services.keys());
    Err(Problem::usage(format!("release {} has no service `{unknown}`", release.id)).hint(hint))
}
