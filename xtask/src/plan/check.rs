//! Our plan of a stack beside CloudFormation's own: what its change set would do and we did not foresee. Pure.

use super::guard::Allowed;
use super::replacement::Replacement;
use super::resources::{Action, ResourceChange};
use super::stack::StackPlan;
use crate::aws::change_sets::ResourceAction;
use crate::error::Problem;

/// The places of a change set that end a resource without our plan saying so, `<service>.<LogicalId>` each.
#[must_use]
pub fn unforeseen(plan: &StackPlan, set: &[ResourceAction]) -> Vec<String> {
    let ours = |id: &str| plan.resources.iter().find(|change| change.id == id);
    let surprising = |one: &&ResourceAction| {
        let ours = ours(&one.id);
        match one.action.as_str() {
            "Remove" => ours.is_none_or(|ours| ours.action != Action::Remove),
            "Modify" if one.replacement == "True" => ours.is_none_or(|ours| !foreseen(ours)),
            // Whatever refers to an attribute of a changed resource "may" be made anew: only what is so by itself counts.
            "Modify" if one.replacement == "Conditional" && one.by_itself => ours.is_none_or(|ours| !foreseen(ours)),
            _ => false,
        }
    };
    set.iter().filter(surprising).map(|one| format!("{}.{}", plan.service, one.id)).collect()
}

fn foreseen(ours: &ResourceChange) -> bool {
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
