//! What a stack's change is held against before it is made: the plan made anew from what is there by then, and what
//! CloudFormation says that it would do.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;

use super::agree::Agreed;
use super::world::Seen;
use crate::aws::change_sets;
use crate::aws::stacks::StackInput;
use crate::plan::{Allowed, StackPlan, check, guard, plan_stack};

/// What is allowed to a service's stack.
#[derive(Clone, Debug, Default)]
pub(super) struct Review {
    /// The service.
    pub(super) service: String,
    /// Outputs that others use: name → who.
    pub(super) consumers: BTreeMap<String, Vec<String>>,
    /// Resources that may end.
    pub(super) allowed: Allowed,
    /// What was shown of it; nothing where nobody was asked.
    pub(super) agreed: Option<Agreed>,
    /// Whether the emulator answers: its `Conditional` says only that it does not know the resource's type.
    pub(super) emulated: bool,
}

impl Review {
    /// The review of a stack that nobody is wired to.
    pub(super) fn of(service: &str) -> Self {
        Self { service: service.to_owned(), ..Self::default() }
    }

    /// Plans the change with the values that are known by now; refused where it ends what must not end, asked for where it is
    /// another one than was shown.
    pub(super) fn plan(&self, seen: Option<&Seen>, wanted: &StackInput) -> anyhow::Result<StackPlan> {
        let planned = plan_stack(&self.service, seen, wanted, &self.consumers)?;
        guard::check(&guard::refusals(&planned.plan), |_| wanted.name.clone(), &self.allowed)?;
        if let Some(agreed) = &self.agreed {
            agreed.still(&planned)?;
        }
        Ok(planned.plan)
    }

    /// Compares a change set that is ready with the plan; where it would do more, it is deleted. `false` where another deploy
    /// has deleted it meanwhile.
    pub(super) async fn compare(&self, client: &Client, plan: &StackPlan, set: &str) -> anyhow::Result<bool> {
        let Some(mut actions) = change_sets::actions(client, &plan.stack, set).await? else { return Ok(false) };
        actions.retain(|one| !self.emulated || one.replacement != "Conditional");
        if let Err(problem) = check::check(plan, &actions, &self.allowed) {
            change_sets::delete(client, &plan.stack, set).await?;
            return Err(problem.into());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::operation::delete_change_set::DeleteChangeSetOutput;
    use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
    use aws_sdk_cloudformation::types::{
        Change, ChangeAction, EvaluationType, Replacement, RequiresRecreation, ResourceChange, ResourceChangeDetail,
        ResourceTargetDefinition,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use crate::plan::StackAction;

    fn plan() -> StackPlan {
        serde_json::from_value(serde_json::json!({"service": "orders", "stack": "demo-dev-orders", "action": "update"}))
            .unwrap()
    }

    fn change(id: &str) -> Change {
        let resource = ResourceChange::builder().logical_resource_id(id);
        let resource = resource.action(ChangeAction::Modify).replacement(Replacement::True).build();
        Change::builder().resource_change(resource).build()
    }

    /// What may replace a resource by a property of its own.
    fn conditional(id: &str) -> Change {
        let target = ResourceTargetDefinition::builder().requires_recreation(RequiresRecreation::Conditionally).build();
        let detail = ResourceChangeDetail::builder().target(target).evaluation(EvaluationType::Static).build();
        let resource = ResourceChange::builder().logical_resource_id(id).action(ChangeAction::Modify);
        let resource = resource.replacement(Replacement::Conditional).details(detail).build();
        Change::builder().resource_change(resource).build()
    }

    #[tokio::test]
    async fn a_conditional_replacement_counts_on_aws_and_says_nothing_on_the_emulator() {
        let describe = mock!(Client::describe_change_set)
            .then_output(|| DescribeChangeSetOutput::builder().changes(conditional("A")).build());
        let delete = mock!(Client::delete_change_set).then_output(|| DeleteChangeSetOutput::builder().build());
        let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&describe, &delete]);
        Review { emulated: true, ..Review::of("orders") }.compare(&client, &plan(), "set").await.unwrap();
        assert_eq!(delete.num_calls(), 0);
        let error = Review::of("orders").compare(&client, &plan(), "set").await.unwrap_err().to_string();
        assert!(error.contains("orders.A"), "{error}");
    }

    #[tokio::test]
    async fn a_replacement_that_was_not_foreseen_deletes_the_change_set_and_stops() {
        let describe = mock!(Client::describe_change_set)
            .match_requests(|call| call.change_set_name() == Some("set") && call.next_token().is_none())
            .then_output(|| DescribeChangeSetOutput::builder().changes(change("A")).next_token("2").build());
        let second = mock!(Client::describe_change_set)
            .match_requests(|call| call.next_token() == Some("2"))
            .then_output(|| DescribeChangeSetOutput::builder().changes(change("B")).build());
        let delete = mock!(Client::delete_change_set).then_output(|| DeleteChangeSetOutput::builder().build());
        let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&describe, &second, &delete]);
        assert_eq!(plan().action, StackAction::Update);
        let error = Review::of("orders").compare(&client, &plan(), "set").await.unwrap_err().to_string();
        assert!(error.contains("orders.A, orders.B"), "{error}");
        assert_eq!(delete.num_calls(), 1);
        let places = ["orders.A", "demo-dev-orders.B"].map(str::to_owned).into();
        let allowed = Allowed { places, ..Allowed::default() };
        Review { allowed, ..Review::of("orders") }.compare(&client, &plan(), "set").await.unwrap();
        assert_eq!(delete.num_calls(), 1);
    }
}
