//! Function code put in place directly, past CloudFormation, and what keeps that honest: a ledger in the artifact bucket
//! and tags on the functions. Pure: `decide`, `ledger`. `store` reads and writes the ledger, `swap` puts code and takes
//! the next full deploy back to what its stack says.

mod decide;
mod ledger;
mod store;
mod swap;

pub use decide::{Reason, Way, way};
pub(crate) use ledger::TAGS;
pub use ledger::{Ledger, Swap};
pub use store::{forget, read};
pub use swap::{Target, reconcile, swap};

use crate::config::Environment;
use crate::error::Problem;

/// Refuses an environment that a direct change must not reach.
///
/// # Errors
/// A protected environment is refused before the first call, as a wrong command line (exit code 2).
pub fn refuse_protected(env: &Environment) -> Result<(), Problem> {
    if !env.protected {
        return Ok(());
    }
    let name = &env.name;
    Err(Problem::usage(format!("environment `{name}` is protected: its functions change with their stacks alone"))
        .hint(format!("cargo xtask deploy --env {name}")))
}

#[cfg(test)]
mod tests;
