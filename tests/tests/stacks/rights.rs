//! Who may do what: roles, boundary and resource policies.

use std::collections::BTreeSet;

use serde_yaml::Value;
use xtask::config::{Config, environments};
use xtask::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};

use super::{every_stack, resources, root};

#[test]
fn every_role_carries_the_boundary_and_no_wildcard_action() {
    every_stack(|config, service, _, template| {
        for (name, role) in resources(template, "AWS::IAM::Role") {
            let place = format!("{} {service} {name}", config.env.name);
            assert!(!role["Properties"]["PermissionsBoundary"].is_null(), "{place}");
            assert!(role["Properties"]["ManagedPolicyArns"].is_null(), "{place}");
            for action in actions(&role["Properties"]["Policies"]) {
                assert!(action.contains(':') && !action.contains('*'), "{place}: {action}");
            }
        }
    });
}

/// The region's template too: what it lets in, it lets in for every environment. The account's is a boundary, which gives
/// nothing.
#[test]
fn no_policy_lets_everybody_in_and_none_allows_everything() {
    let seen = std::cell::Cell::new(0);
    let check = |place: &str, template: &Value| {
        for statement in statements(template).iter().filter(|statement| statement["Effect"] == "Allow") {
            seen.set(seen.get() + 1);
            let principal = &statement["Principal"];
            let everybody = principal == "*" || principal["AWS"] == "*";
            assert!(!everybody, "{place}: {}", serde_yaml::to_string(statement).unwrap());
            assert!(statement["NotAction"].is_null() && statement["NotPrincipal"].is_null(), "{place}");
            for action in actions(&Value::Sequence(vec![statement.clone()])) {
                assert!(action.contains(':') && !action.ends_with(":*"), "{place}: {action}");
            }
        }
    };
    every_stack(|config, service, _, template| check(&format!("{} {service}", config.env.name), template));
    let renderer = Renderer::load(&root()).unwrap();
    for environment in environments(&root()) {
        let config = Config::load(&root(), Some(&environment)).unwrap();
        let text = renderer.bootstrap(&config, BOOTSTRAP_REGION).unwrap();
        check(&format!("{environment} {BOOTSTRAP_REGION}"), &serde_yaml::from_str(&text).unwrap());
    }
    assert!(seen.get() > 100, "{} statements", seen.get());
}

/// Every statement of every policy below.
fn statements(value: &Value) -> Vec<Value> {
    match value {
        Value::Mapping(mapping) if mapping.contains_key("Effect") => vec![value.clone()],
        Value::Mapping(mapping) => mapping.values().flat_map(statements).collect(),
        Value::Sequence(list) => list.iter().flat_map(statements).collect(),
        Value::Tagged(tagged) => statements(&tagged.value),
        _ => Vec::new(),
    }
}

#[test]
fn the_boundary_holds_every_action_of_every_role() {
    let renderer = Renderer::load(&root()).unwrap();
    every_stack(|config, service, _, template| {
        let boundary: Value = serde_yaml::from_str(&renderer.bootstrap(config, BOOTSTRAP_ACCOUNT).unwrap()).unwrap();
        let bound: BTreeSet<String> = actions(&boundary["Resources"]["Boundary"]).into_iter().collect();
        assert!(!bound.is_empty());
        for (name, role) in resources(template, "AWS::IAM::Role") {
            for action in actions(&role["Properties"]["Policies"]) {
                assert!(bound.contains(&action), "{} {service} {name}: {action}", config.env.name);
            }
        }
    });
}

/// Whether a statement's resource is one of the stack's own, or one that it was given by a parameter.
fn is_known(resource: &Value, template: &Value) -> bool {
    let has = |section: &str, name: &str| !template[section][name].is_null();
    let Value::Tagged(tagged) = resource else { return false };
    let text = tagged.value.as_str().unwrap();
    if tagged.tag == "GetAtt" {
        return text.strip_suffix(".Arn").is_some_and(|name| has("Resources", name));
    }
    if tagged.tag == "Ref" {
        return has("Resources", text) || has("Parameters", text);
    }
    let mut buckets =
        resources(template, "AWS::S3::Bucket").filter_map(|(_, one)| one["Properties"]["BucketName"].as_str());
    let bucket = text.strip_prefix("arn:${AWS::Partition}:s3:::");
    if let Some(name) = bucket.map(|rest| rest.strip_suffix("/*").unwrap_or(rest)) {
        return buckets.any(|own| own == name);
    }
    let table = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${";
    if let Some(name) = text.strip_prefix(table) {
        return name.strip_suffix('}').is_some_and(|name| has("Parameters", name));
    }
    let index = text.strip_prefix("${").and_then(|rest| rest.split_once(".Arn}/index/"));
    index.is_some_and(|(name, index)| has("Resources", name) && !index.contains(['*', '$']))
}

#[test]
fn every_right_is_on_a_resource_of_the_stack_or_one_that_it_was_given() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for (name, role) in resources(template, "AWS::IAM::Role") {
            for statement in statements(&role["Properties"]["Policies"]) {
                let place =
                    format!("{} {service} {name}: {}", config.env.name, serde_yaml::to_string(&statement).unwrap());
                let actions = actions(&Value::Sequence(vec![statement.clone()]));
                let everywhere = statement["Resource"] == "*";
                // The one action that knows no resources.
                assert_eq!(everywhere, actions == ["dynamodb:ListStreams"], "{place}");
                assert!(everywhere || is_known(&statement["Resource"], template), "{place}");
                seen.set(seen.get() + 1);
            }
        }
    });
    assert!(seen.get() > 100, "{} statements", seen.get());
}

/// Without them, whoever can make the service call would reach the function from any account (AWS: "The confused deputy
/// problem"). A bucket's ARN names no account, so S3's needs it beside.
#[test]
fn every_service_that_may_call_a_function_is_bound_to_its_source() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for (name, permission) in resources(template, "AWS::Lambda::Permission") {
            let place = format!("{} {service} {name}", config.env.name);
            let properties = &permission["Properties"];
            let Value::Tagged(source) = &properties["SourceArn"] else { panic!("{place}: no source") };
            let source = source.value.as_str().unwrap();
            match properties["Principal"].as_str().unwrap() {
                "apigateway.amazonaws.com" => {
                    assert!(
                        source.contains(":${AWS::AccountId}:${Api}/") && !source.ends_with("/*"),
                        "{place}: {source}"
                    );
                }
                "s3.amazonaws.com" => {
                    let account = serde_yaml::to_string(&properties["SourceAccount"]).unwrap();
                    assert_eq!(account.trim(), "!Ref AWS::AccountId", "{place}");
                    assert!(is_known(&properties["SourceArn"], template), "{place}: {source}");
                }
                other => panic!("{place}: {other}"),
            }
            seen.set(seen.get() + 1);
        }
    });
    assert!(seen.get() > 20, "{} permissions", seen.get());
}

/// Every string below a key `Action`.
pub(crate) fn actions(value: &Value) -> Vec<String> {
    match value {
        Value::Mapping(mapping) => mapping
            .iter()
            .flat_map(|(key, inner)| match (key.as_str(), inner) {
                (Some("Action"), Value::String(action)) => vec![action.clone()],
                (Some("Action"), Value::Sequence(list)) => {
                    list.iter().map(|action| action.as_str().unwrap().to_owned()).collect()
                }
                _ => actions(inner),
            })
            .collect(),
        Value::Sequence(list) => list.iter().flat_map(actions).collect(),
        Value::Tagged(tagged) => actions(&tagged.value),
        _ => Vec::new(),
    }
}

/// No credentials for whoever comes along: a browser calls with a token or with a presigned URL.
#[test]
fn nobody_gets_credentials_but_the_functions() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        let place = format!("{} {service}", config.env.name);
        for (name, resource) in template["Resources"].as_mapping().unwrap() {
            let kind = resource["Type"].as_str().unwrap();
            assert!(!kind.starts_with("AWS::Cognito::IdentityPool"), "{place}: {name:?}");
            // No user, no access key, no policy beside a role's own.
            assert!(!kind.starts_with("AWS::IAM::") || kind == "AWS::IAM::Role", "{place}: {name:?} is {kind}");
        }
        for (name, role) in resources(template, "AWS::IAM::Role") {
            let trusted = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
            for statement in trusted.as_sequence().unwrap() {
                let principal = serde_yaml::to_string(&statement["Principal"]).unwrap();
                assert_eq!(principal.trim(), "Service: lambda.amazonaws.com", "{place}: {name}");
                seen.set(seen.get() + 1);
            }
        }
    });
    assert!(seen.get() > 20, "{} trusts", seen.get());
}

/// What a service may read of a table that is not its own: keys.
#[test]
fn of_another_services_table_a_role_reads_the_keys_only() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for statement in statements(&template["Resources"]) {
            let resource = serde_yaml::to_string(&statement["Resource"]).unwrap();
            if !resource.contains(":dynamodb:") || !resource.contains(":table/") {
                continue;
            }
            let place = format!("{} {service}: {resource}", config.env.name);
            let condition = &statement["Condition"];
            let attributes = condition["ForAllValues:StringEquals"]["dynamodb:Attributes"].as_sequence();
            assert_eq!(attributes.map(Vec::len), Some(2), "{place}");
            assert_eq!(condition["StringEqualsIfExists"]["dynamodb:Select"], "SPECIFIC_ATTRIBUTES", "{place}");
            assert_eq!(actions(&Value::Sequence(vec![statement.clone()])), ["dynamodb:GetItem"], "{place}");
            seen.set(seen.get() + 1);
        }
    });
    assert!(seen.get() > 0, "no role reads another service's table");
}
