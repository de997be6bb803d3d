//! Parameters put into a template's values, and what a value refers to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::template::Template;
use crate::config::dns_suffix;

/// Begins a text that stands for a value which nobody knows before the deploy.
const UNKNOWN: &str = "(known after deploy: ";

/// Stands for a value that only the deploy brings about; `what` names its source.
#[must_use]
pub fn unknown(what: &str) -> String {
    format!("{UNKNOWN}{what})")
}

/// Whether a part of a text is known only after the deploy.
#[must_use]
pub fn is_unknown_text(text: &str) -> bool {
    text.contains(UNKNOWN)
}

/// Whether a part of a value is known only after the deploy.
#[must_use]
pub(super) fn is_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => is_unknown_text(text),
        Value::Array(values) => values.iter().any(is_unknown),
        Value::Object(values) => values.values().any(is_unknown),
        _ => false,
    }
}

/// What stands behind the names of a template.
#[derive(Clone, Copy)]
struct Known<'a> {
    /// Parameters, given or by default.
    names: &'a BTreeMap<String, String>,
    /// These and the pseudo parameters.
    all: &'a BTreeMap<String, String>,
    mappings: Option<&'a Value>,
}

impl Known<'_> {
    /// With the pseudo parameters put in like any other.
    fn wholly(self) -> Self {
        Self { names: self.all, ..self }
    }
}

/// The template with its parameters' values in the place of references to them, and the values of its mappings in the place of
/// `Fn::FindInMap`. Pseudo parameters stay as they are but for conditions, where they decide what is there.
#[must_use]
pub(super) fn resolve(
    template: &Template,
    parameters: &BTreeMap<String, String>,
    pseudo: &BTreeMap<String, String>,
) -> Template {
    let mut names = template.defaults.clone();
    names.extend(parameters.clone());
    let mut all = pseudo.clone();
    all.extend(names.clone());
    let known = Known { names: &names, all: &all, mappings: template.sections.get("Mappings") };
    let mut resolved = template.clone();
    for resource in resolved.resources.values_mut() {
        for (_, value) in &mut resource.properties {
            fill(value, known);
        }
    }
    let sections = resolved.sections.iter_mut().filter(|(name, _)| *name != "Conditions").map(|(_, value)| value);
    resolved.outputs.values_mut().chain(sections).for_each(|value| fill(value, known));
    resolved.sections.get_mut("Conditions").into_iter().for_each(|value| fill(value, known.wholly()));
    resolved
}

/// The pseudo parameters of a stack, as far as its name and its ARN tell them (CloudFormation User Guide, "Get AWS values using
/// pseudo parameters").
#[must_use]
pub(super) fn pseudo(stack: &str, arn: &str) -> BTreeMap<String, String> {
    let mut found = vec![("StackName", stack)];
    if let ["arn", partition, "cloudformation", region, account, _] = arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        found.extend([("Partition", partition), ("Region", region), ("AccountId", account), ("StackId", arn)]);
        found.extend(dns_suffix(partition).map(|suffix| ("URLSuffix", suffix)));
    }
    found.into_iter().map(|(name, value)| (format!("AWS::{name}"), value.to_owned())).collect()
}

fn fill(value: &mut Value, known: Known<'_>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, known)),
        Value::Object(map) => {
            let names = known.names;
            if let Some(found) = single(map, "Ref").and_then(Value::as_str).and_then(|name| names.get(name)) {
                *value = Value::String(found.clone());
                return;
            }
            if let Some(found) = single(map, "Fn::FindInMap").and_then(|place| in_mappings(place, known)) {
                *value = found;
                return;
            }
            if let Some(text) = single(map, "Fn::Sub").and_then(Value::as_str) {
                let text = substitute(text, names);
                *value = if variables(&text).next().is_some() || text.contains("${!") {
                    Value::Object(Map::from_iter([("Fn::Sub".to_owned(), Value::String(text))]))
                } else {
                    Value::String(text)
                };
                return;
            }
            map.values_mut().for_each(|value| fill(value, known));
            if let Some(filled) = single(map, "Fn::Sub").and_then(|pair| with_own_names(pair, names)) {
                *value = filled;
            }
        }
        _ => {}
    }
}

/// What a mapping has at a place of which all three keys are known.
fn in_mappings(place: &Value, known: Known<'_>) -> Option<Value> {
    let mut place = place.clone();
    fill(&mut place, known.wholly());
    let [name, first, second] = place.as_array()?.as_slice() else { return None };
    let keys = [name, first, second].map(Value::as_str);
    keys.into_iter().try_fold(known.mappings?, |found, key| found.get(key?)).cloned()
}

/// `Fn::Sub` with names of its own, which hide parameters: a text where all of them are known, else `None` or the rest of it.
fn with_own_names(pair: &Value, known: &BTreeMap<String, String>) -> Option<Value> {
    let [Value::String(text), Value::Object(own)] = pair.as_array()?.as_slice() else { return None };
    let mut names: BTreeMap<String, String> = known
        .iter()
        .filter(|(name, _)| !own.contains_key(*name))
        .map(|(name, to)| (name.clone(), to.clone()))
        .collect();
    // A value that looks like a name would be taken for one.
    let is_plain = |value: &&Value| value.as_str().is_some_and(|text| !text.contains("${"));
    let (plain, rest): (Vec<_>, Vec<_>) = own.iter().partition(|(_, value)| is_plain(value));
    names.extend(plain.iter().filter_map(|(name, value)| Some(((*name).clone(), value.as_str()?.to_owned()))));
    let text = substitute(text, &names);
    let rest: Map<String, Value> = rest.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Some(if !rest.is_empty() {
        serde_json::json!({"Fn::Sub": [text, rest]})
    } else if variables(&text).next().is_some() || text.contains("${!") {
        serde_json::json!({"Fn::Sub": text})
    } else {
        Value::String(text)
    })
}

fn single<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if map.len() == 1 { map.get(key) } else { None }
}

fn substitute(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut filled = text.to_owned();
    for name in variables(text).collect::<BTreeSet<_>>() {
        if let Some(value) = known.get(name) {
            filled = filled.replace(&format!("${{{name}}}"), value);
        }
    }
    filled
}

/// The names in `${}` of a text of `Fn::Sub`; `${!X}` is the text `${X}` itself.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.filter(|name| !name.starts_with('!'))
}

/// A reference to a resource: its logical id, and the attribute where it is not the physical id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// Logical id (or the name of a parameter that nobody gave).
    pub(super) resource: String,
    /// `Fn::GetAtt`'s attribute.
    pub(super) attribute: Option<String>,
}

/// What a value refers to.
#[must_use]
pub(super) fn references(value: &Value) -> BTreeSet<Reference> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<Reference>) {
    let reference = |resource: &str, attribute: Option<&str>| Reference {
        resource: resource.to_owned(),
        attribute: attribute.map(str::to_owned),
    };
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Ref", Value::String(name)) => drop(found.insert(reference(name, None))),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        let part = |place: usize| parts.get(place).and_then(Value::as_str);
                        found.extend(part(0).map(|name| reference(name, part(1))));
                    }
                    ("Fn::Sub", value) => {
                        let text = value.as_str().or_else(|| value.get(0).and_then(Value::as_str));
                        found.extend(text.into_iter().flat_map(variables).map(|name| {
                            let (resource, attribute) = name.split_once('.').unzip();
                            reference(resource.unwrap_or(name), attribute)
                        }));
                        collect(value, found);
                    }
                    (_, value) => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_take_the_place_of_references_and_the_rest_stays() {
        let known = BTreeMap::from([("Key".to_owned(), "k1".to_owned())]);
        let mut value = json!([{"Ref": "Key"}, {"Fn::Sub": "a/${Key}"}, {"Fn::Sub": "${Key}/${AWS::Region}/${!Key}"}, {"Ref": "Other"}]);
        fill(&mut value, Known { names: &known, all: &known, mappings: None });
        assert_eq!(value, json!(["k1", "a/k1", {"Fn::Sub": "k1/${AWS::Region}/${!Key}"}, {"Ref": "Other"}]));
    }

    #[test]
    fn a_substitution_with_names_of_its_own_is_filled_as_far_as_they_are_known() {
        let known = BTreeMap::from([("Key".to_owned(), "k1".to_owned()), ("Own".to_owned(), "hidden".to_owned())]);
        let mut value = json!([
            {"Fn::Sub": ["${Own}/${Key}", {"Own": {"Ref": "Key"}}]},
            {"Fn::Sub": ["${Own}/${Key}/${Other}", {"Own": "o", "Other": {"Ref": "Table"}}]},
            {"Fn::Sub": ["${Own}/${AWS::Region}", {"Own": "o"}]},
        ]);
        fill(&mut value, Known { names: &known, all: &known, mappings: None });
        assert_eq!(
            value,
            json!(["k1/k1", {"Fn::Sub": ["o/k1/${Other}", {"Other": {"Ref": "Table"}}]}, {"Fn::Sub": "o/${AWS::Region}"}])
        );
    }

    #[test]
    fn a_mapping_tells_its_value_where_all_its_keys_are_known() {
        let text = "Mappings: {Sizes: {eu-central-1: {prod: '2'}}}\nResources: {A: {Type: T, Properties: {Known: !FindInMap [Sizes, \
                    !Ref 'AWS::Region', !Ref Stage], Open: !FindInMap [Sizes, !Ref 'AWS::Region', none], Region: !Ref 'AWS::Region'}}}";
        let template = Template::parse(text).unwrap();
        let stage = BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]);
        let arn = "arn:aws:cloudformation:eu-central-1:111111111111:stack/demo/1";
        let properties = resolve(&template, &stage, &pseudo("demo", arn)).resources["A"].properties.clone();
        let open = json!({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "none"]});
        assert_eq!(Value::Object(properties), json!({"Known": "2", "Open": open, "Region": {"Ref": "AWS::Region"}}));
        let unknown = resolve(&template, &stage, &pseudo("demo", "")).resources["A"].properties.clone();
        assert_eq!(unknown["Known"]["Fn::FindInMap"][0], "Sizes");
    }

    #[test]
    fn the_name_and_the_arn_of_a_stack_tell_its_pseudo_parameters() {
        let arn = "arn:aws-cn:cloudformation:cn-north-1:111111111111:stack/demo/1";
        let found = pseudo("demo", arn);
        let of = |name: &str| found.get(&format!("AWS::{name}")).map(String::as_str);
        let told = ["StackName", "StackId", "Partition", "Region", "AccountId", "URLSuffix"].map(of);
        let expected = ["demo", arn, "aws-cn", "cn-north-1", "111111111111", "amazonaws.com.cn"];
        assert_eq!(told, expected.map(Some));
        assert_eq!(pseudo("demo", "").len(), 1);
    }

    #[test]
    fn every_form_of_a_reference_is_found() {
        let value = json!({"A": {"Ref": "R"}, "B": [{"Fn::GetAtt": ["G", "Arn"]}], "C": {"Fn::Sub": "${S}-${T.Id}-${!No}"},
                           "D": {"Fn::Sub": ["${X}", {"X": {"Ref": "Y"}}]}});
        let found = references(&value);
        let names: Vec<&str> = found.iter().map(|one| one.resource.as_str()).collect();
        assert_eq!(names, ["G", "R", "S", "T", "X", "Y"]);
        assert!(found.contains(&Reference { resource: "T".into(), attribute: Some("Id".into()) }));
    }

    #[test]
    fn what_is_known_only_after_the_deploy_is_seen_inside_of_other_values() {
        assert!(is_unknown(&json!({"a": [format!("x/{}", unknown("auth.Issuer"))]})));
        assert!(!is_unknown(&json!({"a": ["x"]})));
    }
}
