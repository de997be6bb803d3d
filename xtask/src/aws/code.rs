//! Lambda: the code of a function, read, put and tagged. Calls and error classes, no decisions.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationError;
use aws_sdk_lambda::operation::update_function_code::UpdateFunctionCodeError;
use aws_sdk_lambda::types::{Architecture, LastUpdateStatus};

use super::explain;

/// The code that a function runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveCode {
    /// The function's ARN.
    pub arn: String,
    /// `CodeSha256`: SHA-256 of the package in Base64.
    pub sha256: String,
    /// How the last update ended.
    pub update: Update,
}

/// `LastUpdateStatus` of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// It ended well.
    Done,
    /// It goes on.
    Running,
    /// It failed, for this reason in AWS's words.
    Failed(String),
}

/// What a function runs; `None` where there is none.
pub async fn describe(client: &Client, name: &str) -> anyhow::Result<Option<LiveCode>> {
    let answer = match client.get_function_configuration().function_name(name).send().await {
        Ok(answer) => answer,
        Err(error)
            if error.as_service_error().is_some_and(GetFunctionConfigurationError::is_resource_not_found_exception) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(explain(error)).with_context(|| format!("cannot look at the function `{name}`")),
    };
    let update = update(answer.last_update_status(), answer.last_update_status_reason());
    Ok(Some(live(answer.function_arn, answer.code_sha256, update)))
}

fn live(arn: Option<String>, sha256: Option<String>, update: Update) -> LiveCode {
    LiveCode { arn: arn.unwrap_or_default(), sha256: sha256.unwrap_or_default(), update }
}

fn update(status: Option<&LastUpdateStatus>, reason: Option<&str>) -> Update {
    match status {
        Some(LastUpdateStatus::InProgress) => Update::Running,
        Some(LastUpdateStatus::Failed) => Update::Failed(reason.unwrap_or_default().to_owned()),
        _ => Update::Done,
    }
}

/// Puts the code of an object into a function, and returns how far that is; `None` where another update goes on.
pub async fn put(
    client: &Client,
    name: &str,
    (bucket, key): (&str, &str),
    architecture: &str,
) -> anyhow::Result<Option<LiveCode>> {
    // Without the architecture, Lambda takes x86_64 (Lambda API reference, `UpdateFunctionCode`).
    let call = client.update_function_code().function_name(name).s3_bucket(bucket).s3_key(key);
    match call.architectures(Architecture::from(architecture)).send().await {
        Ok(answer) => {
            let update = update(answer.last_update_status(), answer.last_update_status_reason());
            Ok(Some(live(answer.function_arn, answer.code_sha256, update)))
        }
        Err(error) if error.as_service_error().is_some_and(UpdateFunctionCodeError::is_resource_conflict_exception) => {
            Ok(None)
        }
        Err(error) => {
            Err(explain(error)).with_context(|| format!("cannot put `s3://{bucket}/{key}` into the function `{name}`"))
        }
    }
}

/// Sets tags of a function.
pub async fn tag(client: &Client, arn: &str, tags: BTreeMap<String, String>) -> anyhow::Result<()> {
    let call = client.tag_resource().resource(arn).set_tags(Some(tags.into_iter().collect()));
    call.send().await.map_err(explain).with_context(|| format!("cannot tag the function `{arn}`"))?;
    Ok(())
}

/// Takes tags off a function.
pub async fn untag(client: &Client, arn: &str, names: &[&str]) -> anyhow::Result<()> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let call = client.untag_resource().resource(arn).set_tag_keys(Some(names));
    call.send().await.map_err(explain).with_context(|| format!("cannot take tags off the function `{arn}`"))?;
    Ok(())
}
