//! Our plan of a stack beside CloudFormation's own: what its change set would do and we did not foresee. Pure.

use super::guard::Allowed;
use super::replacement::Replacement;
use super::resources::{Action, ResourceChange};
use super::stack::{StackAction, StackPlan};
use super::stateful::{self, Fate};
use crate::aws::change_sets::ResourceAction;
use crate::error::Problem;

/// The places of a change set that end a resource, or its data, without our plan saying so: `<service>.<LogicalId>` each.
#[must_use]
pub fn unforeseen(plan: &StackPlan, set: &[ResourceAction]) -> Vec<String> {
    let surprising = |one: &&ResourceAction| is_surprise(plan, one);
    set.iter().filter(surprising).map(|one| format!("{}.{}", plan.service, one.id)).collect()
}

fn is_surprise(plan: &StackPlan, one: &ResourceAction) -> bool {
    let ours = plan.resources.iter().find(|change| change.id == one.id);
    let foreseen = match (one.action.as_str(), one.replacement.as_str()) {
        ("Remove", _) => ours.is_some_and(|ours| ours.action == Action::Remove),
        // Whatever refers to an attribute of a changed resource "may" be made anew: only what is so by itself counts.
        ("Modify", "Conditional") if !one.by_itself => return false,
        ("Modify", "True" | "Conditional") => ours.is_some_and(is_foreseen),
        ("Add" | "Import" | "SyncWithActual" | "Modify", _) => return false,
        // `Dynamic`: CloudFormation itself does not know yet.
        _ => ours.is_some_and(is_foreseen),
    };
    if !foreseen {
        // What a failed operation has left is not all in a template: a resource that holds nothing is made again.
        return plan.action != StackAction::Mend || stateful::holds(&one.kind).is_some();
    }
    one.deletes && ours.and_then(|ours| ours.data).is_some_and(|data| data != Fate::Lost)
}

fn is_foreseen(ours: &ResourceChange) -> bool {
    ours.replacement != Replacement::Never
}

/// An error where the change set has a surprise that `allowed` does not name.
pub fn check(plan: &StackPlan, set: &[ResourceAction], allowed: &Allowed) -> Result<(), Problem> {
    let left: Vec<String> =
        unforeseen(plan, set).into_iter().filter(|place| !allowed.names(place, &plan.stack)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let places: Vec<&str> = left.iter().map(String::as_str).collect();
    Err(Problem::declined(format!(
        "CloudFormation would remove or replace what the plan did not foresee: {}; nothing was changed in `{}`",
        left.join(", "),
        plan.stack
    ))
    .hint(allowed.hint(&places)))
}
