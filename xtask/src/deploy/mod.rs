//! From a configuration to a running environment: bootstrap, artifacts, stacks in the graph's order, site.
//! `status` decides, `stack` does, `rescue` knows the ways out, `failure` says why.

mod agree;
mod beside;
mod change;
mod early;
mod ending;
pub mod environment;
pub mod failure;
mod growth;
pub(crate) mod inputs;
mod manner;
mod notes;
pub mod provider;
mod rescue;
mod review;
mod run;
pub(crate) mod scope;
mod service;
pub mod shared;
mod sites;
mod source;
mod stack;
mod status;
mod tally;
#[cfg(test)]
mod tests;
mod upload;
pub mod wait;
mod world;

pub(crate) use ending::in_progress;
pub use environment::observe;
pub(crate) use environment::shared_stack;
pub use manner::{Manner, Session, Wait};
pub use run::{Report, run, run_in};
pub use source::{Part, Source, collected};
pub use stack::{Outcome, Policy};
pub(crate) use status::{Act, Step, decide, is_at_rest};
pub use world::{Seen, World};
pub(crate) use world::{shared as shared_stacks, shared_name};
