//! CloudFormation stacks: calls and error classes, no decisions.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{ResourceStatus, Stack, StackStatus, TemplateStage};

use super::explain;

/// Bytes of a template that a call may carry (CloudFormation User Guide, "Understand CloudFormation quotas").
pub const INLINE_TEMPLATE: usize = 51_200;

/// What is sent for one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackInput {
    /// The stack's name.
    pub name: String,
    /// The rendered template.
    pub template: String,
    /// Where the template was uploaded, if it is too long for the request.
    pub template_url: Option<String>,
    /// What is sent instead until the stack has been whole once, where that differs.
    pub creation: Option<Template>,
    /// Parameters by name.
    pub parameters: BTreeMap<String, String>,
    /// Facts that never change: application, environment, service.
    pub tags: BTreeMap<String, String>,
    /// Set where the stack keeps its template: the parameters that keep their values too.
    pub kept: Option<BTreeSet<String>>,
}

/// A template and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The rendered template.
    pub text: String,
    /// Where it was uploaded, if it is too long for the request.
    pub url: Option<String>,
}

impl StackInput {
    /// What is sent as long as the stack has never been whole.
    #[must_use]
    pub fn for_creation(&self) -> Self {
        let mut input = self.clone();
        if let Some(template) = input.creation.take() {
            (input.template, input.template_url) = (template.text, template.url);
        }
        input
    }
}

/// What is there.
#[derive(Clone, Debug)]
pub struct LiveStack {
    /// The stack's ARN.
    pub id: String,
    /// Its status.
    pub status: StackStatus,
    /// Why, in AWS's words.
    pub reason: String,
    /// Parameters by name.
    pub parameters: BTreeMap<String, String>,
    /// Tags by name.
    pub tags: BTreeMap<String, String>,
    /// Outputs by name.
    pub outputs: BTreeMap<String, String>,
    /// Whether deletion is refused.
    pub termination_protection: bool,
}

/// The stack, or `None` where there is none.
pub async fn describe(client: &Client, name: &str) -> anyhow::Result<Option<LiveStack>> {
    match client.describe_stacks().stack_name(name).send().await {
        Ok(answer) => Ok(answer.stacks().first().map(live)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot describe stack `{name}`")),
    }
}

/// Every stack of the region by name.
pub async fn all(client: &Client) -> anyhow::Result<BTreeMap<String, LiveStack>> {
    let listed = list(client).await?;
    Ok(listed.iter().map(|stack| (stack.stack_name().unwrap_or_default().to_owned(), live(stack))).collect())
}

/// Every stack of the region, in AWS's own form.
pub(super) async fn list(client: &Client) -> anyhow::Result<Vec<Stack>> {
    let mut found = Vec::new();
    let mut pages = client.describe_stacks().into_paginator().send();
    while let Some(page) = pages.next().await {
        let stacks = page.map_err(explain).context("cannot list the stacks")?.stacks.unwrap_or_default();
        found.extend(stacks.into_iter().filter(|stack| stack.stack_status != Some(StackStatus::DeleteComplete)));
    }
    Ok(found)
}

/// The template as it was sent.
pub async fn template(client: &Client, name: &str) -> anyhow::Result<String> {
    let call = client.get_template().stack_name(name).template_stage(TemplateStage::Original);
    let answer = call.send().await.map_err(explain).with_context(|| format!("cannot read the template of `{name}`"))?;
    Ok(answer.template_body().unwrap_or_default().to_owned())
}

/// What CloudFormation has against a template; nothing where it takes it.
pub async fn validate(client: &Client, template: &str) -> anyhow::Result<Option<String>> {
    match client.validate_template().template_body(template).send().await {
        Ok(_) => Ok(None),
        Err(error) if error.code() == Some("ValidationError") => {
            Ok(Some(error.message().unwrap_or("it gives no reason").to_owned()))
        }
        Err(error) => Err(explain(error)).context("cannot have a template validated"),
    }
}

/// Goes on with a rollback that failed, without the resources of these logical ids.
pub async fn continue_rollback(client: &Client, stack: &str, skip: &[String], token: &str) -> anyhow::Result<()> {
    let call = client.continue_update_rollback().stack_name(stack).client_request_token(token);
    let call = call.set_resources_to_skip((!skip.is_empty()).then(|| skip.to_vec()));
    call.send().await.map_err(explain).with_context(|| format!("cannot go on with the rollback of `{stack}`"))?;
    Ok(())
}

/// Rolls back an operation that had failed and kept what succeeded.
pub async fn rollback(client: &Client, stack: &str, token: &str) -> anyhow::Result<()> {
    let call = client.rollback_stack().stack_name(stack).client_request_token(token);
    call.send().await.map_err(explain).with_context(|| format!("cannot roll back `{stack}`"))?;
    Ok(())
}

/// Deletes a stack whose deletion has failed, and leaves the resources of these logical ids behind.
pub async fn abandon(client: &Client, stack: &str, leave: &[String], token: &str) -> anyhow::Result<()> {
    let call = client.delete_stack().stack_name(stack).client_request_token(token);
    let call = call.set_retain_resources(Some(leave.to_vec()));
    call.send().await.map_err(explain).with_context(|| format!("cannot delete stack `{stack}`"))?;
    Ok(())
}

/// Starts the deletion of a stack.
pub async fn delete(client: &Client, stack: &str, token: &str) -> anyhow::Result<()> {
    let call = client.delete_stack().stack_name(stack).client_request_token(token);
    call.send().await.map_err(explain).with_context(|| format!("cannot delete stack `{stack}`"))?;
    Ok(())
}

/// Turns termination protection on or off.
pub async fn protect(client: &Client, stack: &str, on: bool) -> anyhow::Result<()> {
    let call = client.update_termination_protection().stack_name(stack).enable_termination_protection(on);
    call.send().await.map_err(explain).with_context(|| format!("cannot set the protection of stack `{stack}`"))?;
    Ok(())
}

/// Physical ids of a stack's resources by logical id, with their types.
pub async fn resources(client: &Client, stack: &str) -> anyhow::Result<Vec<(String, String, String)>> {
    let mut found = Vec::new();
    let mut pages = client.list_stack_resources().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot list the resources of `{stack}`"))?;
        for one in page.stack_resource_summaries() {
            let gone = one.resource_status() == Some(&ResourceStatus::DeleteComplete);
            if let (false, Some(logical), Some(kind), Some(physical)) =
                (gone, one.logical_resource_id(), one.resource_type(), one.physical_resource_id())
            {
                found.push((logical.to_owned(), kind.to_owned(), physical.to_owned()));
            }
        }
    }
    Ok(found)
}

pub(super) fn live(stack: &Stack) -> LiveStack {
    let pair = |key: Option<&str>, value: Option<&str>| Some((key?.to_owned(), value.unwrap_or_default().to_owned()));
    LiveStack {
        id: stack.stack_id().unwrap_or_default().to_owned(),
        status: stack.stack_status().cloned().unwrap_or_else(|| StackStatus::from("UNKNOWN")),
        reason: stack.stack_status_reason().unwrap_or_default().to_owned(),
        parameters: stack.parameters().iter().filter_map(|p| pair(p.parameter_key(), p.parameter_value())).collect(),
        tags: stack.tags().iter().filter_map(|t| pair(t.key(), t.value())).collect(),
        outputs: stack.outputs().iter().filter_map(|o| pair(o.output_key(), o.output_value())).collect(),
        termination_protection: stack.enable_termination_protection().unwrap_or_default(),
    }
}

/// `DescribeStacks` has no modelled error for a missing stack: it is a `ValidationError` that says so.
pub(super) fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ValidationError") && error.message().is_some_and(|text| text.contains("does not exist"))
}
