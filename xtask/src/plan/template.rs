//! A CloudFormation template as data: YAML with its short tags, or JSON. Scalars are texts, as CloudFormation compares
//! them: `256` and `"256"` are the same. Pure.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::{Map, Value};

/// The sections that other code looks into; the rest is compared as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Template {
    /// The names of all parameters.
    pub(super) parameters: BTreeSet<String>,
    /// Parameters that have a default.
    pub(super) defaults: BTreeMap<String, String>,
    /// Parameters whose values are never told (`NoEcho`).
    pub(super) hidden: Vec<String>,
    /// Resources by logical id.
    pub(super) resources: BTreeMap<String, Resource>,
    /// The `Value` of each output.
    pub(super) outputs: BTreeMap<String, Value>,
    /// The condition of each output that has one.
    pub(super) conditional_outputs: BTreeMap<String, String>,
    /// `Conditions`, `Mappings`, `Transform` and the like.
    pub(super) sections: BTreeMap<String, Value>,
}

/// One resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Resource {
    /// Such as `AWS::S3::Bucket`.
    pub(super) kind: String,
    /// `Properties`.
    pub(super) properties: Map<String, Value>,
    /// `DeletionPolicy`, `DependsOn` and the like.
    pub(super) attributes: Map<String, Value>,
}

impl Resource {
    /// A policy attribute, such as `DeletionPolicy`.
    #[must_use]
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let value: serde_yaml::Value = serde_yaml::from_str(text).context("the template is no YAML")?;
        let Value::Object(sections) = plain(value) else { anyhow::bail!("the template is no mapping") };
        let mut template = Self::default();
        for (name, section) in sections {
            match (name.as_str(), section) {
                ("Parameters", Value::Object(parameters)) => {
                    let is_hidden = |spec: &Value| spec.get("NoEcho").and_then(Value::as_str) == Some("true");
                    let hidden = parameters.iter().filter(|(_, spec)| is_hidden(spec));
                    template.hidden = hidden.map(|(name, _)| name.clone()).collect();
                    template.parameters = parameters.keys().cloned().collect();
                    let default =
                        |(name, spec): (String, Value)| Some((name, spec.get("Default")?.as_str()?.to_owned()));
                    template.defaults = parameters.into_iter().filter_map(default).collect();
                }
                ("Resources", Value::Object(resources)) => {
                    template.resources = resources.into_iter().map(|(name, value)| (name, resource(value))).collect();
                }
                ("Outputs", Value::Object(outputs)) => {
                    let condition = |(name, output): (&String, &Value)| {
                        Some((name.clone(), output.get("Condition")?.as_str()?.to_owned()))
                    };
                    template.conditional_outputs = outputs.iter().filter_map(condition).collect();
                    let value = |output: &Value| output.get("Value").cloned().unwrap_or_default();
                    template.outputs = outputs.into_iter().map(|(name, output)| (name, value(&output))).collect();
                }
                // Words for people: a change of nothing else is no change of what runs.
                ("Description" | "AWSTemplateFormatVersion", _) => {}
                (_, section) => {
                    template.sections.insert(name, section);
                }
            }
        }
        Ok(template)
    }
}

fn resource(value: Value) -> Resource {
    let Value::Object(mut attributes) = value else { return Resource::default() };
    let kind = attributes.remove("Type").and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
    let properties = match attributes.remove("Properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    Resource { kind, properties, attributes }
}

/// Tags become the long form of their functions, scalars become texts.
fn plain(value: serde_yaml::Value) -> Value {
    use serde_yaml::Value as Yaml;
    match value {
        Yaml::Null => Value::String(String::new()),
        Yaml::Bool(value) => Value::String(value.to_string()),
        Yaml::Number(value) => Value::String(value.to_string()),
        Yaml::String(value) => Value::String(value),
        Yaml::Sequence(values) => Value::Array(values.into_iter().map(plain).collect()),
        Yaml::Mapping(values) => {
            Value::Object(values.into_iter().map(|(key, value)| long(key_text(&key), plain(value))).collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let name = if matches!(tag, "Ref" | "Condition") { tag.to_owned() } else { format!("Fn::{tag}") };
            Value::Object(Map::from_iter([long(name, plain(tagged.value))]))
        }
    }
}

/// `Fn::GetAtt` has two forms; here it has one.
fn long(name: String, value: Value) -> (String, Value) {
    match (name.as_str(), &value) {
        ("Fn::GetAtt", Value::String(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((text, ""));
            (name, serde_json::json!([resource, attribute]))
        }
        _ => (name, value),
    }
}

fn key_text(key: &serde_yaml::Value) -> String {
    match plain(key.clone()) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn properties(text: &str) -> Value {
        let text = format!("Resources:\n  A:\n    Type: AWS::X::Y\n    Properties:\n{text}");
        Value::Object(Template::parse(&text).unwrap().resources["A"].properties.clone())
    }

    #[test]
    fn short_tags_and_long_functions_are_the_same() {
        let short = "      P: [!Ref A, !GetAtt B.Arn, !Sub 'x${A}', !Join ['-', [a, !Ref B]], !If [C, a, b]]\n";
        let long = "      P: [{Ref: A}, {'Fn::GetAtt': [B, Arn]}, {'Fn::Sub': 'x${A}'}, {'Fn::Join': ['-', [a, {Ref: B}]]}, \
                    {'Fn::If': [C, a, b]}]\n";
        assert_eq!(properties(short), properties(long));
        assert_eq!(properties("      P: {'Fn::GetAtt': B.Arn}\n"), json!({"P": {"Fn::GetAtt": ["B", "Arn"]}}));
        assert_eq!(properties("      P: !GetAtt B.Nested.Arn\n"), json!({"P": {"Fn::GetAtt": ["B", "Nested.Arn"]}}));
    }

    #[test]
    fn scalars_are_compared_as_texts() {
        assert_eq!(properties("      P: 256\n      Q: true\n"), properties("      P: \"256\"\n      Q: \"true\"\n"));
    }

    #[test]
    fn json_is_read_too_and_what_is_no_template_is_refused() {
        assert_eq!(Template::parse("{\"Resources\": {}, \"Outputs\": {}}").unwrap(), Template::default());
        assert!(Template::parse("just a text").is_err());
        assert!(Template::parse("a: [").is_err());
    }
}
