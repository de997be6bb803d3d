//! Names: two environments in one account and region never meet.

use std::collections::BTreeSet;

use serde_yaml::Value;
use xtask::config::Config;
use xtask::render::Renderer;

use super::root;

/// Properties that name a resource for the whole account or region.
const NAMES: [&str; 10] = [
    "BucketName",
    "ClientName",
    "DashboardName",
    "FunctionName",
    "LogGroupName",
    "Name",
    "QueueName",
    "RoleName",
    "TableName",
    "UserPoolName",
];
/// What names its resource within another one, which is an environment's own.
const WITHIN: [&str; 3] = ["AWS::ApiGatewayV2::Authorizer", "AWS::Cognito::UserPoolClient", "AWS::CloudWatch::Alarm"];

/// Every name that a template gives, references apart.
fn names(config: &Config) -> BTreeSet<String> {
    let renderer = Renderer::load(&root()).unwrap();
    let mut found = BTreeSet::new();
    for service in config.app.services.keys() {
        let template: Value = serde_yaml::from_str(&renderer.offline(config, service).unwrap()).unwrap();
        for resource in template["Resources"].as_mapping().unwrap().values() {
            if !WITHIN.contains(&resource["Type"].as_str().unwrap()) {
                collect(&resource["Properties"], &mut found);
            }
        }
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Mapping(mapping) => {
            for (key, inner) in mapping {
                let text = match inner {
                    Value::Tagged(tagged) if tagged.tag == "Sub" => tagged.value.as_str(),
                    Value::String(text) => Some(text.as_str()),
                    _ => None,
                };
                // The mechanisms' names are AWS's.
                if key == "RecoveryMechanisms" {
                    continue;
                }
                match text {
                    Some(text) if NAMES.contains(&key.as_str().unwrap_or_default()) => {
                        found.insert(text.to_owned());
                    }
                    _ => collect(inner, found),
                }
            }
        }
        Value::Sequence(list) => list.iter().for_each(|inner| collect(inner, found)),
        _ => {}
    }
}

#[test]
fn two_environments_of_one_account_and_region_share_no_name() {
    let config = |name: &str| {
        let mut config = Config::load(&root(), Some("dev")).unwrap();
        config.env.name = name.to_owned();
        config
    };
    let (one, other) = (names(&config("one")), names(&config("other")));
    assert!(one.len() > 30, "{one:?}");
    let shared: Vec<_> = one.intersection(&other).collect();
    assert_eq!(shared, Vec::<&String>::new());
}
