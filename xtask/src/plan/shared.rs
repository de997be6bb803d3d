//! The plan of the stacks that `bootstrap` makes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::make::add;
use super::protection::switch;
use super::{Action, Plan, SecurityChange, StackPlan, stack};
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
        let mut planned = stack::plan(&one.key, one.seen.as_ref(), &one.wanted, &BTreeMap::new())?;
        switch(&mut planned, one.seen.as_ref().map(|seen| &seen.live), config.env.endpoint().is_none());
        if one.role.is_some() {
            planned.security = of_a_role(planned.security);
            // Which right stands in which line of which policy is nobody's concern; which rights there are is told above.
            planned.plan.resources.iter_mut().filter(|change| change.kind == POLICY).for_each(|change| {
                change.properties.clear();
            });
        }
        add(&mut plan, planned);
    }
    plan.changed = plan.stacks.iter().any(StackPlan::changed);
    Ok(plan)
}

const POLICY: &str = "AWS::IAM::ManagedPolicy";

/// A right that only moves from one policy of a role to another is neither given nor taken away.
fn of_a_role(mut changes: Vec<SecurityChange>) -> Vec<SecurityChange> {
    let rights = |of: fn(&SecurityChange) -> &Vec<String>| -> BTreeSet<String> {
        changes.iter().filter(|change| change.kind == POLICY).flat_map(of).cloned().collect()
    };
    let (granted, revoked) = (rights(|change| &change.granted), rights(|change| &change.revoked));
    let moved = |right: &String| granted.contains(right) && revoked.contains(right);
    for change in changes.iter_mut().filter(|change| change.kind == POLICY) {
        change.granted.retain(|right| !moved(right));
        change.revoked.retain(|right| !moved(right));
        change.changed.clear();
    }
    changes.retain(|change| {
        change.kind != POLICY
            || change.action != Action::Modify
            || !(change.granted.is_empty() && change.revoked.is_empty())
    });
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: &str, granted: &[&str], revoked: &[&str]) -> SecurityChange {
        serde_json::from_value(serde_json::json!({
            "service": "bootstrap-plan", "id": id, "type": POLICY, "topic": "permissions", "action": "modify",
            "granted": granted, "revoked": revoked,
        }))
        .unwrap()
    }

    #[test]
    fn a_right_that_moves_between_the_policies_of_a_role_is_no_change() {
        let told = of_a_role(vec![change("Policy1", &["a", "b"], &[]), change("Policy2", &[], &["a"])]);
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].id.as_str(), &told[0].granted[..], told[0].revoked.len()),
            ("Policy1", &["b".to_owned()][..], 0)
        );
    }
}
