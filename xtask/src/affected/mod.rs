//! Which services a change can influence: what each is made of before and after, compared. `compare` and `show` are pure,
//! `tree` reads a folder, `revision` asks git for one. The digests and templates that a deploy goes by are the measure, so
//! what changes neither influences nothing.

mod compare;
mod reach;
mod revision;
mod show;
#[cfg(test)]
pub(crate) mod tests;
mod tree;

use std::collections::BTreeMap;

use serde::Serialize;

pub use compare::compare;
pub use reach::Reach;
pub(crate) use reach::SNAPSHOTS;
pub(crate) use reach::reaches;
pub use revision::{checkout, resolve};
pub use show::text;
pub use tree::Tree;

/// The version of what `--json` prints. It grows where a field changes its meaning or goes; a new field is no new version.
pub const VERSION: u32 = 1;

/// What a change can influence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Affected {
    /// Version of this form: 1.
    pub version: u32,
    /// The commit that is compared with.
    pub base: String,
    /// The commit that is compared; `None` stands for the files as they are.
    pub head: Option<String>,
    /// Service → why, each with at least one reason; no other service is influenced.
    pub services: BTreeMap<String, Vec<Reason>>,
}

/// One chain that leads from a change to a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// What the service gets it by.
    pub kind: Kind,
    /// Where the change is: a file, or for `input` the producing service's output, as `service.Output`.
    pub cause: String,
    /// What has become of it.
    pub change: Change,
    /// What lies between, from the cause to the service.
    pub through: Vec<String>,
    /// The environments where it counts; none means all.
    pub environments: Vec<String>,
}

/// By what a service is influenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The stack's rendered template.
    Template,
    /// The bytes of its functions.
    Code,
    /// The files of its site.
    Site,
    /// Its entry in config/app.yaml, or where an environment is.
    Configuration,
    /// The program that deploys it.
    Deployer,
    /// Another service's output, whose value may change. The deploy of that service brings this one along.
    Input,
}

/// What has become of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// It differs.
    Modified,
}
