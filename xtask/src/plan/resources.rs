//! From two templates, parameters filled in, to what happens to each resource. Pure.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::diff::{Difference, Step, diff};
use super::references::{is_unknown, references, unknown};
use super::replacement::{self, Replacement};
use super::stateful::{self, Fate};
use super::template::{Resource, Template};

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is new.
    Add,
    /// It changes in place, or is made anew: see `replacement`.
    Modify,
    /// It goes.
    Remove,
}

/// A change of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceChange {
    /// Logical id.
    pub id: String,
    /// Such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happens.
    pub action: Action,
    /// Whether it is made anew.
    #[serde(default, skip_serializing_if = "Replacement::is_never")]
    pub replacement: Replacement,
    /// What it holds that nobody can make again, such as `items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// What becomes of that, where the resource goes or is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Fate>,
    /// Who uses it through the stack's outputs, such as `orders.ApiUrl → site`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wired: Vec<String>,
    /// Properties that differ; of a new resource, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Difference>,
    /// Attributes that differ, such as `DeletionPolicy`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Difference>,
}

impl ResourceChange {
    /// Whether the resource that is there does not outlive the change for sure.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.action == Action::Remove || self.replacement != Replacement::Never
    }
}

/// Every change from what is there to what is wanted, by logical id.
#[must_use]
pub(super) fn changes(live: &Template, wanted: &Template) -> Vec<ResourceChange> {
    let ids: BTreeSet<&String> = live.resources.keys().chain(wanted.resources.keys()).collect();
    let mut found: BTreeMap<String, ResourceChange> = BTreeMap::new();
    for id in ids {
        let change = match (live.resources.get(id), wanted.resources.get(id)) {
            (Some(old), Some(new)) => modified(id, old, new),
            (old, new) => Some(single(id, old, new)),
        };
        found.extend(change.map(|change| (id.clone(), change)));
    }
    propagate(&mut found, live, wanted);
    for change in found.values_mut() {
        judge(change, live.resources.get(&change.id), wanted.resources.get(&change.id));
    }
    found.into_values().collect()
}

fn single(id: &str, old: Option<&Resource>, new: Option<&Resource>) -> ResourceChange {
    let nothing = Resource::default();
    let (before, after) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    let action = if new.is_some() { Action::Add } else { Action::Remove };
    let kind = if new.is_some() { &after.kind } else { &before.kind };
    change(id, kind, action, diff(&before.properties, &after.properties), diff(&before.attributes, &after.attributes))
}

fn change(
    id: &str,
    kind: &str,
    action: Action,
    properties: Vec<Difference>,
    attributes: Vec<Difference>,
) -> ResourceChange {
    let nothing = ResourceChange {
        id: id.to_owned(),
        kind: kind.to_owned(),
        action,
        replacement: Replacement::Never,
        holds: None,
        data: None,
        wired: Vec::new(),
        properties: Vec::new(),
        attributes: Vec::new(),
    };
    ResourceChange { properties, attributes, ..nothing }
}

fn modified(id: &str, old: &Resource, new: &Resource) -> Option<ResourceChange> {
    let mut properties = diff(&old.properties, &new.properties);
    for one in &mut properties {
        one.replacement = replacement::of(&new.kind, &one.path);
        // What is not known yet may turn out to be what is there.
        if one.replacement == Replacement::Always && one.after.as_ref().is_some_and(is_unknown) {
            one.replacement = Replacement::Conditional;
        }
    }
    let attributes = diff(&old.attributes, &new.attributes);
    if properties.is_empty() && attributes.is_empty() && old.kind == new.kind {
        return None;
    }
    let mut change = change(id, &new.kind, Action::Modify, properties, attributes);
    change.replacement = worst(&change.properties);
    if old.kind != new.kind {
        change.replacement = Replacement::Always;
    }
    Some(change)
}

fn worst(properties: &[Difference]) -> Replacement {
    properties.iter().map(|one| one.replacement).max().unwrap_or_default()
}

/// A resource made anew has another id: what refers to it changes too, and may be made anew for that, and so on.
fn propagate(found: &mut BTreeMap<String, ResourceChange>, live: &Template, wanted: &Template) {
    loop {
        let anew: BTreeMap<String, Replacement> = found
            .values()
            .filter(|change| change.action == Action::Modify && change.replacement != Replacement::Never)
            .map(|change| (change.id.clone(), change.replacement))
            .collect();
        let before: usize = found.values().map(|change| change.properties.len()).sum();
        for (id, resource) in wanted.resources.iter().filter(|(id, _)| live.resources.contains_key(*id)) {
            let news: Vec<Difference> =
                resource.properties.iter().flat_map(|(key, value)| caused(resource, key, value, &anew)).collect();
            if news.is_empty() {
                continue;
            }
            let entry =
                found.entry(id.clone()).or_insert_with(|| change(id, &resource.kind, Action::Modify, vec![], vec![]));
            for one in news {
                let known = |own: &Difference| own.path.starts_with(&one.path) || one.path.starts_with(&own.path);
                if !entry.properties.iter().any(known) {
                    entry.properties.push(one);
                }
            }
            entry.replacement = entry.replacement.max(worst(&entry.properties));
        }
        let after: usize = found.values().map(|change| change.properties.len()).sum();
        if before == after {
            return;
        }
    }
}

/// The changes inside one property that follow from resources made anew.
fn caused(resource: &Resource, key: &str, value: &Value, anew: &BTreeMap<String, Replacement>) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(&mut vec![Step::Key(key.to_owned())], value, &mut |path, leaf| {
        let causes = references(leaf).into_iter().filter_map(|one| Some((anew.get(&one.resource)?, one)));
        let Some((certain, cause)) = causes.max_by_key(|(certain, _)| **certain) else { return };
        let after =
            cause.attribute.map_or(cause.resource.clone(), |attribute| format!("{}.{attribute}", cause.resource));
        let own = replacement::of(&resource.kind, path);
        found.push(Difference {
            path: path.to_vec(),
            before: Some(leaf.clone()),
            after: Some(Value::String(unknown(&after))),
            replacement: if own == Replacement::Always { *certain } else { own },
        });
    });
    found
}

/// Calls `visit` with each innermost value: a text, or a function of CloudFormation as a whole.
fn walk(path: &mut Vec<Step>, value: &Value, visit: &mut impl FnMut(&[Step], &Value)) {
    match value {
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                path.push(Step::Index(place));
                walk(path, value, visit);
                path.pop();
            }
        }
        Value::Object(values)
            if !(values.len() == 1 && values.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))) =>
        {
            for (key, value) in values {
                path.push(Step::Key(key.clone()));
                walk(path, value, visit);
                path.pop();
            }
        }
        leaf => visit(path, leaf),
    }
}

fn judge(change: &mut ResourceChange, live: Option<&Resource>, wanted: Option<&Resource>) {
    let kind = live.map_or(&change.kind, |live| &live.kind);
    change.holds = stateful::holds(kind).map(str::to_owned);
    let Some(live) = live.filter(|_| change.holds.is_some() && change.ends()) else { return };
    change.data = Some(match wanted {
        None => stateful::when_removed(live),
        Some(wanted) => stateful::when_replaced(live, wanted),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(resources: &str) -> Template {
        Template::parse(&format!("Resources:\n{resources}")).unwrap()
    }

    fn of(before: &str, after: &str) -> Vec<(String, Action, Replacement, Option<Fate>)> {
        let found = changes(&template(before), &template(after));
        found.into_iter().map(|one| (one.id, one.action, one.replacement, one.data)).collect()
    }

    const TABLE: &str = "  T: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: a, BillingMode: X}}\n";

    #[test]
    fn a_changed_setting_modifies_and_a_changed_name_replaces_with_the_data() {
        assert_eq!(of(TABLE, TABLE), []);
        let setting = TABLE.replace("BillingMode: X", "BillingMode: Y");
        assert_eq!(of(TABLE, &setting), [("T".into(), Action::Modify, Replacement::Never, None)]);
        let name = TABLE.replace("TableName: a", "TableName: b");
        assert_eq!(of(TABLE, &name), [("T".into(), Action::Modify, Replacement::Always, Some(Fate::Lost))]);
    }

    #[test]
    fn a_removed_table_is_lost_or_kept_as_its_policy_in_force_says() {
        assert_eq!(of(TABLE, ""), [("T".into(), Action::Remove, Replacement::Never, Some(Fate::Lost))]);
        let kept = TABLE.replace("Properties", "DeletionPolicy: Retain, Properties");
        assert_eq!(of(&kept, "")[0].3, Some(Fate::Kept));
    }

    #[test]
    fn a_replacement_goes_on_to_what_refers_to_the_resource() {
        let rest = "  P: {Type: 'AWS::Lambda::Permission', Properties: {FunctionName: !Ref F, Action: a}}\n  \
                    Q: {Type: 'AWS::Lambda::Function', Properties: {Environment: {Variables: {P: !Ref P}}}}\n  \
                    R: {Type: 'AWS::Lambda::Function', Properties: {Description: x}}\n";
        let function =
            |name: &str| format!("  F: {{Type: 'AWS::Lambda::Function', Properties: {{FunctionName: {name}}}}}\n");
        let found = of(&(function("a") + rest), &(function("b") + rest));
        let names: Vec<(&str, Replacement)> = found.iter().map(|one| (one.0.as_str(), one.2)).collect();
        assert_eq!(names, [("F", Replacement::Always), ("P", Replacement::Always), ("Q", Replacement::Never)]);
    }

    #[test]
    fn a_name_that_is_not_known_yet_may_replace() {
        let later = TABLE.replace("TableName: a", "TableName: \"(known after deploy: a.B)\"");
        assert_eq!(of(TABLE, &later)[0].2, Replacement::Conditional);
    }

    #[test]
    fn an_attribute_alone_is_a_change() {
        let found =
            changes(&template(TABLE), &template(&TABLE.replace("Properties", "DeletionPolicy: Retain, Properties")));
        assert_eq!(found[0].attributes[0].place(), "DeletionPolicy");
        assert_eq!(found[0].properties, []);
    }
}
