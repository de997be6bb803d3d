//! What a deploy will do to one stack: from the live stack with its template to what the stack will be sent. Pure.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::conditions;
use super::declared::{filled, hidden};
use super::diff::{Difference, Step as Place, diff};
use super::functions::{FunctionChange, functions};
use super::references::{pseudo, references, resolve, unknown};
use super::resources::{ResourceChange, changes};
use super::security::{self, SecurityChange};
use super::template::Template;
use crate::aws::stacks::{LiveStack, StackInput};
use crate::deploy::{Act, Seen, Step, decide};

/// What a deploy begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StackAction {
    /// There is none.
    Create,
    /// A failed creation left an empty stack: it is deleted and made again.
    Recreate,
    /// Something differs.
    Update,
    /// Nothing differs.
    Unchanged,
    /// Another operation runs: a deploy waits for its end and looks again, so the rest of this plan may be out of date.
    Wait,
    /// An operation, or the way back from one, failed: the deploy brings that to its end first. Where the operation kept what
    /// had succeeded, the resources are what the deploy goes on with; else what it will change is not known yet.
    Mend,
    /// Its status must be mended by a person first.
    Stuck,
}

/// What a deploy will do to one stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StackPlan {
    /// The service (or `bootstrap-account`, `bootstrap-region`).
    pub service: String,
    /// The stack's name.
    pub stack: String,
    /// What happens.
    pub action: StackAction,
    /// The status that the stack has, such as `UPDATE_COMPLETE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Termination protection, where it is turned on (`true`) or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<bool>,
    /// Parameters that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Difference>,
    /// Tags that differ: each is an update of every resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Difference>,
    /// Resources that change, by logical id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceChange>,
    /// Outputs that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Difference>,
    /// Other sections of the template that differ, such as `Conditions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Difference>,
}

impl StackPlan {
    /// Whether a deploy would write.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.action != StackAction::Unchanged || self.protection.is_some()
    }
}

/// A stack's plan with what follows from it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan.
    pub plan: StackPlan,
    /// What of it matters to security.
    pub security: Vec<SecurityChange>,
    /// Functions whose code changes.
    pub functions: Vec<FunctionChange>,
    /// The stack's outputs after the deploy, as far as they are known; the rest is marked as unknown.
    pub outputs: BTreeMap<String, String>,
    /// What a person should know of it, in words.
    pub notices: Vec<String>,
}

/// Plans one stack. `consumers` are the outputs that others use: name → who.
pub fn plan(
    service: &str,
    seen: Option<&Seen>,
    wanted: &StackInput,
    consumers: &BTreeMap<String, Vec<String>>,
) -> anyhow::Result<Planned> {
    let live = seen.map(|seen| &seen.live);
    let template = seen.and_then(|seen| seen.template.as_deref());
    let action = action(live, template, wanted);
    if wanted.kept.is_none() && action != StackAction::Unchanged {
        hidden(&wanted.name, &read(&wanted.template, wanted)?)?;
    }
    let mut plan = StackPlan {
        service: service.to_owned(),
        stack: wanted.name.clone(),
        action,
        status: live.map(|live| live.status.as_str().to_owned()),
        protection: None,
        parameters: vec![],
        tags: vec![],
        resources: vec![],
        outputs: vec![],
        sections: vec![],
    };
    let held = live.map(|live| live.outputs.clone()).unwrap_or_default();
    // Of an operation that failed and kept what had succeeded, the template is known.
    let goes_on = action == StackAction::Mend && template.is_some();
    let compared = action == StackAction::Update || goes_on;
    if !compared && !matches!(action, StackAction::Create | StackAction::Recreate) {
        let outputs = if action == StackAction::Unchanged || wanted.kept.is_some() {
            held
        } else {
            // Whatever is in progress or has failed, its outputs are not to be built upon.
            let names = read(&wanted.template, wanted)?.outputs.into_keys();
            names.map(|name| (name.clone(), unknown(&format!("{service}.{name}")))).collect()
        };
        return Ok(Planned { plan, security: vec![], functions: vec![], outputs, notices: vec![] });
    }
    // What a failed creation left is deleted first: all is new.
    let base = live.zip(template).filter(|_| compared);
    let pseudo = pseudo(&wanted.name, base.map_or("", |(live, _)| &live.id));
    let old = base.map(|(live, text)| anyhow::Ok(resolve(&read(text, wanted)?, &live.parameters, &pseudo)));
    let before = old.transpose()?;
    let text = if wanted.kept.is_some() { template.unwrap_or_default() } else { &wanted.template };
    let after = resolve(&read(text, wanted)?, &wanted.parameters, &pseudo);
    if let Some((live, old)) = base {
        let [there, sent] = [(old, &live.parameters), (text, &wanted.parameters)].map(|(text, all)| filled(text, all));
        plan.parameters = diff(&texts(&there), &texts(&sent));
        plan.tags = diff(&texts(&live.tags), &texts(&wanted.tags));
    }
    let before = before.unwrap_or_default();
    let open = if base.is_some() { conditions::open(&before, &after) } else { BTreeSet::new() };
    let [before, after] = [before, after].map(conditions::settle);
    plan.resources = changes(&before, &after);
    for change in &mut plan.resources {
        change.wired = wired(&change.id, [&before, &after], consumers);
    }
    plan.outputs = diff(&map(&before.outputs), &map(&after.outputs));
    plan.sections = diff(&map(&before.sections), &map(&after.sections));
    let security = |change: &ResourceChange| {
        security::of(service, change, before.resources.get(&change.id), after.resources.get(&change.id))
    };
    Ok(Planned {
        security: plan.resources.iter().filter_map(security).collect(),
        functions: functions(service, &before, &after),
        outputs: outputs(&plan, &held, &after),
        notices: open.iter().map(|condition| undecided(&wanted.name, condition)).collect(),
        plan,
    })
}

impl Planned {
    /// A stack that the deploy does not touch.
    #[must_use]
    pub fn untouched(service: &str, stack: &str, seen: &Seen) -> Self {
        let plan = StackPlan {
            service: service.to_owned(),
            stack: stack.to_owned(),
            action: StackAction::Unchanged,
            status: Some(seen.live.status.as_str().to_owned()),
            protection: None,
            parameters: vec![],
            tags: vec![],
            resources: vec![],
            outputs: vec![],
            sections: vec![],
        };
        Self { plan, security: vec![], functions: vec![], outputs: seen.live.outputs.clone(), notices: vec![] }
    }
}

fn undecided(stack: &str, condition: &str) -> String {
    format!(
        "stack `{stack}`: whether its condition `{condition}` holds is known only to CloudFormation; what goes by it is planned as if it \
         held, and a removal or replacement that this plan does not tell is refused at the change set"
    )
}

fn read(text: &str, wanted: &StackInput) -> anyhow::Result<Template> {
    Template::parse(text).with_context(|| format!("stack `{}`", wanted.name))
}

fn action(live: Option<&LiveStack>, template: Option<&str>, wanted: &StackInput) -> StackAction {
    match decide(live, template, wanted) {
        Step::Update => StackAction::Update,
        Step::Unchanged => StackAction::Unchanged,
        Step::As(Act::Create) => StackAction::Create,
        Step::As(Act::Recreate) => StackAction::Recreate,
        Step::As(Act::Join) => StackAction::Wait,
        Step::As(Act::GoOn | Act::FinishDeletion | Act::ContinueRollback) => StackAction::Mend,
        Step::As(Act::Stuck | Act::Compare) => StackAction::Stuck,
    }
}

fn texts(from: &BTreeMap<String, String>) -> Map<String, Value> {
    from.iter().map(|(key, value)| (key.clone(), Value::String(value.clone()))).collect()
}

fn map(from: &BTreeMap<String, Value>) -> Map<String, Value> {
    from.clone().into_iter().collect()
}

/// Who uses a resource through an output of either template.
fn wired(id: &str, templates: [&Template; 2], consumers: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for template in templates {
        for (output, users) in consumers {
            let names = template.outputs.get(output).map(references).unwrap_or_default();
            if names.iter().any(|one| one.resource == id) {
                found.extend(users.iter().map(|user| format!("{output} → {user}")));
            }
        }
    }
    found.into_iter().collect()
}

/// Of an output whose expression and resources stay, the live value; of a plain text, itself; else nobody knows yet.
fn outputs(plan: &StackPlan, live: &BTreeMap<String, String>, after: &Template) -> BTreeMap<String, String> {
    let touched: BTreeSet<&str> = plan.outputs.iter().filter_map(first_key).collect();
    let ending = |id: &str| plan.resources.iter().any(|change| change.id == id && change.ends());
    let known = |name: &str, value: &Value| {
        let stays = !touched.contains(name) && !references(value).iter().any(|one| ending(&one.resource));
        match (live.get(name), value) {
            (Some(own), _) if stays && plan.action == StackAction::Update => own.clone(),
            (_, Value::String(text)) => text.clone(),
            _ => unknown(&format!("{}.{name}", plan.service)),
        }
    };
    after.outputs.iter().map(|(name, value)| (name.clone(), known(name, value))).collect()
}

fn first_key(one: &Difference) -> Option<&str> {
    match one.path.first() {
        Some(Place::Key(key)) => Some(key),
        _ => None,
    }
}
