//! Releases: what deploys leave, back to an earlier one, on to another environment.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tests::{Call, Response, eventually};

use crate::hotswap::{SOURCE, TEXT, answer};
use crate::repository::Repository;

const FROM: &[&str] = &["--env", "scratch"];
/// The port of a second emulator, beside the repository's own.
const STAGE: u16 = 4569;
/// The emulator looks at a signature's credentials alone.
const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/SERVICE/aws4_request, SignedHeaders=host, Signature=0";

fn releases(repository: &Repository, env: &[&str]) -> Vec<Value> {
    let ran = repository.xtask(&[&["releases", "--json"], env].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The artifact bucket.
fn bucket(repository: &Repository) -> String {
    let pruned = repository.xtask(&["releases", "prune", "--dry-run"]).ok();
    let end = pruned.stderr.rsplit("nothing to delete in `").next().unwrap();
    end.split('`').next().unwrap().to_owned()
}

fn ids(releases: &[Value]) -> Vec<u64> {
    releases.iter().map(|release| release["id"].as_u64().unwrap()).collect()
}

fn signed(service: &str, url: &str) -> Response {
    Call::new("GET", url).header("authorization", &SIGNED.replace("SERVICE", service)).send()
}

/// SHA-256 of the code that a function runs, as a release has it.
fn code_of(endpoint: &str, function: &str) -> String {
    let url = format!("{endpoint}/2015-03-31/functions/{function}/configuration");
    let answer = signed("lambda", &url).json();
    let bytes = BASE64_STANDARD.decode(answer["CodeSha256"].as_str().unwrap()).unwrap();
    hex::encode(bytes)
}

/// Every object that a release names: code, template sources, sites.
fn objects(release: &Value) -> BTreeSet<String> {
    let services = release["services"].as_object().unwrap().values();
    let keys = services.flat_map(|one| [&one["code"]["key"], &one["sources"]["key"], &one["site"]["key"]]);
    keys.filter_map(|key| key.as_str().map(str::to_owned)).collect()
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
    let stage = format!("http://127.0.0.1:{STAGE}");
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
    for (service, function) in [("todos", "getTodos"), ("files", "getTodoFiles")] {
        let code = &from["services"][service]["code"];
        assert_eq!(code, &to["services"][service]["code"]);
        let sha256 = code["sha256"].as_str().unwrap();
        assert_eq!(code_of(&repository.endpoint(), &format!("todo-scratch-{service}-{function}")), sha256);
        assert_eq!(code_of(&stage, &format!("todo-stage-{service}-{function}")), sha256, "the very bytes run there");
    }
    assert_eq!(from["services"]["frontend"]["site"], to["services"]["frontend"]["site"]);
    let memory = |release: &Value| release["services"]["todos"]["literals"]["functions.getTodos.memory"].clone();
    assert_eq!((memory(&from), memory(&to)), (256.into(), 512.into()));

    let again = repository.xtask(&["promote", "--from", "scratch", "--to", "stage", "--yes", "--json"]).ok();
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&again["changed"], &again["release"]), (&Value::from(false), &Value::Null));
}

#[test]
fn a_rollback_brings_other_code_back_and_what_nobody_needs_is_collected() {
    let repository = Repository::new();
    repository.own("functions");
    repository.deploy();
    for text in ["the second code", "the third code"] {
        repository.edit(SOURCE, if text.contains("second") { TEXT } else { "the second code" }, text);
        repository.deploy();
    }
    assert!(answer(&repository).contains("the third code"));
    let all = releases(&repository, FROM);
    let (third, second, first) = (&all[0], &all[1], &all[2]);
    let zip = |release: &Value| release["services"]["todos"]["code"].clone();
    assert!(zip(first) != zip(second) && zip(second) != zip(third));

    // Nothing is asked and nothing is written where a release is what runs already.
    let same = repository.xtask(&["rollback", "--to", "3", "--json"]).ok();
    let same: Value = serde_json::from_str(&same.stdout).unwrap();
    assert_eq!((&same["changed"], &same["release"]), (&Value::from(false), &Value::Null));

    repository.xtask(&["rollback", "--to", "2", "--yes"]).ok();
    eventually("the code of release 2 answers", || answer(&repository).contains("the second code").then_some(()));
    let function = "todo-scratch-todos-getTodos";
    assert_eq!(code_of(&repository.endpoint(), function), zip(second)["sha256"].as_str().unwrap());

    // Of four releases the last two stay: the rollback and the third. What only the first names goes.
    let bucket = bucket(&repository);
    let there = |key: &str| signed("s3", &format!("{}/{bucket}/{key}", repository.endpoint())).status == 200;
    let kept: BTreeSet<String> = objects(&releases(&repository, FROM)[0]).union(&objects(third)).cloned().collect();
    let gone: BTreeSet<String> = objects(first).difference(&kept).cloned().collect();
    assert!(gone.contains(zip(first)["key"].as_str().unwrap()), "{gone:?}");
    assert!(kept.iter().chain(&gone).all(|key| there(key)));
    let prune = ["releases", "prune", "--keep", "2", "--days", "0", "--json"];
    let asked = repository.xtask(&prune).failed(3);
    assert!(asked.contains("2 releases and"), "{asked}");
    assert!(gone.iter().all(|key| there(key)), "a declined collection deletes nothing");
    let pruned = repository.xtask(&[&prune[..], &["--yes"]].concat()).ok();
    let pruned: Value = serde_json::from_str(&pruned.stdout).unwrap();
    assert_eq!(
        pruned["releases"],
        serde_json::json!([
            {"environment": "scratch", "id": 2},
            {"environment": "scratch", "id": 1},
        ])
    );
    let listed: BTreeSet<&str> = pruned["objects"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(gone.iter().all(|key| listed.contains(key.as_str()) && !there(key)), "{listed:?}");
    assert!(kept.iter().all(|key| there(key)), "what runs and what the last two releases name stays");
    assert_eq!(ids(&releases(&repository, FROM)), [4, 3]);

    // What stays is whole: no deploy has to build, and the way back works; what went is named.
    assert_eq!(repository.xtask(&["rollback", "--to", "1", "--yes"]).code, 1);
    repository.xtask(&["rollback", "--to", "3", "--yes"]).ok();
    eventually("the code of release 3 answers", || answer(&repository).contains("the third code").then_some(()));
    assert_eq!(code_of(&repository.endpoint(), function), zip(third)["sha256"].as_str().unwrap());
    assert_eq!(repository.deploy()["changed"], false, "the clone is what runs");
}

#[test]
fn bytes_that_are_not_the_releases_are_refused_before_the_first_write() {
    let repository = Repository::new();
    repository.own("functions");
    repository.deploy();
    repository.edit(SOURCE, TEXT, "the second code");
    repository.deploy();
    let zip = releases(&repository, FROM)[1]["services"]["todos"]["code"].clone();
    let (key, sha256) = (zip["key"].as_str().unwrap(), zip["sha256"].as_str().unwrap());
    let url = format!("{}/{}/{key}", repository.endpoint(), bucket(&repository));
    let put = Call::new("PUT", &url).header("authorization", &SIGNED.replace("SERVICE", "s3"));
    let forged = put.header("x-amz-meta-sha256", sha256).body(b"something else").send();
    assert_eq!(forged.status, 200, "{}", forged.text());
    let refused = repository.xtask(&["rollback", "--yes"]).failed(1);
    assert!(refused.contains(&format!("{key}` has other bytes than the release")), "{refused}");
    assert!(answer(&repository).contains("the second code"), "nothing was changed");
    assert_eq!(ids(&releases(&repository, FROM)), [2, 1]);
}
