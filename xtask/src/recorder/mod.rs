//! What took how long in a deploy. `live` notes spans while they run; the rest is pure, but for `store`, which keeps runs
//! in `target/deploys/`. Nothing in here may fail a deploy.

mod compare;
mod critical;
mod gantt;
mod html;
mod keep;
mod live;
mod own;
mod resources;
mod run;
mod store;

#[cfg(test)]
mod tests;

pub use compare::{Comparison, Delta, compare};
pub use critical::{Path, Step, critical};
pub use gantt::{Chart, gantt, longest, slower};
pub use html::html;
pub use keep::keep;
pub use live::{Recorder, event, outcome, span, within};
pub use own::own;
pub use run::{Kind, Run, Span};
pub use store::Store;
