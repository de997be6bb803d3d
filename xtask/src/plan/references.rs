//! Parameters put into a template's values, and what a value refers to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::template::Template;

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

/// The template with its parameters' values in the place of references to them.
#[must_use]
pub(super) fn resolve(template: &Template, parameters: &BTreeMap<String, String>) -> Template {
    let mut known = template.defaults.clone();
    known.extend(parameters.clone());
    let mut resolved = template.clone();
    for resource in resolved.resources.values_mut() {
        for (_, value) in &mut resource.properties {
            fill(value, &known);
        }
    }
    resolved.outputs.values_mut().chain(resolved.sections.values_mut()).for_each(|value| fill(value, &known));
    resolved
}

fn fill(value: &mut Value, known: &BTreeMap<String, String>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, known)),
        Value::Object(map) => {
            if let Some(found) = single(map, "Ref").and_then(Value::as_str).and_then(|name| known.get(name)) {
                *value = Value::String(found.clone());
                return;
            }
            if let Some(text) = single(map, "Fn::Sub").and_then(Value::as_str) {
                let text = substitute(text, known);
                *value = if variables(&text).next().is_some() || text.contains("${!") {
                    Value::Object(Map::from_iter([("Fn::Sub".to_owned(), Value::String(text))]))
                } else {
                    Value::String(text)
                };
                return;
            }
            map.values_mut().for_each(|value| fill(value, known));
            if let Some(filled) = single(map, "Fn::Sub").and_then(|pair| with_own_names(pair, known)) {
                *value = filled;
            }
        }
        _ => {}
    }
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
        fill(&mut value, &known);
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
        fill(&mut value, &known);
        assert_eq!(
            value,
            json!(["k1/k1", {"Fn::Sub": ["o/k1/${Other}", {"Other": {"Ref": "Table"}}]}, {"Fn::Sub": "o/${AWS::Region}"}])
        );
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
