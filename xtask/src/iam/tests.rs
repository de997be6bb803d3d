//! What every role of every environment may do, and what none may.

use super::*;
use crate::config::environments;
use crate::hotswap;
use crate::previews::Store;
use crate::releases::Ledger;
use crate::releases::collect::PREFIXES;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every role of every environment.
fn roles() -> Vec<(Config, RoleClass, Role)> {
    let renderer = Renderer::load(&root()).unwrap();
    let mut found = Vec::new();
    for environment in environments(&root()) {
        let config = Config::load(&root(), Some(&environment)).unwrap();
        for class in classes(&config) {
            let role = role(&config, &renderer, &class).unwrap();
            found.push((config.clone(), class, role));
        }
    }
    assert!(found.iter().any(|(_, class, _)| *class == RoleClass::Preview));
    found
}

fn allowed(role: &Role) -> impl Iterator<Item = &Statement> {
    role.policies.iter().flat_map(|policy| &policy.statement).filter(|one| one.effect == Effect::Allow)
}

fn statements_of<'a>(role: &'a Role, action: &'a str) -> Vec<&'a Statement> {
    allowed(role).filter(|one| one.action.iter().any(|own| own == action)).collect()
}

#[test]
fn every_policy_fits_into_iams_limits() {
    for (_, _, role) in roles() {
        assert!(role.policies.len() <= POLICIES_MAX, "{}: {}", role.name, role.policies.len());
        for policy in &role.policies {
            assert!(policy.size() <= POLICY_MAX && !policy.statement.is_empty(), "{}: {}", role.name, policy.size());
        }
    }
}

#[test]
fn no_action_is_a_pattern_and_star_is_left_to_what_knows_no_resources() {
    for (_, _, role) in roles() {
        for statement in allowed(&role) {
            assert!(statement.action.iter().all(|action| !action.contains('*')), "{}: {statement:?}", role.name);
            if statement.resource == ["*"] {
                let known = |action: &String| {
                    let (service, _) = action.split_once(':').unwrap();
                    action == "lambda:CreateEventSourceMapping"
                        || place::EVERYWHERE.contains(&action.as_str())
                        || panic!("{}: {service}: {action} everywhere", role.name)
                };
                assert!(statement.action.iter().all(known));
            }
        }
    }
}

#[test]
fn roles_are_made_and_changed_only_under_the_boundary_and_passed_only_to_what_they_trust() {
    for (config, class, role) in roles() {
        if class == RoleClass::Plan {
            assert!(allowed(&role).all(|one| one.action.iter().all(|action| !action.starts_with("iam:"))));
            continue;
        }
        let boundary = format!("arn:aws:iam::{}:policy/{}-boundary", config.env.account(), config.app.app);
        for action in ["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary"]
        {
            let [statement] = statements_of(&role, action)[..] else { panic!("{}: {action}", role.name) };
            assert_eq!(statement.condition["StringEquals"]["iam:PermissionsBoundary"], std::slice::from_ref(&boundary));
        }
        let [pass] = statements_of(&role, "iam:PassRole")[..] else { panic!("{}", role.name) };
        assert_eq!(pass.condition["StringEquals"]["iam:PassedToService"], ["lambda.amazonaws.com"]);
        for never in ["iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", "iam:CreateUser"] {
            assert!(statements_of(&role, never).is_empty(), "{}: {never}", role.name);
        }
        let denies = role.policies[0].statement.iter().find(|one| one.effect == Effect::Deny).unwrap();
        assert!(denies.resource.contains(&boundary) && denies.action.contains(&"iam:Set*".to_owned()));
    }
}

#[test]
fn what_has_names_is_allowed_under_the_environments_names_alone() {
    let shared = ["-artifacts-", "-bootstrap-", "-boundary"];
    // Whoever plans looks at all environments.
    for (config, class, role) in roles().into_iter().filter(|(_, class, _)| *class != RoleClass::Plan) {
        let environment = if let RoleClass::Deploy(name) = &class { name } else { "pr" };
        let stem = format!("{}-{environment}-", config.app.app);
        // The environment's own dashboard has its name and nothing after it.
        let dashboard = format!(":dashboard/{}-{environment}", config.app.app);
        for resource in allowed(&role).flat_map(|statement| &statement.resource) {
            if !resource.contains(&format!("{}-", config.app.app)) || shared.iter().any(|part| resource.contains(part))
            {
                continue;
            }
            assert!(resource.contains(&stem) || resource.ends_with(&dashboard), "{}: {resource}", role.name);
        }
    }
}

/// Whether a pattern of a policy is about a resource: `*` stands for any text.
fn is_about(pattern: &str, resource: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == resource,
        Some((start, rest)) => resource.strip_prefix(start).is_some_and(|left| {
            left.char_indices().map(|(at, _)| at).chain([left.len()]).any(|at| is_about(rest, &left[at..]))
        }),
    }
}

/// Whether a role may do something to an object in a bucket of artifacts.
fn may(role: &Role, action: &str, (bucket, key): (&str, &str)) -> bool {
    let object = format!("arn:aws:s3:::{bucket}/{key}");
    statements_of(role, action).iter().flat_map(|one| &one.resource).any(|pattern| is_about(pattern, &object))
}

#[test]
fn a_role_reads_the_records_of_all_environments_and_writes_those_of_its_own() {
    let mut written = 0;
    for (config, class, role) in roles() {
        for other in ["dev", "devon", "prod", "pr-a-aaaaaaa", "pr-b-bbbbbbb"] {
            let mut beside = config.clone();
            beside.env.name = other.to_owned();
            let release = format!("{}000001.json", Ledger::prefix(&beside));
            let ending = format!("{}{other}.json", Store::prefix(&beside));
            let own = match &class {
                RoleClass::Deploy(name) => name == other,
                RoleClass::Preview => other.starts_with(PREVIEW_PREFIX),
                RoleClass::Plan => false,
            };
            let ends = own && class == RoleClass::Preview;
            for (key, own) in [(release, own), (hotswap::Ledger::key(&beside), own), (ending, ends)] {
                for action in ["s3:PutObject", "s3:DeleteObject"] {
                    let place = format!("{}: {action} {key}", role.name);
                    assert_eq!(may(&role, action, (&config.artifact_bucket(), &key)), own, "{place}");
                    let elsewhere = config.artifact_bucket().replace(&config.env.region, "eu-west-1");
                    assert!(!may(&role, action, (&elsewhere, &key)), "{place} in another region");
                    written += usize::from(own);
                }
                assert!(may(&role, "s3:GetObject", (&config.artifact_bucket(), &key)), "{}: {key}", role.name);
            }
        }
    }
    // Of both environments two kinds of records, of two branches three; each is written and deleted.
    assert_eq!(written, 2 * (2 * 2 + 2 * 3));
}

#[test]
fn what_is_named_by_its_hash_is_put_there_by_deploys_and_deleted_by_none() {
    for (config, class, role) in roles() {
        for prefix in PREFIXES {
            let (bucket, key) = (config.artifact_bucket(), format!("{prefix}orders/1.zip"));
            let place = format!("{}: {key}", role.name);
            assert!(may(&role, "s3:GetObject", (&bucket, &key)), "{place}");
            assert_eq!(may(&role, "s3:PutObject", (&bucket, &key)), class != RoleClass::Plan, "{place}");
            for never in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"] {
                assert!(!may(&role, never, (&bucket, &key)), "{place}: {never}");
            }
        }
        let stray = (config.artifact_bucket(), "notes.txt");
        assert!(!may(&role, "s3:PutObject", (&stray.0, stray.1)), "{}", role.name);
    }
}

#[test]
fn what_has_no_names_must_not_be_tagged_as_another_environments() {
    for (_, class, role) in roles().into_iter().filter(|(_, class, _)| *class != RoleClass::Plan) {
        let tag = match &class {
            RoleClass::Deploy(name) => name.clone(),
            _ => "pr-*".to_owned(),
        };
        for action in ["cloudfront:UpdateDistribution", "apigateway:DELETE", "cognito-idp:DeleteUserPool"] {
            let [statement] = statements_of(&role, action)[..] else { panic!("{}: {action}", role.name) };
            assert_eq!(
                statement.condition["StringLikeIfExists"]["aws:ResourceTag/environment"],
                std::slice::from_ref(&tag)
            );
        }
    }
}

#[test]
fn a_plan_changes_nothing_and_reads_no_files_of_users_and_no_secret() {
    for (_, _, role) in roles().into_iter().filter(|(_, class, _)| *class == RoleClass::Plan) {
        for statement in allowed(&role) {
            for action in &statement.action {
                let verb = action.split(':').nth(1).unwrap();
                assert!(["Describe", "Get", "List"].iter().any(|read| verb.starts_with(read)), "{action}");
            }
        }
        for statement in ["s3:GetObject", "s3:ListBucket"].iter().flat_map(|action| statements_of(&role, action)) {
            for resource in &statement.resource {
                assert!(resource.contains("-artifacts-") || resource.contains("-frontend-"), "{resource}");
            }
        }
        assert!(statements_of(&role, "secretsmanager:GetSecretValue").is_empty(), "{}", role.name);
        assert!(!statements_of(&role, "secretsmanager:DescribeSecret").is_empty(), "its tags tell the public half");
    }
}

#[test]
fn a_new_property_brings_the_actions_that_it_needs() {
    let with = |property: &str| {
        let template = serde_json::json!({"Resources": {"F": {
            "Type": "AWS::Lambda::Function", "Properties": {property: {"SubnetIds": []}},
        }}});
        of_template(&template).unwrap()
    };
    assert!(!with("Handler").contains("ec2:DescribeSubnets") && with("VpcConfig").contains("ec2:DescribeSubnets"));
}

#[test]
fn a_type_that_nobody_knows_is_an_error_with_the_way_out() {
    let template = serde_json::json!({"Resources": {"X": {"Type": "AWS::New::Thing"}}});
    let error = of_template(&template).unwrap_err().to_string();
    assert!(error.contains("AWS::New::Thing") && error.contains("handlers.json"), "{error}");
}

#[test]
fn every_type_of_the_templates_with_a_domain_is_known() {
    let mut config = Config::load(&root(), Some("prod")).unwrap();
    let domain = serde_json::json!({
        "name": "app.example.com",
        "certificateArn": "arn:aws:acm:us-east-1:222222222222:certificate/1",
        "hostedZoneId": "Z1",
    });
    config.env.domain = Some(serde_json::from_value(domain).unwrap());
    let renderer = Renderer::load(&root()).unwrap();
    let role = role(&config, &renderer, &RoleClass::Deploy("prod".into())).unwrap();
    let [change] = statements_of(&role, "route53:ChangeResourceRecordSets")[..] else { panic!("no right on the zone") };
    assert_eq!(change.resource, ["arn:aws:route53:::hostedzone/Z1"]);
}

#[test]
fn the_rights_of_prod_are_as_reviewed() {
    let prod: Vec<_> = roles().into_iter().filter(|(config, _, _)| config.env.name == "prod").collect();
    let app = prod[0].0.app.app.clone();
    let all: BTreeMap<String, Role> = prod.into_iter().map(|(_, _, role)| (role.name.clone(), role)).collect();
    // The deployer's folder does not know the application's name.
    let rights = serde_json::to_string_pretty(&all).unwrap().replace(&app, "APP");
    insta::assert_snapshot!(rights);
}
