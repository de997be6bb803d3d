//! One stack of a CloudFormation that does what a test tells it to, and what `apply` makes of it.

mod guards;
mod races;
mod states;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ErrorMetadata;
use aws_sdk_cloudformation::operation as op;
use aws_sdk_cloudformation::types::{
    Change, ChangeAction, ChangeSetStatus, ChangeSetSummary, ExecutionStatus, Output, ResourceChange, ResourceStatus,
    Stack, StackEvent, StackStatus,
};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;

use super::review::Review;
use super::stack::{Applied, Hands, Policy, apply};
use super::wait::{self, Waited};
use crate::aws::Aws;
use crate::aws::stacks::{StackInput, Template};
use crate::config::Config;
use crate::plan::Allowed;
use crate::ui::{Mode, Ui};

const NAME: &str = "demo-dev-orders";
const STACK: &str = "AWS::CloudFormation::Stack";

/// Logical id, status, reason.
type Failed = &'static [(&'static str, &'static str, &'static str)];

/// What is there, what will happen, and what was asked for.
#[derive(Default)]
pub(super) struct World {
    /// `None` where there is no stack.
    pub(super) status: Option<&'static str>,
    pub(super) template: String,
    pub(super) protected: bool,
    /// Whether each look at the stack shows it as it was at the look before.
    pub(super) lags: bool,
    /// What the next operations end as instead of well; `None` is a stack that has gone.
    pub(super) ends: VecDeque<(Option<&'static str>, Failed)>,
    /// What the stack becomes by somebody else's doing, one at each look.
    pub(super) moves: VecDeque<Option<&'static str>>,
    /// Codes with which the next looks at the stack fail.
    pub(super) deaf: VecDeque<&'static str>,
    /// Codes with which the next change sets are refused.
    pub(super) refusals: VecDeque<&'static str>,
    /// What the next looks at a change set find instead of one that is ready.
    pub(super) found: VecDeque<(&'static str, &'static str, &'static str)>,
    /// What every change set does: action, logical id, type.
    pub(super) actions: Vec<(&'static str, &'static str, &'static str)>,
    /// Resources that may end.
    pub(super) allowed: Vec<&'static str>,
    /// Whether change sets cannot be deleted, since somebody is just making them.
    pub(super) undeletable: bool,
    /// Names of change sets that others left.
    pub(super) left: Vec<&'static str>,
    /// Oldest first: token, logical id, status, reason.
    pub(super) events: Vec<(String, String, String, String)>,
    /// Every call that changes something.
    pub(super) calls: Vec<String>,
    sent: (bool, String),
    shown: Option<(Option<&'static str>, String)>,
}

impl World {
    pub(super) fn at(status: &'static str) -> Self {
        Self { status: Some(status), template: template("old"), ..Self::default() }
    }

    pub(super) fn event(&mut self, token: &str, id: &str, status: &str, reason: &str) {
        self.events.push((token.to_owned(), id.to_owned(), status.to_owned(), reason.to_owned()));
    }

    fn begin(&mut self, token: Option<&str>, begins: &str, well: Option<&'static str>) {
        let token = token.unwrap_or_default().to_owned();
        self.event(&token, STACK, begins, "User Initiated");
        let (end, failed) = self.ends.pop_front().unwrap_or((well, &[]));
        for (id, status, reason) in failed {
            self.event(&token, id, status, reason);
        }
        self.event(&token, "Table", "UPDATE_COMPLETE", "");
        if let Some(end) = end {
            self.event(&token, STACK, end, "");
        }
        self.status = end;
    }

    fn look(&mut self) -> Result<Stack, ErrorMetadata> {
        if let Some(code) = self.deaf.pop_front() {
            return Err(refusal(code, "no"));
        }
        let now = (self.status, self.template.clone());
        let before = self.shown.replace(now.clone());
        let (status, template) = before.filter(|_| self.lags).unwrap_or(now);
        let stack = status.map(|status| {
            Stack::builder()
                .outputs(Output::builder().output_key("Template").output_value(template).build())
                .stack_id(NAME)
                .stack_name(NAME)
                .creation_time(DateTime::from_secs(0))
                .stack_status(StackStatus::from(status))
                .enable_termination_protection(self.protected)
                .build()
        });
        if let Some(next) = self.moves.pop_front() {
            self.status = next;
        }
        stack.ok_or_else(|| refusal("ValidationError", "Stack does not exist"))
    }
}

/// A template that differs from others by this word.
pub(super) fn template(word: &str) -> String {
    format!("Description: {word}")
}

fn refusal(code: &str, message: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message(message).build()
}

/// What is wanted: `new` instead of `old`.
pub(super) fn wanted(creation: Option<&str>) -> StackInput {
    StackInput {
        name: NAME.into(),
        template: template("new"),
        template_url: None,
        creation: creation.map(|text| Template { text: template(text), url: None }),
        parameters: BTreeMap::new(),
        tags: BTreeMap::from([("environment".into(), "dev".into())]),
        kept: None,
    }
}

/// Deploys into the world, without a person at the keyboard; what was called, and how it ended.
pub(super) async fn run(
    world: World,
    input: &StackInput,
    policy: Policy,
    yes: bool,
) -> (Vec<String>, anyhow::Result<Applied>) {
    let places = world.allowed.iter().map(|place| (*place).to_owned()).collect();
    let allowed = Allowed { places, ..Allowed::default() };
    let world = Arc::new(Mutex::new(world));
    let rules = [reads(&world), writes(&world), ways_out(&world)].concat();
    let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, rules.iter().collect::<Vec<_>>());
    let ui = Ui::unattended(Mode { json: false, yes });
    let review = Review { allowed, ..Review::of("orders") };
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = Config::load(&root, Some("local")).unwrap();
    let aws = Aws::connect(&config.env).await;
    let hands = Hands { ui: &ui, client: &client, bucket: (&aws, &config), policy, review: &review };
    let result = apply(hands, input, None).await;
    (world.lock().unwrap().calls.clone(), result)
}

/// Waits for an operation whose first polls fail with these codes.
pub(super) async fn settle_with(codes: &[&'static str]) -> anyhow::Result<()> {
    let mut world = World { deaf: codes.iter().copied().collect(), ..World::at("UPDATE_IN_PROGRESS") };
    world.moves.push_back(Some("UPDATE_COMPLETE"));
    let world = Arc::new(Mutex::new(world));
    let rules = reads(&world);
    let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, rules.iter().collect::<Vec<_>>(), |config| {
        // The SDK's own attempts are over by the time that a poll has failed.
        config.retry_config(RetryConfig::disabled())
    });
    wait::settle(&Ui::unattended(Mode::default()), &client, Waited::new(NAME, "")).await.map(drop)
}

fn reads(world: &Arc<Mutex<World>>) -> Vec<Rule> {
    let (one, two, three, four) = (Arc::clone(world), Arc::clone(world), Arc::clone(world), Arc::clone(world));
    let describe = mock!(Client::describe_stacks).then_compute_response(move |_| match one.lock().unwrap().look() {
        Ok(stack) => MockResponse::Output(op::describe_stacks::DescribeStacksOutput::builder().stacks(stack).build()),
        Err(error) => MockResponse::Error(op::describe_stacks::DescribeStacksError::generic(error)),
    });
    let body = mock!(Client::get_template).then_compute_output(move |_| {
        op::get_template::GetTemplateOutput::builder().template_body(two.lock().unwrap().template.clone()).build()
    });
    let events = mock!(Client::describe_stack_events).then_compute_output(move |_| {
        let world = three.lock().unwrap();
        let newest = world.events.iter().enumerate().rev().map(|(number, (token, id, status, reason))| {
            StackEvent::builder()
                .event_id(number.to_string())
                .stack_id(NAME)
                .stack_name(NAME)
                .timestamp(DateTime::from_secs(0))
                .client_request_token(token)
                .logical_resource_id(id)
                .resource_type(if id == STACK { STACK } else { "AWS::X::Y" })
                .resource_status(ResourceStatus::from(status.as_str()))
                .resource_status_reason(reason)
                .build()
        });
        op::describe_stack_events::DescribeStackEventsOutput::builder().set_stack_events(Some(newest.collect())).build()
    });
    let list = mock!(Client::list_change_sets).then_compute_output(move |_| {
        let left = four.lock().unwrap().left.clone();
        let summaries = left.into_iter().map(|name| ChangeSetSummary::builder().change_set_name(name).build());
        op::list_change_sets::ListChangeSetsOutput::builder().set_summaries(Some(summaries.collect())).build()
    });
    vec![describe, body, events, list]
}

fn writes(world: &Arc<Mutex<World>>) -> Vec<Rule> {
    let (one, two, three, four) = (Arc::clone(world), Arc::clone(world), Arc::clone(world), Arc::clone(world));
    let create = mock!(Client::create_change_set).then_compute_response(move |call| {
        let mut world = one.lock().unwrap();
        if let Some(code) = world.refusals.pop_front() {
            return MockResponse::Error(op::create_change_set::CreateChangeSetError::generic(refusal(code, "no")));
        }
        let new = call.change_set_type().is_some_and(|kind| kind.as_str() == "CREATE");
        world.sent = (new, call.template_body().unwrap_or_default().to_owned());
        let text = world.sent.1.trim_start_matches("Description: ").to_owned();
        let line = format!("{} {}", if new { "CREATE" } else { "UPDATE" }, text);
        world.calls.push(line);
        MockResponse::Output(op::create_change_set::CreateChangeSetOutput::builder().build())
    });
    let describe = mock!(Client::describe_change_set).then_compute_response(move |_| {
        let mut world = two.lock().unwrap();
        let (status, execution, reason) = world.found.pop_front().unwrap_or(("CREATE_COMPLETE", "AVAILABLE", ""));
        if status.is_empty() {
            let error = refusal("ChangeSetNotFound", "no");
            return MockResponse::Error(op::describe_change_set::DescribeChangeSetError::generic(error));
        }
        let output = op::describe_change_set::DescribeChangeSetOutput::builder().status(ChangeSetStatus::from(status));
        let output = output.execution_status(ExecutionStatus::from(execution)).status_reason(reason);
        let change = |(action, id, kind): &(&str, &str, &str)| {
            let resource = ResourceChange::builder().logical_resource_id(*id).resource_type(*kind);
            Change::builder().resource_change(resource.action(ChangeAction::from(*action)).build()).build()
        };
        MockResponse::Output(output.set_changes(Some(world.actions.iter().map(change).collect())).build())
    });
    let delete = mock!(Client::delete_change_set).then_compute_response(move |call| {
        let kind = if call.change_set_name().is_some_and(|name| name == "xtask-other") { "another" } else { "our" };
        let mut world = three.lock().unwrap();
        world.calls.push(format!("delete {kind} change set"));
        if world.undeletable {
            let error = refusal("InvalidChangeSetStatus", "it is CREATE_IN_PROGRESS");
            return MockResponse::Error(op::delete_change_set::DeleteChangeSetError::generic(error));
        }
        MockResponse::Output(op::delete_change_set::DeleteChangeSetOutput::builder().build())
    });
    let execute = mock!(Client::execute_change_set).then_compute_output(move |call| {
        let mut world = four.lock().unwrap();
        let keep = if call.disable_rollback() == Some(true) { " keep" } else { "" };
        world.calls.push(format!("execute{keep}"));
        let (new, template) = world.sent.clone();
        world.template = template;
        let (begins, well) =
            if new { ("CREATE_IN_PROGRESS", "CREATE_COMPLETE") } else { ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE") };
        world.begin(call.client_request_token(), begins, Some(well));
        op::execute_change_set::ExecuteChangeSetOutput::builder().build()
    });
    vec![create, describe, delete, execute]
}

fn ways_out(world: &Arc<Mutex<World>>) -> Vec<Rule> {
    let (one, two, three, four) = (Arc::clone(world), Arc::clone(world), Arc::clone(world), Arc::clone(world));
    let delete = mock!(Client::delete_stack).then_compute_output(move |call| {
        let mut world = one.lock().unwrap();
        world.calls.push(format!("delete {}", call.retain_resources().join(" ")).trim().to_owned());
        world.begin(call.client_request_token(), "DELETE_IN_PROGRESS", None);
        op::delete_stack::DeleteStackOutput::builder().build()
    });
    let go_on = mock!(Client::continue_update_rollback).then_compute_output(move |call| {
        let mut world = two.lock().unwrap();
        world.calls.push(format!("continue {}", call.resources_to_skip().join(" ")).trim().to_owned());
        world.begin(call.client_request_token(), "UPDATE_ROLLBACK_IN_PROGRESS", Some("UPDATE_ROLLBACK_COMPLETE"));
        op::continue_update_rollback::ContinueUpdateRollbackOutput::builder().build()
    });
    let back = mock!(Client::rollback_stack).then_compute_output(move |call| {
        let mut world = three.lock().unwrap();
        world.calls.push("roll back".to_owned());
        let well = if world.status == Some("CREATE_FAILED") { "ROLLBACK_COMPLETE" } else { "UPDATE_ROLLBACK_COMPLETE" };
        world.begin(call.client_request_token(), "UPDATE_ROLLBACK_IN_PROGRESS", Some(well));
        op::rollback_stack::RollbackStackOutput::builder().build()
    });
    let protect = mock!(Client::update_termination_protection).then_compute_output(move |call| {
        four.lock().unwrap().calls.push(format!("protect {}", call.enable_termination_protection() == Some(true)));
        op::update_termination_protection::UpdateTerminationProtectionOutput::builder().build()
    });
    vec![delete, go_on, back, protect]
}
