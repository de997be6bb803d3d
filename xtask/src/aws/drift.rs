//! CloudFormation's drift detection: calls only.

use anyhow::Context;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{PropertyDifference, StackDriftDetectionStatus, StackResourceDrift};
use serde::Serialize;

use super::explain;

/// A detection that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detection {
    /// It goes on.
    Pending,
    /// Its results can be read.
    Done,
    /// It could not look at everything, for this reason in AWS's words.
    Failed(String),
}

/// What a detection found of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Logical id.
    pub name: String,
    /// Resource type.
    pub kind: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED`, or another status of `StackResourceDriftStatus` (API reference).
    pub state: String,
    /// Properties that are not as the template has them.
    pub differences: Vec<Difference>,
}

/// A property that is not as the template has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Its place, such as `/MemorySize`.
    pub property: String,
    /// `ADD`, `REMOVE` or `NOT_EQUAL`.
    pub change: String,
    /// What the template has; `null` where it has nothing.
    pub expected: String,
    /// What is there; `null` where nothing is.
    pub actual: String,
}

/// Starts a detection; its id.
pub async fn detect(client: &Client, stack: &str) -> anyhow::Result<String> {
    let answer = client.detect_stack_drift().stack_name(stack).send().await;
    let answer = answer.map_err(explain).with_context(|| format!("cannot look for drift of stack `{stack}`"))?;
    Ok(answer.stack_drift_detection_id().unwrap_or_default().to_owned())
}

/// How far a detection is.
pub async fn detection(client: &Client, id: &str) -> anyhow::Result<Detection> {
    let call = client.describe_stack_drift_detection_status().stack_drift_detection_id(id);
    let answer = call.send().await.map_err(explain).context("cannot read the state of a drift detection")?;
    Ok(match answer.detection_status() {
        Some(StackDriftDetectionStatus::DetectionComplete) => Detection::Done,
        Some(StackDriftDetectionStatus::DetectionFailed) => {
            Detection::Failed(answer.detection_status_reason().unwrap_or_default().to_owned())
        }
        _ => Detection::Pending,
    })
}

/// What the last detection found: the resources whose types it can look at.
pub async fn resources(client: &Client, stack: &str) -> anyhow::Result<Vec<Resource>> {
    let mut found = Vec::new();
    let mut pages = client.describe_stack_resource_drifts().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the drift of stack `{stack}`"))?;
        found.extend(page.stack_resource_drifts().iter().map(resource));
    }
    Ok(found)
}

fn resource(drift: &StackResourceDrift) -> Resource {
    Resource {
        name: drift.logical_resource_id().unwrap_or_default().to_owned(),
        kind: drift.resource_type().unwrap_or_default().to_owned(),
        state: drift.stack_resource_drift_status().map_or("UNKNOWN", |state| state.as_str()).to_owned(),
        differences: drift.property_differences().iter().map(difference).collect(),
    }
}

fn difference(one: &PropertyDifference) -> Difference {
    let text = |value: Option<&str>| value.unwrap_or("null").to_owned();
    Difference {
        property: text(one.property_path()),
        change: one.difference_type().map_or("NOT_EQUAL", |change| change.as_str()).to_owned(),
        expected: text(one.expected_value()),
        actual: text(one.actual_value()),
    }
}
