//! What one look at a stack tells besides its template: state, age, last known drift. Calls only.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::explain;

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
    let mut found = BTreeMap::new();
    let mut pages = client.describe_stacks().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the stacks")?;
        for stack in page.stacks() {
            let name = stack.stack_name().unwrap_or_default();
            if !name.starts_with(prefix) || stack.stack_status() == Some(&StackStatus::DeleteComplete) {
                continue;
            }
            let drift = stack.drift_information();
            let outputs = stack.outputs().iter();
            let overview = Overview {
                status: stack.stack_status().map_or("UNKNOWN", StackStatus::as_str).to_owned(),
                changed: time(stack.last_updated_time().or(stack.creation_time())),
                drift: drift
                    .and_then(|drift| drift.stack_drift_status())
                    .map_or("NOT_CHECKED", |one| one.as_str())
                    .into(),
                drift_checked: time(drift.and_then(|drift| drift.last_check_timestamp())),
                outputs: outputs
                    .filter_map(|one| Some((one.output_key()?.into(), one.output_value()?.into())))
                    .collect(),
            };
            found.insert(name.to_owned(), overview);
        }
    }
    Ok(found)
}

fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(at?.to_millis().ok()?).ok()
}
