//! The plan of the stacks that `bootstrap` makes. Pure.

use std::collections::BTreeMap;

use super::make::add;
use super::{Plan, StackPlan, stack};
use crate::aws::Identity;
use crate::config::Config;
use crate::deploy::shared::SharedStack;

/// What `bootstrap` would do.
///
/// # Errors
/// Where a template is no template.
pub fn of_shared(config: &Config, identity: &Identity, stacks: &[SharedStack]) -> anyhow::Result<Plan> {
    let mut plan = Plan::new(config, identity);
    for one in stacks {
        let planned = stack::plan(&one.key, one.seen.as_ref(), &one.wanted, &BTreeMap::new())?;
        add(&mut plan, planned);
    }
    plan.changed = plan.stacks.iter().any(StackPlan::changed);
    Ok(plan)
}
