//! Releases: what deploys leave, back to an earlier one, on to another environment.

use serde_json::Value;
use tests::Call;

use crate::repository::Repository;

const FROM: &[&str] = &["--env", "scratch"];
/// The port of a second emulator, beside the repository's own.
const STAGE: u16 = 4569;

fn releases(repository: &Repository, env: &[&str]) -> Vec<Value> {
    let ran = repository.xtask(&[&["releases", "--json"], env].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap()
}

fn ids(releases: &[Value]) -> Vec<u64> {
    releases.iter().map(|release| release["id"].as_u64().unwrap()).collect()
}

/// The document and the configuration that it names, as a visitor gets them.
fn site(report: &Value) -> (String, Value) {
    let origin = report["outputs"]["frontend"]["SiteOrigin"].as_str().unwrap();
    let html = Call::new("GET", format!("{origin}/")).send().text();
    let start = html.find("/config.").unwrap();
    let path = &html[start..start + html[start..].find('"').unwrap()];
    let config = Call::new("GET", format!("{origin}{path}")).send().json();
    (html, config)
}

#[test]
fn a_rollback_brings_stacks_and_site_back_and_is_a_release_itself() {
    let repository = Repository::new();
    repository.own("frontend");
    let first = repository.deploy();
    assert_eq!(first["release"], 1);
    let before = site(&first);
    assert_eq!(repository.deploy()["release"], Value::Null, "nothing changed, nothing is left");

    repository.edit("frontend/index.html", "<title>Todo</title>", "<title>Second</title>");
    repository.edit("config/app.yaml", "maxFileSize: 104857600", "maxFileSize: 5");
    repository.edit("config/scratch.yaml", "memory: 256", "memory: 512");
    let second = repository.deploy();
    assert_eq!(second["release"], 2);
    let between = site(&second);
    assert!(between.0.contains("<title>Second</title>") && between.1["maxFileSize"] == 5, "{between:?}");

    let asked = repository.xtask(&["rollback"]).failed(3);
    assert!(asked.contains("from release 2 to 1") && asked.contains("512 → 256"), "what it will do is shown: {asked}");
    assert_eq!(site(&second), between, "a declined rollback changes nothing");
    let back = repository.xtask(&["rollback", "--yes", "--json"]).ok();
    let back: Value = serde_json::from_str(&back.stdout).unwrap();
    assert_eq!((&back["release"], &back["stacks"]["auth"]), (&Value::from(3), &Value::from("unchanged")));
    assert_eq!(site(&back), before);

    let all = releases(&repository, FROM);
    assert_eq!(ids(&all), [3, 2, 1]);
    assert_eq!(all.iter().map(|one| one["inForce"] == true).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(all[0]["made"]["action"], serde_json::json!({"kind": "rollback", "to": 1}));
    let (now, then) = (&all[0]["services"], &all[2]["services"]);
    for service in ["auth", "frontend", "todos", "files", "dashboard"] {
        assert_eq!(now[service]["template"], then[service]["template"], "{service}");
        assert_eq!(now[service]["site"], then[service]["site"], "{service}");
        assert_eq!(now[service]["code"], then[service]["code"], "{service}");
    }
    let none = repository.xtask(&["rollback", "--yes"]).failed(1);
    assert!(none.contains("no earlier release than 1"), "{none}");

    let forth = repository.xtask(&["rollback", "--to", "2", "--service", "todos", "--yes", "--json"]).ok();
    let forth: Value = serde_json::from_str(&forth.stdout).unwrap();
    assert_eq!((&forth["stacks"]["todos"], &forth["stacks"]["files"]), (&"updated".into(), &"unchanged".into()));
    let pruned = repository.xtask(&["releases", "prune", "--dry-run", "--json"]).ok();
    let pruned: Value = serde_json::from_str(&pruned.stdout).unwrap();
    assert_eq!(pruned, serde_json::json!({"deleted": false, "releases": [], "objects": []}), "all of it is young");
}

#[test]
fn a_promoted_release_is_the_very_bytes_with_the_targets_own_configuration() {
    let repository = Repository::new();
    repository.copy_environment("stage", STAGE);
    repository.edit("config/stage.yaml", "memory: 256", "memory: 512");
    repository.deploy();
    let refused = repository.xtask(&["promote", "--from", "scratch", "--to", "stage"]).failed(3);
    assert!(refused.contains("release 1 of scratch"), "{refused}");
    // The clone has moved on: what runs in the first environment is what the second gets.
    repository.edit("config/app.yaml", "maxFileSize: 104857600", "maxFileSize: 5");
    let ran = repository.xtask(&["promote", "--from", "scratch", "--to", "stage", "--yes", "--json"]).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["stacks"]["todos"], "created");
    assert_eq!(site(&report).1["maxFileSize"], 104_857_600);

    let (from, to) = (releases(&repository, FROM).remove(0), releases(&repository, &["--env", "stage"]).remove(0));
    assert_eq!(to["made"]["action"]["from"], "scratch");
    for service in ["todos", "files"] {
        let code = &from["services"][service]["code"];
        assert_eq!(code["sha256"].as_str().map(str::len), Some(64));
        assert_eq!(code, &to["services"][service]["code"]);
    }
    assert_eq!(from["services"]["frontend"]["site"], to["services"]["frontend"]["site"]);
    let memory = |release: &Value| release["services"]["todos"]["literals"]["functions.getTodos.memory"].clone();
    assert_eq!((memory(&from), memory(&to)), (256.into(), 512.into()));

    let again = repository.xtask(&["promote", "--from", "scratch", "--to", "stage", "--yes", "--json"]).ok();
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&again["changed"], &again["release"]), (&Value::from(false), &Value::Null));
}
