//! An environment from nothing to nothing.

use crate::repository::Repository;

#[test]
fn a_second_deploy_changes_nothing_and_destroy_leaves_nothing() {
    let repository = Repository::new();
    let first = repository.deploy();
    assert_eq!(first["changed"], true);
    assert!(first["stacks"].as_object().unwrap().values().all(|outcome| outcome == "created"), "{first}");
    let second = repository.deploy();
    assert_eq!(second["changed"], false);
    assert!(second["stacks"].as_object().unwrap().values().all(|outcome| outcome == "unchanged"), "{second}");
    assert_eq!(first["outputs"], second["outputs"]);

    repository.xtask(&["local", "stop"]).ok();
    let restarted = repository.deploy();
    assert_eq!(restarted["changed"], false, "{restarted}");
    assert_eq!(restarted["outputs"], first["outputs"]);

    let refused = repository.xtask(&["destroy"]).failed(3);
    assert!(refused.contains("todo-scratch"), "what would go is shown: {refused}");
    assert_eq!(repository.deploy()["changed"], false, "a declined destroy changes nothing");
    repository.xtask(&["destroy", "--yes"]).ok();
    let none = repository.xtask(&["outputs"]).failed(1);
    assert!(none.contains("has no stacks"), "{none}");
    repository.xtask(&["destroy", "--yes"]).ok();
    assert_eq!(repository.deploy()["changed"], true, "a destroyed environment can be made again");
}

#[test]
fn one_service_brings_the_producers_it_lacks_and_the_site_waits_for_the_rest() {
    let repository = Repository::new();
    let ran = repository.xtask(&["deploy", "--service", "todos", "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let stacks: Vec<&String> = report["stacks"].as_object().unwrap().keys().collect();
    assert_eq!(stacks, ["auth", "frontend", "todos"]);
    assert!(ran.stderr.contains("waits for `files."), "{}", ran.stderr);
    let rest = repository.deploy();
    assert_eq!(rest["stacks"]["files"], "created");
    assert_eq!(rest["stacks"]["todos"], "unchanged");
    assert!(rest["sites"]["frontend"]["uploaded"].as_u64().unwrap() > 0);
}

#[test]
fn a_failed_stack_names_its_cause_and_the_mended_one_deploys() {
    let repository = Repository::new();
    repository.edit("stacks/auth.yaml.tera", "AWS::Cognito::UserPoolClient", "AWS::Cognito::NoSuchThing");
    let error = repository.xtask(&["deploy"]).failed(1);
    assert!(error.contains("todo-scratch-auth") && error.contains("AWS::Cognito::NoSuchThing"), "{error}");
    repository.edit("stacks/auth.yaml.tera", "AWS::Cognito::NoSuchThing", "AWS::Cognito::UserPoolClient");
    assert_eq!(repository.deploy()["changed"], true);
    assert_eq!(repository.deploy()["changed"], false);
}
