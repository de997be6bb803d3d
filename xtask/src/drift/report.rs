//! Drift as data and in words.

use std::fmt::Write;

use serde::Serialize;

use crate::aws::drift::Resource;

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
    /// What is not as the template has it.
    pub drifted: Vec<Resource>,
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
        let drifted = looked_at.into_iter().filter(|one| one.state != "IN_SYNC").collect();
        Self { service: service.to_owned(), name: name.to_owned(), checked, drifted, unsupported, unknown: None }
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
        let drifted = stacks.iter().any(|stack| !stack.drifted.is_empty());
        let complete = stacks.iter().all(|stack| stack.unknown.is_none());
        Self { environment: environment.to_owned(), drifted, complete, stacks }
    }
}

/// A line per stack, under it each property with what is expected and what is there.
#[must_use]
pub fn text(report: &Report, colour: bool) -> String {
    let paint = |code: &str, text: &str| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let mut text = String::new();
    for stack in &report.stacks {
        let state = match stack.drifted.len() {
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
}
