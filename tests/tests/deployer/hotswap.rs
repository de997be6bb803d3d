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
    assert_eq!(told.matches("Building files, todos").count(), 1, "{told}");
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
fn sources_decide_and_not_their_times_and_a_link_that_has_gone_is_put_back() {
    let repository = Repository::new();
    repository.own("functions");
    repository.deploy();
    let [before, text] = ["new", "of old"].map(|word| format!("{word} by {}", std::process::id()));
    repository.edit(SOURCE, TEXT, &before);
    hotswap(&repository);
    // As `mv`, `cp -p` and `rsync -a` put a file in place: cargo would take what it built before for built from this.
    let (source, aside) = (repository.path(SOURCE), repository.path("functions/aside.rs"));
    std::fs::write(&aside, repository.read(SOURCE).replace(&before, &text)).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(24 * 30);
    std::fs::File::options().append(true).open(&aside).unwrap().set_modified(old).unwrap();
    std::fs::rename(&aside, &source).unwrap();
    let (_, told) = hotswap(&repository);
    assert!(told.contains("again: by their times alone"), "{told}");
    eventually("the new text answers", || answer(&repository).contains(&text).then_some(()));
    assert_eq!(repository.deploy()["stacks"]["todos"], "updated");
    assert!(answer(&repository).contains(&text));

    repository.edit(SOURCE, &text, "linked");
    hotswap(&repository);
    assert!(repository.xtask(&["plan"]).ok().stdout.contains("a deploy brings the stack up to it"));
    let links = repository.path("target/local/scratch/hotswap/scratch");
    std::fs::remove_dir_all(&links).unwrap();
    repository.xtask(&["local", "stop"]).ok();
    repository.xtask(&["local", "start"]).ok();
    let failed = repository.xtask(&["invoke", "getTodos"]);
    assert!(failed.code != 0 && failed.stderr.contains("cargo xtask deploy"), "{}", failed.stderr);
    hotswap(&repository);
    eventually("the link answers again", || answer(&repository).contains("linked").then_some(()));
}

#[test]
fn a_protected_environment_is_refused_before_the_first_call() {
    let repository = Repository::new();
    for command in [&["deploy", "--hotswap", "--env", "prod"][..], &["watch", "--env", "prod"]] {
        let refused = repository.xtask(command).failed(2);
        assert!(refused.contains("`prod` is protected") && refused.contains("hint: cargo xtask deploy"), "{refused}");
    }
}
