//! An environment's state as data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::aws::overview::Overview;
use crate::hotswap::Swap;
use crate::releases::record::{Made, Release};
use crate::releases::show;

/// One environment of config/.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// The file's name.
    pub name: String,
    /// 12 digits.
    pub account: String,
    /// The AWS region.
    pub region: String,
    /// Whether the emulator answers for it.
    pub emulated: bool,
    /// What is there, or why that is not known.
    #[serde(flatten, serialize_with = "seen")]
    pub seen: Result<Seen, String>,
}

/// What there is.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// In the order of the services.
    pub stacks: Vec<Stack>,
    /// The last release.
    pub release: Option<Latest>,
    /// Functions that run another code than their stack's.
    pub hotswapped: Vec<Swapped>,
    /// `service.Output` → URL.
    pub urls: BTreeMap<String, String>,
    /// Alarms in `ALARM`.
    pub alarms: Vec<String>,
    /// What could not be looked at, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// The last release.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latest {
    /// Counts up in its environment.
    pub id: u64,
    /// When, by whom and by which command.
    #[serde(flatten)]
    pub made: Made,
    /// `false` where the deploy failed.
    pub complete: bool,
    /// The services that it touched.
    pub services: Vec<String>,
    /// All of that for people.
    #[serde(skip)]
    pub(super) line: String,
}

/// A service's stack.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// The service.
    pub service: String,
    /// The stack's name.
    pub name: String,
    /// `None` where there is no such stack.
    pub status: Option<String>,
    /// When it was last changed.
    pub changed: Option<Timestamp>,
    /// What the last drift detection found.
    pub drift: String,
    /// When that was.
    pub drift_checked: Option<Timestamp>,
}

/// A function that runs another code than its stack's.
#[derive(Clone, Debug, Serialize)]
pub struct Swapped {
    /// Its service.
    pub service: String,
    /// Its name on AWS.
    pub function: String,
    /// ARN of who did it.
    pub by: String,
    /// When.
    pub at: String,
}

impl Latest {
    /// As the ledger has it.
    #[must_use]
    pub fn new(release: &Release) -> Self {
        Self {
            id: release.id,
            made: release.made.clone(),
            complete: release.complete,
            services: release.touched().map(|(name, _)| name.to_owned()).collect(),
            line: show::line(release, false).trim().to_owned(),
        }
    }
}

impl Stack {
    /// A stack as it was found.
    #[must_use]
    pub fn new(service: &str, name: String, found: Option<Overview>) -> Self {
        let (changed, checked) = found.as_ref().map_or((None, None), |one| (one.changed, one.drift_checked));
        let drift = found.as_ref().map_or(String::new(), |one| one.drift.clone());
        let status = found.map(|one| one.status);
        Self { service: service.to_owned(), name, status, changed, drift, drift_checked: checked }
    }
}

impl Swapped {
    /// As the ledger has it.
    #[must_use]
    pub fn new(function: &str, swap: &Swap) -> Self {
        let Swap { service, by, at, .. } = swap.clone();
        Self { service, function: function.to_owned(), by, at }
    }
}

fn seen<S: Serializer>(seen: &Result<Seen, String>, serializer: S) -> Result<S::Ok, S::Error> {
    match seen {
        Ok(seen) => seen.serialize(serializer),
        Err(error) => BTreeMap::from([("error", error)]).serialize(serializer),
    }
}
