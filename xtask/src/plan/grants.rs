//! The rights that a resource's policies give, one line each, so that two versions can be compared. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::template::Resource;

/// `Allow dynamodb:Query on Table.Arn`, and whatever else a resource's policies say.
#[must_use]
pub(super) fn of(resource: &Resource) -> BTreeSet<String> {
    let property = |name: &str| resource.properties.get(name);
    let mut found = BTreeSet::new();
    for name in ["PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ResourcePolicy"] {
        found.extend(property(name).into_iter().flat_map(document));
    }
    for policy in list(property("Policies")).filter_map(|policy| policy.get("PolicyDocument")) {
        found.extend(document(policy));
    }
    found.extend(list(property("ManagedPolicyArns")).map(|policy| format!("managed policy {}", compact(policy))));
    found.extend(property("PermissionsBoundary").map(|boundary| format!("boundary {}", compact(boundary))));
    if resource.kind == "AWS::Lambda::Permission" {
        let part = |name: &str, word: &str| {
            property(name).map(|value| format!("{word}{}", compact(value))).unwrap_or_default()
        };
        let (action, function) = (part("Action", ""), part("FunctionName", " on "));
        found.insert(format!("Allow {action}{function}{}{}", part("Principal", " by "), part("SourceArn", " from ")));
    }
    found
}

/// Whether a right reaches further than one resource of one's own: every action or every resource, a policy that others
/// write, somebody who is no AWS service.
#[must_use]
pub(super) fn is_broad(right: &str) -> bool {
    if right.starts_with("managed policy ") {
        return true;
    }
    let Some(rest) = right.strip_prefix("Allow ") else { return false };
    let action = rest.split(' ').next().unwrap_or_default();
    let anything =
        rest.contains(" on *") || rest.contains(" on everything but ") || rest.starts_with("everything but ");
    let anybody = rest.contains(" by *") || rest.contains("AWS: ") || rest.contains(" by everyone but ");
    action == "*" || action.ends_with(":*") || anything || anybody || rest.contains("Federated: ")
}

fn document(document: &Value) -> Vec<String> {
    list(document.get("Statement")).flat_map(statement).collect()
}

fn statement(statement: &Value) -> Vec<String> {
    let text = |name: &str| statement.get(name);
    let effect = text("Effect").map_or("Allow".to_owned(), compact);
    let named = |names: [&str; 2]| -> Vec<String> {
        let plain = list(text(names[0])).map(compact);
        let negated = list(text(names[1])).map(|value| format!("everything but {}", compact(value)));
        plain.chain(negated).collect()
    };
    let by = |name: &str, words: &str| text(name).map(|value| format!(" {words} {}", compact(value)));
    let principal = by("Principal", "by").or_else(|| by("NotPrincipal", "by everyone but")).unwrap_or_default();
    let condition = text("Condition").map(|value| format!(" if {}", compact(value))).unwrap_or_default();
    let mut resources = named(["Resource", "NotResource"]);
    if resources.is_empty() {
        resources.push(String::new());
    }
    let mut found = Vec::new();
    for action in named(["Action", "NotAction"]) {
        for resource in &resources {
            let on = if resource.is_empty() { String::new() } else { format!(" on {resource}") };
            found.push(format!("{effect} {action}{on}{principal}{condition}"));
        }
    }
    found
}

/// The elements of a list; one value is a list of one.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Some(Value::Array(values)) => (values.as_slice(), None),
        other => (&[][..], other),
    };
    many.iter().chain(one)
}

/// A value in as few characters as people need: `Table.Arn`, `arn:…/${Bucket}`.
#[must_use]
pub(super) fn compact(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(compact).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let inner = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                ("Ref", Value::String(name)) => name.clone(),
                ("Fn::GetAtt", Value::Array(parts)) => parts.iter().map(compact).collect::<Vec<_>>().join("."),
                ("Fn::Sub", Value::String(text)) => text.clone(),
                (key, value) => format!("{key}: {}", compact(value)),
            };
            let text = map.iter().map(inner).collect::<Vec<_>>().join(", ");
            let is_reference =
                map.len() == 1 && map.keys().all(|key| matches!(key.as_str(), "Ref" | "Fn::GetAtt" | "Fn::Sub"));
            if is_reference { text } else { format!("{{{text}}}") }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn role(properties: Value) -> BTreeSet<String> {
        let Value::Object(properties) = properties else { panic!() };
        of(&Resource { kind: "AWS::IAM::Role".into(), properties, ..Resource::default() })
    }

    #[test]
    fn each_action_on_each_resource_is_a_right_of_its_own() {
        let found = role(json!({"Policies": [{"PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": [{"Fn::GetAtt": ["T", "Arn"]}, {"Fn::Sub": "${T.Arn}/*"}]},
        ]}}]}));
        let wanted = ["Allow a:B on ${T.Arn}/*", "Allow a:B on T.Arn", "Allow a:C on ${T.Arn}/*", "Allow a:C on T.Arn"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_right_is_broad_where_it_reaches_further_than_one_resource() {
        for broad in [
            "managed policy arn:aws:iam::aws:policy/AdministratorAccess",
            "Allow * on Table.Arn",
            "Allow s3:* on arn:b",
            "Allow s3:GetObject on * if {Bool: {k: true}}",
            "Allow sts:AssumeRole by {AWS: arn:aws:iam::1:root}",
            "Allow s3:GetObject on arn:b by *",
            "Allow everything but iam:PassRole on arn:b",
        ] {
            assert!(is_broad(broad), "{broad}");
        }
        for narrow in
            ["Allow s3:GetObject on arn:b/*", "Deny s3:* on *", "Allow sts:AssumeRole by {Service: x.amazonaws.com}"]
        {
            assert!(!is_broad(narrow), "{narrow}");
        }
    }

    #[test]
    fn who_and_under_which_condition_belongs_to_a_right() {
        let found = role(json!({"AssumeRolePolicyDocument": {"Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x.amazonaws.com"}, "Condition": {"Bool": {"k": "true"}}}},
            "PermissionsBoundary": "arn:b"}));
        let text = "Allow sts:AssumeRole by {Service: x.amazonaws.com} if {Bool: {k: true}}";
        assert_eq!(found, BTreeSet::from([text.to_owned(), "boundary arn:b".to_owned()]));
        let all = role(json!({"PolicyDocument": {"Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "NotPrincipal": {"AWS": "arn:a"}}}}));
        assert_eq!(all, BTreeSet::from(["Allow s3:GetObject by everyone but {AWS: arn:a}".to_owned()]));
    }
}
