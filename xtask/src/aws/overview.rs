//! What one look at a stack tells besides its template: state, age, last known drift. Calls only.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Stack;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::stacks;

/// A stack at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Its status.
    pub status: String,
    /// When it was last changed or made.
    pub changed: Option<Timestamp>,
    /// `DRIFTED`, `IN_SYNC`, `NOT_CHECKED` or `UNKNOWN`, as the last detection found; no detection is started.
    pub drift: String,
    /// When that was.
    pub drift_checked: Option<Timestamp>,
    /// Outputs by name.
    pub outputs: BTreeMap<String, String>,
}

/// Every stack of the region whose name begins so, by name.
pub async fn overview(client: &Client, prefix: &str) -> anyhow::Result<BTreeMap<String, Overview>> {
    let own = stacks::list(client).await?.into_iter().filter_map(|stack| Some((stack.stack_name.clone()?, stack)));
    Ok(own.filter(|(name, _)| name.starts_with(prefix)).map(|(name, stack)| (name, of(&stack))).collect())
}

fn of(stack: &Stack) -> Overview {
    let (live, drift) = (stacks::live(stack), stack.drift_information());
    let status = drift.and_then(|drift| drift.stack_drift_status());
    Overview {
        status: live.status.as_str().to_owned(),
        changed: time(stack.last_updated_time().or(stack.creation_time())),
        drift: status.map_or("NOT_CHECKED", |one| one.as_str()).to_owned(),
        drift_checked: time(drift.and_then(|drift| drift.last_check_timestamp())),
        outputs: live.outputs,
    }
}

fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(at?.to_millis().ok()?).ok()
}
