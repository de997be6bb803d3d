//! From a configuration to a running environment: bootstrap, artifacts, stacks in the graph's order, site.
//! `status` and `step` decide, the rest does.

pub mod environment;
mod inputs;
mod notes;
mod run;
mod scope;
mod source;
mod stack;
mod status;
pub mod wait;
mod world;

pub use environment::{bootstrap, observe};
pub use run::{Manner, Report, run, run_from, run_in};
pub use source::{Part, Source, collected};
pub use stack::Outcome;
pub use world::{Seen, World};
