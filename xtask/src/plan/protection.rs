//! Termination protection: in no template, yet set by a deploy as the environment wants it. Pure.

use super::resources::Action;
use super::security::{SecurityChange, Topic};
use super::stack::{Planned, StackAction};
use crate::aws::stacks::LiveStack;

/// Adds to a stack's plan that its termination protection is turned on or off. What is made anew is protected with its making.
pub(super) fn switch(planned: &mut Planned, live: Option<&LiveStack>, wanted: bool) {
    let stays = !matches!(planned.plan.action, StackAction::Create | StackAction::Recreate | StackAction::Stuck);
    let Some(live) = live.filter(|live| stays && live.termination_protection != wanted) else { return };
    planned.plan.protection = Some(wanted);
    planned.security.push(SecurityChange {
        service: planned.plan.service.clone(),
        id: planned.plan.stack.clone(),
        kind: "AWS::CloudFormation::Stack".to_owned(),
        topic: Topic::DataProtection,
        action: Action::Modify,
        granted: vec![],
        revoked: vec![],
        changed: vec![format!(
            "termination protection: {} → {}",
            on_or_off(live.termination_protection),
            on_or_off(wanted)
        )],
    });
}

/// As a plan tells it.
pub(super) fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
