//! Laws that every rendered template keeps, in every environment. What CloudFormation itself would say is cfn-lint's part.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops here")]

mod domain;
mod headers;
mod names;
mod openapi;
mod operable;
mod rights;
mod scaffold;
mod signing;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_yaml::Value;
use xtask::config::{Config, Site, environments};
use xtask::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The repository, and what `cargo xtask new service` makes of it: a new service keeps the laws from its first day.
fn roots() -> [PathBuf; 2] {
    [root(), scaffold::repository()]
}

/// A service of an environment, as it would be deployed.
struct Stack {
    config: Config,
    service: String,
    text: String,
    template: Value,
}

/// All of them, rendered once.
fn stacks() -> &'static [Stack] {
    static STACKS: OnceLock<Vec<Stack>> = OnceLock::new();
    STACKS.get_or_init(|| roots().iter().flat_map(|root| rendered(root)).collect())
}

fn rendered(root: &Path) -> Vec<Stack> {
    let renderer = Renderer::load(root).unwrap();
    let environments = environments(root);
    assert!(environments.len() >= 3, "{environments:?}");
    let mut stacks = Vec::new();
    for name in environments {
        let config = Config::load(root, Some(&name)).unwrap();
        for service in config.app.services.keys().cloned() {
            let text = renderer.offline(&config, &service).unwrap();
            let template = serde_yaml::from_str(&text).unwrap();
            stacks.push(Stack { config: config.clone(), service, text, template });
        }
    }
    stacks
}

/// Calls `check` with each environment's configuration, each service, its text and its parsed template.
fn every_stack(check: impl Fn(&Config, &str, &str, &Value)) {
    for stack in stacks() {
        check(&stack.config, &stack.service, &stack.text, &stack.template);
    }
}

fn keys(template: &Value, section: &str) -> BTreeSet<String> {
    let mapping = template.get(section).and_then(Value::as_mapping).into_iter().flatten();
    mapping.map(|(key, _)| key.as_str().unwrap().to_owned()).collect()
}

/// The template of what an environment's account shares.
fn account(config: &Config) -> Value {
    let text = Renderer::load(&config.root).unwrap().bootstrap(config, BOOTSTRAP_ACCOUNT).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn resources<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let all = template["Resources"].as_mapping().unwrap().iter();
    all.filter(move |(_, resource)| resource["Type"] == kind).map(|(name, resource)| (name.as_str().unwrap(), resource))
}

#[test]
fn no_stack_imports_or_exports() {
    every_stack(|config, service, text, _| {
        for word in ["ImportValue", "Export:"] {
            assert!(!text.contains(word), "{} {service}: {word}", config.env.name);
        }
    });
}

#[test]
fn parameters_are_exactly_what_the_deployer_sends() {
    every_stack(|config, service, _, template| {
        let spec = &config.app.services[service];
        let mut sent: BTreeSet<String> = spec.inputs.keys().cloned().collect();
        if spec.package.is_some() {
            sent.extend(["ArtifactBucket".to_owned(), "CodeKey".to_owned()]);
        }
        sent.extend(spec.keys.keys().flat_map(|key| [format!("{key}SecretArn"), format!("{key}Version")]));
        // What all environments share, by name.
        sent.extend(keys(template, "Parameters").intersection(&keys(&account(config), "Outputs")).cloned());
        assert_eq!(keys(template, "Parameters"), sent, "{} {service}", config.env.name);
    });
}

#[test]
fn every_reference_of_the_configuration_is_an_output() {
    let outputs: RefCell<BTreeMap<(String, String), BTreeSet<String>>> = RefCell::default();
    every_stack(|config, service, _, template| {
        outputs.borrow_mut().insert((config.env.name.clone(), service.to_owned()), keys(template, "Outputs"));
    });
    let outputs = outputs.into_inner();
    for name in environments(&root()) {
        let app = Config::load(&root(), Some(&name)).unwrap().app;
        let sites = app.services.values().filter_map(|service| service.site.as_ref()).flat_map(Site::needs);
        for to in app.services.values().flat_map(|service| service.inputs.values()).chain(sites) {
            assert!(outputs[&(name.clone(), to.service.clone())].contains(&to.output), "{name}: {to}");
        }
    }
}

#[test]
fn the_functions_are_those_of_the_configuration_each_with_a_role_of_its_own() {
    every_stack(|config, service, _, template| {
        let functions: Vec<&Value> =
            resources(template, "AWS::Lambda::Function").map(|(_, function)| function).collect();
        let handlers: BTreeSet<String> =
            functions.iter().map(|one| one["Properties"]["Handler"].as_str().unwrap().to_owned()).collect();
        let wanted: BTreeSet<String> = config.app.services[service].functions.iter().cloned().collect();
        assert_eq!(handlers, wanted, "{} {service}", config.env.name);
        let roles: BTreeSet<String> =
            functions.iter().map(|one| serde_yaml::to_string(&one["Properties"]["Role"]).unwrap()).collect();
        assert_eq!(roles.len(), functions.len(), "{} {service}", config.env.name);
    });
}

#[test]
fn a_protected_environment_keeps_its_data() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for kind in ["AWS::DynamoDB::Table", "AWS::Cognito::UserPool", "AWS::S3::Bucket"] {
            for (name, resource) in resources(template, kind) {
                let place = format!("{} {service} {name}", config.env.name);
                let policy = resource["DeletionPolicy"].as_str();
                // A site's bucket holds nothing that a deploy cannot write again.
                let rebuilt = kind == "AWS::S3::Bucket" && config.app.services[service].site.is_some();
                if !config.env.protected || rebuilt {
                    assert_eq!(policy.unwrap_or("Delete"), "Delete", "{place}");
                    continue;
                }
                seen.set(seen.get() + 1);
                assert_eq!(policy, Some("RetainExceptOnCreate"), "{place}");
                assert_eq!(resource["UpdateReplacePolicy"].as_str(), Some("Retain"), "{place}");
                let properties = &resource["Properties"];
                match kind {
                    "AWS::DynamoDB::Table" => {
                        assert_eq!(properties["DeletionProtectionEnabled"], Value::Bool(true), "{place}");
                        let recovery = &properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
                        assert_eq!(recovery, &Value::Bool(true), "{place}");
                    }
                    "AWS::Cognito::UserPool" => assert_eq!(properties["DeletionProtection"], "ACTIVE", "{place}"),
                    _ => assert_eq!(properties["VersioningConfiguration"]["Status"], "Enabled", "{place}"),
                }
            }
        }
    });
    assert!(seen.get() >= 4, "protected resources: {}", seen.get());
}

#[test]
fn a_first_creation_lacks_only_what_would_keep_it_from_being_taken_back() {
    let renderer = Renderer::load(&root()).unwrap();
    let guards = ["DeletionProtectionEnabled: true", "DeletionProtection: ACTIVE"];
    let mut differing = 0;
    for name in environments(&root()) {
        let config = Config::load(&root(), Some(&name)).unwrap();
        for (service, spec) in &config.app.services {
            let steady = renderer.offline(&config, service).unwrap();
            let keys = xtask::keys::Facts::placeholders(spec);
            let Some(creation) = renderer.creation(&config, service, &keys).unwrap() else {
                assert!(!guards.iter().any(|guard| steady.contains(guard)), "{name} {service}");
                continue;
            };
            differing += 1;
            assert!(config.env.protected, "{name} {service}");
            let mut opened = steady.clone();
            for (guard, open) in guards.iter().zip(["DeletionProtectionEnabled: false", "DeletionProtection: INACTIVE"])
            {
                opened = opened.replace(guard, open);
            }
            assert_eq!(creation, opened, "{name} {service}");
        }
    }
    assert!(differing >= 3, "stacks with guarded resources: {differing}");
}

#[test]
fn no_bucket_is_public() {
    let seen = std::cell::Cell::new(0);
    let check = |place: &str, template: &Value| {
        for (name, bucket) in resources(template, "AWS::S3::Bucket") {
            seen.set(seen.get() + 1);
            let block = &bucket["Properties"]["PublicAccessBlockConfiguration"];
            for rule in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
                assert_eq!(block[rule], Value::Bool(true), "{place} {name} {rule}");
            }
            assert!(bucket["Properties"]["AccessControl"].is_null(), "{place} {name}");
        }
    };
    every_stack(|config, service, _, template| check(&format!("{} {service}", config.env.name), template));
    let renderer = Renderer::load(&root()).unwrap();
    for environment in environments(&root()) {
        let config = Config::load(&root(), Some(&environment)).unwrap();
        let text = renderer.bootstrap(&config, BOOTSTRAP_REGION).unwrap();
        check(&environment, &serde_yaml::from_str(&text).unwrap());
    }
    // The site's and the files', in both; the artifacts'.
    assert_eq!(seen.get(), (2 * roots().len() + 1) * environments(&root()).len());
}

#[test]
fn the_protected_templates_are_as_reviewed() {
    let renderer = Renderer::load(&root()).unwrap();
    let config = Config::load(&root(), Some("prod")).unwrap();
    for service in config.app.services.keys() {
        insta::assert_snapshot!(format!("prod_{service}"), renderer.offline(&config, service).unwrap());
    }
    for name in [BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION] {
        insta::assert_snapshot!(format!("prod_{name}"), renderer.bootstrap(&config, name).unwrap());
    }
}
