//! Drift as data and in words.

use std::fmt::Write;

use serde::Serialize;

use crate::aws::drift::{Difference, Resource};
use crate::hotswap;
use crate::plan::counted;
use crate::ui;

/// Longest value that a line shows in full.
const VALUE: usize = 60;

/// The drift of an environment; printed by `--json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The environment's name.
    pub environment: String,
    /// Whether anything has drifted.
    pub drifted: bool,
    /// Whether all of it could be looked at.
    pub complete: bool,
    /// In the order of the services.
    pub stacks: Vec<Stack>,
}

/// The drift of one stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// The service.
    pub service: String,
    /// The stack's name.
    pub name: String,
    /// How many resources were compared.
    pub checked: usize,
    /// What is not as the template has it, the tags of hotswaps apart.
    pub drifted: Vec<Resource>,
    /// Logical ids of the functions whose code was put in place directly, as their tags say.
    pub hotswapped: Vec<String>,
    /// What CloudFormation cannot compare.
    pub unsupported: Vec<Unsupported>,
    /// Why not all of it is known, in AWS's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A resource whose type has no drift detection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsupported {
    /// Logical id.
    pub name: String,
    /// Resource type.
    pub kind: String,
}

impl Stack {
    /// A stack of these resources, of which these were looked at.
    pub fn new(
        service: &str,
        name: &str,
        all: impl Iterator<Item = (String, String)>,
        looked_at: Vec<Resource>,
    ) -> Self {
        let compared = |state: &str| matches!(state, "IN_SYNC" | "MODIFIED" | "DELETED");
        let looked_at: Vec<Resource> = looked_at.into_iter().filter(|one| compared(&one.state)).collect();
        let rest = all.filter(|(logical, _)| looked_at.iter().all(|one| one.name != *logical));
        let unsupported = rest.map(|(name, kind)| Unsupported { name, kind }).collect();
        let checked = looked_at.len();
        let (mut drifted, mut hotswapped) = (Vec::new(), Vec::new());
        for mut one in looked_at.into_iter().filter(|one| one.state != "IN_SYNC") {
            let before = one.differences.len();
            one.differences.retain(|difference| !is_of_hotswap(difference));
            let tagged = one.differences.len() < before;
            if tagged {
                hotswapped.push(one.name.clone());
            }
            if !(tagged && one.differences.is_empty()) {
                drifted.push(one);
            }
        }
        let (service, name) = (service.to_owned(), name.to_owned());
        Self { service, name, checked, drifted, hotswapped, unsupported, unknown: None }
    }

    /// A stack of which nothing is known.
    #[must_use]
    pub fn unknown(service: &str, name: &str, reason: String) -> Self {
        Self { service: service.to_owned(), name: name.to_owned(), unknown: Some(reason), ..Self::default() }
    }
}

impl Report {
    /// Of stacks in any order.
    #[must_use]
    pub fn new(environment: &str, mut stacks: Vec<Stack>) -> Self {
        stacks.sort_by(|one, other| one.service.cmp(&other.service));
        let drifted = stacks.iter().any(|stack| !stack.drifted.is_empty() || !stack.hotswapped.is_empty());
        let complete = stacks.iter().all(|stack| stack.unknown.is_none());
        Self { environment: environment.to_owned(), drifted, complete, stacks }
    }
}

/// Whether a difference is a tag that a hotswap has left: one more `{"Key": .., "Value": ..}`.
fn is_of_hotswap(difference: &Difference) -> bool {
    let tag: serde_json::Value = serde_json::from_str(&difference.actual).unwrap_or_default();
    let name = tag["Key"].as_str().unwrap_or_default();
    difference.property.starts_with("/Tags/") && hotswap::TAGS.contains(&name)
}

/// A line per stack, under it each property with what is expected and what is there.
#[must_use]
pub fn text(report: &Report, colour: bool) -> String {
    let paint = |code: &str, text: &str| ui::paint(colour, code, text);
    let mut text = String::new();
    for stack in &report.stacks {
        let state = match stack.drifted.len() {
            0 if !stack.hotswapped.is_empty() => paint("1;33", "hotswapped"),
            0 if stack.unknown.is_some() => paint("1;33", "not known"),
            0 if stack.checked == 0 => "nothing to compare".to_owned(),
            0 => paint("32", "in sync"),
            count => paint("1;31", &format!("{count} drifted")),
        };
        let beyond = match stack.unsupported.len() {
            0 => String::new(),
            count => format!(", {count} without drift detection"),
        };
        let _ = writeln!(text, "{}: {state} ({} compared{beyond})", stack.name, stack.checked);
        if let Some(reason) = &stack.unknown {
            let _ = writeln!(text, "  {} {reason}", paint("1;33", "not all of it is known:"));
        }
        if let Some(functions) = functions(&stack.hotswapped) {
            let _ = writeln!(text, "  hotswapped: {functions}; the next full deploy takes it back");
        }
        for one in &stack.drifted {
            let _ = writeln!(text, "  {} ({}) {}", one.name, one.kind, one.state.to_lowercase());
            for difference in &one.differences {
                let _ = writeln!(text, "    {}", difference.property);
                let _ = writeln!(text, "      expected {}", paint("32", &short(&difference.expected)));
                let _ = writeln!(text, "      actual   {}", paint("31", &short(&difference.actual)));
            }
        }
    }
    text
}

/// One by its name, more by their number.
fn functions(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(counted(many.len(), "function")),
    }
}

fn short(value: &str) -> String {
    let mut text: String = value.chars().take(VALUE).flat_map(char::escape_debug).collect();
    if value.chars().nth(VALUE).is_some() {
        text.push_str(" ...");
    }
    text.replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::drift::Difference;

    #[test]
    fn drift_is_told_per_property_and_what_was_not_compared_is_counted() {
        let resource = |name: &str, state: &str, differences| Resource {
            name: name.into(),
            kind: "AWS::Lambda::Function".into(),
            state: state.into(),
            differences,
        };
        let difference = |property: &str, expected: &str, actual: &str| Difference {
            property: property.into(),
            change: "NOT_EQUAL".into(),
            expected: expected.into(),
            actual: actual.into(),
        };
        let all =
            ["Get", "Add", "Gone", "Key", "Odd"].map(|name| (name.to_owned(), "AWS::Lambda::Function".to_owned()));
        let looked_at = vec![
            resource(
                "Get",
                "MODIFIED",
                vec![difference("/MemorySize", "256", "512"), difference("/Env", &"x".repeat(70), "{\"a\":1}\n")],
            ),
            resource("Add", "IN_SYNC", vec![]),
            resource("Gone", "DELETED", vec![]),
            resource("Odd", "NOT_CHECKED", vec![]),
        ];
        let orders = Stack::new("orders", "demo-dev-orders", all.into_iter(), looked_at);
        let bills = Stack::new("bills", "demo-dev-bills", std::iter::empty(), vec![resource("A", "IN_SYNC", vec![])]);
        let report = Report::new("dev", vec![orders, bills.clone()]);
        assert!(report.drifted && !Report::new("dev", vec![bills]).drifted);
        insta::assert_snapshot!(text(&report, false), @r#"
        demo-dev-bills: in sync (1 compared)
        demo-dev-orders: 2 drifted (3 compared, 2 without drift detection)
          Get (AWS::Lambda::Function) modified
            /MemorySize
              expected 256
              actual   512
            /Env
              expected xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ...
              actual   {"a":1}\n
          Gone (AWS::Lambda::Function) deleted
        "#);
    }

    #[test]
    fn the_tags_of_hotswaps_are_a_line_per_service_and_hide_no_other_drift() {
        let difference = |property: &str, actual: &str| Difference {
            property: property.into(),
            change: "ADD".into(),
            expected: "null".into(),
            actual: actual.into(),
        };
        let tag = |name: &str| difference("/Tags/3", &format!("{{\"Key\": \"{name}\", \"Value\": \"x\"}}"));
        let function = |name: &str, more: Option<Difference>| Resource {
            name: name.into(),
            kind: "AWS::Lambda::Function".into(),
            state: "MODIFIED".into(),
            differences: hotswap::TAGS.map(tag).into_iter().chain(more).collect(),
        };
        let stack =
            |service: &str, found| Stack::new(service, &format!("demo-dev-{service}"), std::iter::empty(), found);
        let many = stack("orders", vec![function("Get", None), function("Add", Some(tag("team")))]);
        let report = Report::new("dev", vec![many, stack("bills", vec![function("Pay", None)])]);
        assert!(report.drifted);
        insta::assert_snapshot!(text(&report, false), @r#"
        demo-dev-bills: hotswapped (1 compared)
          hotswapped: Pay; the next full deploy takes it back
        demo-dev-orders: 1 drifted (2 compared)
          hotswapped: 2 functions; the next full deploy takes it back
          Add (AWS::Lambda::Function) modified
            /Tags/3
              expected null
              actual   {"Key": "team", "Value": "x"}
        "#);
    }
}
