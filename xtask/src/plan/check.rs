//! Our plan of a stack beside CloudFormation's own: what its change set would do and we did not foresee. Pure.

use std::collections::BTreeSet;

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
pub fn check(plan: &StackPlan, set: &[ResourceAction], allowed: &BTreeSet<String>) -> Result<(), Problem> {
    let name = |place: &String| place.replacen(&plan.service, &plan.stack, 1);
    let left: Vec<String> = unforeseen(plan, set)
        .into_iter()
        .filter(|place| !allowed.contains(place) && !allowed.contains(&name(place)))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let flags: Vec<String> = left.iter().map(|place| format!("--allow-replacement {place}")).collect();
    Err(Problem::declined(format!(
        "CloudFormation would remove or replace what the plan did not foresee: {}; nothing was changed in `{}`",
        left.join(", "),
        plan.stack
    ))
    .hint(format!("where that is what you want, name it: {}", flags.join(" "))))
}
