//! Mistakes in the configuration and on the command line: where, what, what was expected, what to do. Nothing is tried.

use crate::repository::Repository;

#[test]
fn a_misspelt_field_is_named_with_its_place_and_the_nearest_one() {
    let repository = Repository::new();
    repository.edit("config/app.yaml", "    inputs:", "    inptus:");
    let error = repository.xtask(&["config", "check"]).failed(2);
    assert!(error.contains("config/app.yaml:"), "{error}");
    assert!(error.contains("unknown field `inptus`"), "{error}");
    assert!(error.contains("did you mean `inputs`?"), "{error}");
}

#[test]
fn a_reference_that_leads_nowhere_is_named_with_its_place() {
    let repository = Repository::new();
    repository.edit("config/app.yaml", "SiteOrigin: frontend.SiteOrigin", "SiteOrigin: frontned.SiteOrigin");
    let error = repository.xtask(&["deploy"]).failed(2);
    assert!(error.contains("no service `frontned`"), "{error}");
    assert!(error.contains("did you mean `frontend`?"), "{error}");
    let place = error.split("config/app.yaml:").nth(1).unwrap();
    assert!(place.split(':').take(2).all(|number| number.parse::<u32>().is_ok()), "{error}");
}

#[test]
fn a_number_outside_awss_range_is_refused() {
    let repository = Repository::new();
    repository.edit("config/prod.yaml", "retention: 365", "retention: 366");
    let error = repository.xtask(&["config", "check", "--env", "prod"]).failed(2);
    assert!(error.contains("config/prod.yaml:") && error.contains("retention"), "{error}");
}

#[test]
fn a_topic_of_another_region_and_an_identity_of_another_account_are_refused() {
    let cases = [
        (
            "domain: { name: a.example.com, certificateArn: \"arn:aws:acm:eu-central-1:222222222222:certificate/1\" }",
            "hint: expected `arn:aws:acm:us-east-1:222222222222:certificate/<id>`",
        ),
        (
            "domain: { name: a.example.com, certificateArn: \"arn:aws:acm:us-east-1:111111111111:certificate/1\" }",
            "in its own account",
        ),
        ("domain: { name: a.example.com }", "hint: name the Route 53 zone"),
        ("alarmTopic: arn:aws:sns:us-east-1:222222222222:alarms", "arn:aws:sns:eu-central-1:"),
        (
            "mail: { from: a@example.com, identityArn: \"arn:aws:ses:eu-central-1:1:identity/example.com\" }",
            ":222222222222:identity/",
        ),
        (
            "mail: { from: nobody, identityArn: \"arn:aws:ses:eu-central-1:222222222222:identity/example.com\" }",
            "expected an address",
        ),
    ];
    for (line, expected) in cases {
        let repository = Repository::new();
        repository.edit("config/prod.yaml", "protected: true", &format!("protected: true\n{line}"));
        let error = repository.xtask(&["config", "check", "--env", "prod"]).failed(2);
        assert!(error.contains("config/prod.yaml:") && error.contains(expected), "{error}");
    }
}

#[test]
fn unknown_environments_and_commands_get_the_nearest_name_and_a_branch_its_own() {
    let repository = Repository::new();
    let error = repository.xtask(&["deploy", "--env", "scrach"]).failed(2);
    assert!(error.contains("did you mean `scratch`?"), "{error}");
    let error = repository.xtask(&["deplyo"]).failed(2);
    assert!(error.contains("deploy"), "{error}");
    let shown = repository.xtask(&["config", "show", "--branch", "main"]).ok();
    assert!(shown.stdout.contains("name: dev"), "{}", shown.stdout);
    let shown = repository.xtask(&["config", "show", "--branch", "feature/x"]).ok();
    assert!(shown.stdout.contains("name: pr-x-"), "{}", shown.stdout);
}

#[test]
fn a_branch_without_an_environment_and_a_missing_template_are_found_before_anything_is_tried() {
    let repository = Repository::new();
    repository.edit("config/app.yaml", "main: dev", "main: dve");
    let error = repository.xtask(&["config", "check"]).failed(2);
    assert!(error.contains("branches.main: no environment `dve`"), "{error}");
    assert!(error.contains("did you mean `dev`?"), "{error}");
    repository.edit("config/app.yaml", "main: dve", "main: dev");
    repository.edit("config/app.yaml", "stacks/auth.yaml.tera", "stacks/auht.yaml.tera");
    let error = repository.xtask(&["config", "check"]).failed(2);
    assert!(error.contains("services.auth.stack: no template `stacks/auht.yaml.tera`"), "{error}");
}

#[test]
fn a_terminal_that_goes_away_fails_nothing() {
    let repository = Repository::new();
    let mut child = repository.start(&["config", "check"]);
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_protected_environment_is_not_destroyed_even_with_yes() {
    let repository = Repository::new();
    let error = repository.xtask(&["destroy", "--env", "prod", "--yes"]);
    assert_ne!(error.code, 0);
    assert!(error.stderr.contains("protected"), "{}", error.stderr);
}
