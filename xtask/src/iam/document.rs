//! Policies as data: statements, what they count, and how they are cut into policies that IAM takes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Most characters of a managed policy, blanks not counted (IAM User Guide, "IAM and AWS STS quotas").
pub const POLICY_MAX: usize = 6144;
/// Most managed policies of a role, unless it was raised (the same page).
pub const POLICIES_MAX: usize = 10;

/// Operator → key → values.
pub type Condition = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Effect {
    /// Forbids, whatever else allows.
    Deny,
    /// Allows.
    Allow,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Whether it allows or forbids.
    pub effect: Effect,
    /// `service:Action`, sorted.
    pub action: Vec<String>,
    /// ARNs, or `*`.
    pub resource: Vec<String>,
    /// When it holds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: Condition,
}

/// A policy as IAM has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    version: &'static str,
    /// What it says.
    pub statement: Vec<Statement>,
}

impl Document {
    /// Characters as IAM counts them.
    #[must_use]
    pub fn size(&self) -> usize {
        size(self)
    }
}

/// The length as JSON without blanks; no value of ours has a blank.
fn size(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX, |text| text.len())
}

/// Gathers actions that are allowed on the same resources under the same condition.
#[derive(Debug, Default)]
pub(super) struct Gathered(BTreeMap<(Vec<String>, Condition), BTreeSet<String>>);

impl Gathered {
    pub(super) fn allow(&mut self, action: &str, resource: Vec<String>, condition: Condition) {
        self.0.entry((resource, condition)).or_default().insert(action.to_owned());
    }

    pub(super) fn statements(self) -> Vec<Statement> {
        let all = self.0.into_iter().map(|((resource, condition), actions)| Statement {
            effect: Effect::Allow,
            action: actions.into_iter().collect(),
            resource,
            condition,
        });
        let mut all: Vec<Statement> = all.collect();
        all.sort();
        all
    }
}

/// Cuts statements into as few policies as fit, in order; a statement that is too long for one is cut between actions.
#[must_use]
pub fn pack(statements: Vec<Statement>) -> Vec<Document> {
    let empty = Document { version: "2012-10-17", statement: vec![] };
    let mut policies = vec![empty.clone()];
    for whole in statements {
        for part in cut(whole, POLICY_MAX - empty.size()) {
            let added = size(&part) + 1;
            if policies.last().is_some_and(|last| last.size() + added > POLICY_MAX) {
                policies.push(empty.clone());
            }
            if let Some(last) = policies.last_mut() {
                last.statement.push(part);
            }
        }
    }
    policies
}

fn cut(statement: Statement, room: usize) -> Vec<Statement> {
    if size(&statement) < room || statement.action.len() < 2 {
        return vec![statement];
    }
    let half = statement.action.len() / 2;
    let part = |actions: &[String]| Statement { action: actions.to_vec(), ..statement.clone() };
    [&statement.action[..half], &statement.action[half..]].into_iter().flat_map(|one| cut(part(one), room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(actions: usize) -> Statement {
        Statement {
            effect: Effect::Allow,
            action: (0..actions).map(|id| format!("service:Action{id:04}")).collect(),
            resource: vec!["*".into()],
            condition: Condition::new(),
        }
    }

    #[test]
    fn nothing_is_lost_and_every_policy_fits() {
        for actions in [1, 100, 250, 251, 252, 1000] {
            let all = vec![statement(actions), statement(3)];
            let packed = pack(all.clone());
            assert!(packed.iter().all(|one| one.size() <= POLICY_MAX), "{actions}");
            let kept: Vec<String> =
                packed.iter().flat_map(|one| &one.statement).flat_map(|one| one.action.clone()).collect();
            let wanted: Vec<String> = all.iter().flat_map(|one| one.action.clone()).collect();
            assert_eq!(kept, wanted);
        }
        assert_eq!(pack(vec![statement(3)]).len(), 1);
        assert!(pack(vec![statement(1000)]).len() > 3);
    }

    #[test]
    fn what_is_allowed_on_the_same_is_one_statement() {
        let mut gathered = Gathered::default();
        for action in ["s3:B", "s3:A", "s3:B"] {
            gathered.allow(action, vec!["arn:x".into()], Condition::new());
        }
        gathered.allow("s3:C", vec!["*".into()], Condition::new());
        let found = gathered.statements();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].action, ["s3:A", "s3:B"]);
    }
}
