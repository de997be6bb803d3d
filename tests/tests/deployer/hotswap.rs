//! Code put in place past CloudFormation: the answer changes, and no later deploy is deceived by it.

use serde_json::Value;
use tests::eventually;

use crate::repository::Repository;

/// Where a text of every service is, and the text.
pub(crate) const SOURCE: &str = "functions/shared/src/error.rs";
pub(crate) const TEXT: &str = "this path belongs to another user";

pub(crate) fn answer(repository: &Repository) -> String {
    let ran = repository.xtask(&["invoke", "getTodos", "--json"]).ok();
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    answer["body"].as_str().unwrap().to_owned()
}

fn hotswap(repository: &Repository) -> (Value, String) {
    let ran = repository.xtask(&["deploy", "--hotswap", "--json"]).ok();
    (serde_json::from_str(&ran.stdout).unwrap(), ran.stderr)
}

#[test]
fn a_hotswap_changes_the_answer_and_the_next_deploy_takes_it_back_where_cloudformation_sees_no_change() {
    let repository = Repository::new();
    repository.own("functions");
    repository.deploy();
    assert!(answer(&repository).contains(TEXT));
    let before = hotswap(&repository).0;
    assert_eq!(before["changed"], false, "{before}");

    // A text of this run alone, so that no earlier one has built it.
    let text = format!("hotswapped by {}", std::process::id());
    repository.edit(SOURCE, TEXT, &text);
    let (report, told) = hotswap(&repository);
    assert!(told.contains("Linked todos") && !told.contains("Uploaded"), "{told}");
    // One cargo call serves all services.
    assert_eq!((told.matches("Building").count(), told.contains("Building files, todos")), (1, true), "{told}");
    let outcome = |service: &str| report["stacks"][service].as_str().unwrap();
    assert_eq!((outcome("todos"), outcome("files"), outcome("auth")), ("hotswapped", "hotswapped", "unchanged"));
    eventually("the new code answers", || answer(&repository).contains(&text).then_some(()));
    let (again, _) = hotswap(&repository);
    assert_eq!(again["changed"], false, "{again}");

    // The trap: the sources are those of the stack again, so that CloudFormation would do nothing.
    repository.edit(SOURCE, &text, TEXT);
    let report = repository.deploy();
    assert_eq!((&report["stacks"]["todos"], &report["stacks"]["files"]), (&"reconciled".into(), &"reconciled".into()));
    eventually("the stack's code answers", || answer(&repository).contains(TEXT).then_some(()));
    assert_eq!(repository.deploy()["changed"], false);

    // A deploy of what was swapped in: the stack learns of it.
    repository.edit(SOURCE, TEXT, "hotswapped");
    hotswap(&repository);
    assert_eq!(repository.deploy()["stacks"]["todos"], "updated");
    assert!(answer(&repository).contains("hotswapped"));
    assert_eq!(repository.deploy()["changed"], false);

    // More than code: this service goes through its stack, the others do not, and the site is synced.
    repository.edit("stacks/todos.yaml.tera", "the todos. An HTTP API", "the todos! An HTTP API");
    repository.edit(SOURCE, "hotswapped", "and again");
    let (report, told) = hotswap(&repository);
    assert_eq!((&report["stacks"]["todos"], &report["stacks"]["files"]), (&"updated".into(), &"hotswapped".into()));
    assert!(told.contains("todo-scratch-todos in full: its template changed"), "{told}");
    // A stack names what lasts.
    assert!(told.contains("Linked files") && told.contains("Uploaded todos"), "{told}");
    assert!(report["sites"]["frontend"].is_object(), "{report}");
}

#[test]
fn a_protected_environment_is_refused_before_the_first_call() {
    let repository = Repository::new();
    for command in [&["deploy", "--hotswap", "--env", "prod"][..], &["watch", "--env", "prod"]] {
        let refused = repository.xtask(command).failed(2);
        assert!(refused.contains("`prod` is protected") && refused.contains("hint: cargo xtask deploy"), "{refused}");
    }
}
