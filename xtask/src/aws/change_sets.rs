//! Change sets of CloudFormation: calls and error classes, no decisions.

use anyhow::Context;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, EvaluationType, ExecutionStatus, Parameter, PolicyAction,
    RequiresRecreation, ResourceChange, Tag,
};

use super::explain;
use super::stacks::{StackInput, is_missing};

/// A change set that has been worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeSet {
    /// It changes this many resources and can be executed.
    Ready(usize),
    /// The template, parameters and tags are already in force.
    Empty,
    /// CloudFormation refuses it, for this reason in AWS's words.
    Refused(String),
    /// Somebody else is executing it, or has: two deploys of the same thing have met.
    Taken,
    /// Still being worked out.
    Pending,
    /// Deleted, or overtaken by another operation.
    Gone,
}

/// Asks for a change set; `false` where one of this name is there already.
pub async fn create(client: &Client, input: &StackInput, name: &str, new: bool) -> anyhow::Result<bool> {
    let parameters = input.parameters.iter().map(|(key, value)| {
        let parameter = Parameter::builder().parameter_key(key);
        match &input.kept {
            Some(kept) if kept.contains(key) => parameter.use_previous_value(true).build(),
            _ => parameter.parameter_value(value).build(),
        }
    });
    let tags = input.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let mut call = client
        .create_change_set()
        .stack_name(&input.name)
        .change_set_name(name)
        .change_set_type(if new { ChangeSetType::Create } else { ChangeSetType::Update })
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam)
        .set_parameters(Some(parameters.collect()))
        .set_tags(Some(tags.collect()));
    call = match (&input.kept, &input.template_url) {
        (Some(_), _) => call.use_previous_template(true),
        (None, Some(url)) => call.template_url(url),
        (None, None) => call.template_body(&input.template),
    };
    match call.send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("AlreadyExistsException") => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot create a change set for `{}`", input.name)),
    }
}

/// The state of a change set.
pub async fn look(client: &Client, stack: &str, name: &str) -> anyhow::Result<ChangeSet> {
    let answer = match client.describe_change_set().stack_name(stack).change_set_name(name).send().await {
        Err(error) if error.code() == Some("ChangeSetNotFound") || is_missing(&error) => return Ok(ChangeSet::Gone),
        answer => answer.map_err(explain).with_context(|| format!("cannot read change set `{name}`"))?,
    };
    let reason = answer.status_reason().unwrap_or_default();
    Ok(match (answer.status(), answer.execution_status()) {
        (Some(ChangeSetStatus::CreateComplete), Some(ExecutionStatus::Available)) => {
            ChangeSet::Ready(answer.changes().len())
        }
        (
            Some(ChangeSetStatus::DeletePending | ChangeSetStatus::DeleteInProgress | ChangeSetStatus::DeleteComplete),
            _,
        )
        | (_, Some(ExecutionStatus::Obsolete)) => ChangeSet::Gone,
        (_, Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete)) => ChangeSet::Taken,
        (Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress), _) => ChangeSet::Pending,
        (Some(ChangeSetStatus::Failed), _) if says_no_changes(reason) => ChangeSet::Empty,
        _ => ChangeSet::Refused(reason.to_owned()),
    })
}

/// CloudFormation has no code for an empty change set, only these two sentences (API reference, `DescribeChangeSet`).
fn says_no_changes(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

/// What a change set does to one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceAction {
    /// Logical id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// `Add`, `Modify`, `Remove` and the like.
    pub action: String,
    /// `True`, `False` or `Conditional`; empty where nothing is modified.
    pub replacement: String,
    /// Whether what may replace the resource is a change of its own, and not one that follows from another resource's.
    pub by_itself: bool,
    /// Whether CloudFormation says that it deletes what is there, where it says anything.
    pub deletes: bool,
}

/// What a change set does, resource by resource; `None` where somebody else has deleted it.
pub async fn actions(client: &Client, stack: &str, name: &str) -> anyhow::Result<Option<Vec<ResourceAction>>> {
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let call = client.describe_change_set().stack_name(stack).change_set_name(name).set_next_token(from);
        let page = match call.send().await {
            Err(error) if error.code() == Some("ChangeSetNotFound") || is_missing(&error) => return Ok(None),
            page => page.map_err(explain).with_context(|| format!("cannot read change set `{name}`"))?,
        };
        found.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(action));
        from = page.next_token().map(str::to_owned);
        if from.is_none() {
            return Ok(Some(found));
        }
    }
}

fn action(change: &ResourceChange) -> ResourceAction {
    let by_itself = change.details().iter().any(|detail| {
        let recreates = detail.target().and_then(|target| target.requires_recreation());
        recreates.is_some_and(|one| *one != RequiresRecreation::Never)
            && detail.evaluation() == Some(&EvaluationType::Static)
    });
    ResourceAction {
        id: change.logical_resource_id().unwrap_or_default().to_owned(),
        action: change.action().map(|action| action.as_str().to_owned()).unwrap_or_default(),
        replacement: change.replacement().map(|one| one.as_str().to_owned()).unwrap_or_default(),
        by_itself,
        kind: change.resource_type().unwrap_or_default().to_owned(),
        deletes: matches!(change.policy_action(), Some(PolicyAction::Delete | PolicyAction::ReplaceAndDelete)),
    }
}

/// The names of a stack's change sets.
pub async fn names(client: &Client, stack: &str) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut pages = client.list_change_sets().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot list the change sets of `{stack}`"))?;
        names.extend(page.summaries().iter().filter_map(|one| one.change_set_name().map(str::to_owned)));
    }
    Ok(names)
}

/// Deletes a change set; one that has gone already is as good. `false` where it is just being worked out or executed, so
/// that CloudFormation lets nobody delete it.
pub async fn delete(client: &Client, stack: &str, name: &str) -> anyhow::Result<bool> {
    match client.delete_change_set().stack_name(stack).change_set_name(name).send().await {
        Err(error) if error.code() == Some("InvalidChangeSetStatus") => Ok(false),
        Err(error) if error.code() != Some("ChangeSetNotFound") && !is_missing(&error) => {
            Err(explain(error)).with_context(|| format!("cannot delete change set `{name}`"))
        }
        _ => Ok(true),
    }
}

/// Starts a change set; `token` marks the events that follow. `keep` keeps what succeeded where something fails, instead
/// of rolling back. `false` where somebody else was faster.
pub async fn execute(client: &Client, (stack, name): (&str, &str), token: &str, keep: bool) -> anyhow::Result<bool> {
    let call = client.execute_change_set().stack_name(stack).change_set_name(name).client_request_token(token);
    // Always said: the API reference gives `True` as the default.
    match call.disable_rollback(keep).send().await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), Some("InvalidChangeSetStatus" | "ChangeSetNotFound")) => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot execute change set `{name}`")),
    }
}
