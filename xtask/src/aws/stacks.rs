//! CloudFormation stacks and change sets: calls and error classes, no decisions.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, EvaluationType, ExecutionStatus, Parameter, RequiresRecreation,
    ResourceChange, ResourceStatus, Stack, StackEvent, StackStatus, Tag, TemplateStage,
};

use super::explain;

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

/// A resource's step in a stack operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Unique in the stack.
    pub id: String,
    /// The operation's token, as given to the call that started it.
    pub token: String,
    /// Logical id.
    pub logical_id: String,
    /// Resource type.
    pub kind: String,
    /// Resource status, such as `CREATE_FAILED`.
    pub status: String,
    /// Why, in AWS's words; may be empty.
    pub reason: String,
    /// When, by AWS's clock, in milliseconds since 1970.
    pub at: i64,
}

impl Event {
    /// Whether it tells of the stack itself, not of a resource.
    #[must_use]
    pub fn is_of_stack(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack"
    }

    /// Whether an operation, or the way back from one, begins with it; cleaning up is an end.
    fn begins(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && !self.status.ends_with("_CLEANUP_IN_PROGRESS")
    }
}

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
    let mut found = BTreeMap::new();
    let mut pages = client.describe_stacks().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the stacks")?;
        let there = page.stacks().iter().filter(|stack| stack.stack_status() != Some(&StackStatus::DeleteComplete));
        found.extend(there.map(|stack| (stack.stack_name().unwrap_or_default().to_owned(), live(stack))));
    }
    Ok(found)
}

/// The template as it was sent.
pub async fn template(client: &Client, name: &str) -> anyhow::Result<String> {
    let call = client.get_template().stack_name(name).template_stage(TemplateStage::Original);
    let answer = call.send().await.map_err(explain).with_context(|| format!("cannot read the template of `{name}`"))?;
    Ok(answer.template_body().unwrap_or_default().to_owned())
}

/// Asks for a change set; `false` where one of this name is there already.
pub async fn create_change_set(client: &Client, input: &StackInput, name: &str, new: bool) -> anyhow::Result<bool> {
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
pub async fn change_set(client: &Client, stack: &str, name: &str) -> anyhow::Result<ChangeSet> {
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceAction {
    /// Logical id.
    pub id: String,
    /// `Add`, `Modify`, `Remove` and the like.
    pub action: String,
    /// `True`, `False` or `Conditional`; empty where nothing is modified.
    pub replacement: String,
    /// Whether what may replace the resource is a change of its own, and not one that follows from another resource's.
    pub by_itself: bool,
}

/// What a change set does, resource by resource.
pub async fn actions(client: &Client, stack: &str, name: &str) -> anyhow::Result<Vec<ResourceAction>> {
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let call = client.describe_change_set().stack_name(stack).change_set_name(name).set_next_token(from);
        let page = call.send().await.map_err(explain).with_context(|| format!("cannot read change set `{name}`"))?;
        found.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(action));
        from = page.next_token().map(str::to_owned);
        if from.is_none() {
            return Ok(found);
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
    }
}

/// The names of a stack's change sets.
pub async fn change_sets(client: &Client, stack: &str) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut pages = client.list_change_sets().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot list the change sets of `{stack}`"))?;
        names.extend(page.summaries().iter().filter_map(|one| one.change_set_name().map(str::to_owned)));
    }
    Ok(names)
}

/// Deletes a change set; one that has gone already is as good.
pub async fn delete_change_set(client: &Client, stack: &str, name: &str) -> anyhow::Result<()> {
    match client.delete_change_set().stack_name(stack).change_set_name(name).send().await {
        Err(error) if error.code() != Some("ChangeSetNotFound") && !is_missing(&error) => {
            Err(explain(error)).with_context(|| format!("cannot delete change set `{name}`"))
        }
        _ => Ok(()),
    }
}

/// Starts a change set; `token` marks the events that follow. `keep` keeps what succeeded where something fails, instead
/// of rolling back. `false` where somebody else was faster.
pub async fn execute(client: &Client, stack: &str, name: &str, token: &str, keep: bool) -> anyhow::Result<bool> {
    let call = client.execute_change_set().stack_name(stack).change_set_name(name).client_request_token(token);
    // Always said: the API reference gives `True` as the default.
    match call.disable_rollback(keep).send().await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), Some("InvalidChangeSetStatus" | "ChangeSetNotFound")) => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot execute change set `{name}`")),
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

/// The token of the newest operation of a stack, if it has any.
pub async fn newest_token(client: &Client, stack: &str) -> anyhow::Result<Option<String>> {
    let answer = client.describe_stack_events().stack_name(stack).send().await;
    let answer = answer.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
    Ok(answer.stack_events().first().and_then(|event| event.client_request_token()).map(str::to_owned))
}

/// The events of one operation and of what followed it, such as its cancelling by somebody else; oldest first. Reads only
/// as far back as the operation goes.
pub async fn events(client: &Client, stack: &str, token: &str) -> anyhow::Result<Vec<Event>> {
    let mut found = Vec::new();
    let mut ours = false;
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    'pages: while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
        for event in page.stack_events() {
            // Events come newest first: another token after ours is an earlier operation.
            let own = event.client_request_token() == Some(token);
            if ours && !own {
                break 'pages;
            }
            ours |= own;
            found.push(convert(event));
        }
        // The newest page has none of ours: the operation has not begun to tell.
        if !ours {
            return Ok(Vec::new());
        }
    }
    found.reverse();
    Ok(found)
}

/// The events since the stack itself last began something, its way back included; oldest first.
pub async fn newest_events(client: &Client, stack: &str) -> anyhow::Result<Vec<Event>> {
    let mut found = Vec::new();
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    'pages: while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
        for event in page.stack_events().iter().map(convert) {
            let begun = event.is_of_stack() && event.begins();
            found.push(event);
            if begun {
                break 'pages;
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// Whether a creation or an import of this stack has ever come to its good end.
pub async fn was_whole(client: &Client, stack: &str) -> anyhow::Result<bool> {
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the events of `{stack}`"))?;
        let whole = |event: Event| {
            event.is_of_stack() && matches!(event.status.as_str(), "CREATE_COMPLETE" | "IMPORT_COMPLETE")
        };
        if page.stack_events().iter().map(convert).any(whole) {
            return Ok(true);
        }
    }
    Ok(false)
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

fn live(stack: &Stack) -> LiveStack {
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

fn convert(event: &StackEvent) -> Event {
    Event {
        id: event.event_id().unwrap_or_default().to_owned(),
        token: event.client_request_token().unwrap_or_default().to_owned(),
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        kind: event.resource_type().unwrap_or_default().to_owned(),
        status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason().unwrap_or_default().to_owned(),
        at: event.timestamp().and_then(|at| at.to_millis().ok()).unwrap_or_default(),
    }
}

/// `DescribeStacks` has no modelled error for a missing stack: it is a `ValidationError` that says so.
fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ValidationError") && error.message().is_some_and(|text| text.contains("does not exist"))
}
