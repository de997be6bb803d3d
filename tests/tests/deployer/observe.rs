//! What the deployer tells of an environment: its state, its logs, its drift, and what took how long.

use serde_json::{Value, json};
use tests::{Call, eventually};

use crate::repository::Repository;

fn data(repository: &Repository, args: &[&str]) -> Value {
    serde_json::from_str(&repository.xtask(args).ok().stdout).unwrap()
}

/// Changes a function past its stack. The emulator looks at the signature's credentials alone.
fn set_memory(endpoint: &str, function: &str, memory: u32) {
    let url = format!("{endpoint}/2015-03-31/functions/{function}/configuration");
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/lambda/aws4_request";
    let call = Call::new("PUT", &url).header("authorization", &format!("{scope}, SignedHeaders=host, Signature=0"));
    assert_eq!(call.json(&json!({"MemorySize": memory})).send().status, 200);
}

#[test]
fn an_environment_is_told_at_a_glance_and_one_that_cannot_be_reached_spoils_nothing() {
    let repository = Repository::new();
    repository.xtask(&["local", "start"]).ok();
    let before = repository.xtask(&["status", "--env", "scratch"]).ok().stdout;
    assert!(before.contains("nothing deployed"), "{before}");
    let outputs = repository.deploy()["outputs"].clone();
    let all = data(&repository, &["status", "--json"]);
    let of = |name: &str| all.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let scratch = of("scratch");
    let stacks = scratch["stacks"].as_array().unwrap();
    assert_eq!(stacks.len(), outputs.as_object().unwrap().len());
    assert!(stacks.iter().all(|stack| stack["status"] == "CREATE_COMPLETE"), "{scratch}");
    assert_eq!(scratch["urls"]["frontend.SiteUrl"], outputs["frontend"]["SiteUrl"]);
    assert!(scratch["release"]["action"]["kind"] == "deploy", "{scratch}");
    assert_eq!((&scratch["alarms"], &scratch["unknown"]), (&json!([]), &Value::Null));
    assert!(of("prod")["error"].is_string(), "{all}");
    repository.xtask(&["local", "stop"]).ok();
    let none = repository.xtask(&["status", "--env", "scratch"]).failed(1);
    assert!(none.contains("no environment could be looked at"), "{none}");
}

#[test]
fn logs_show_a_request_by_its_id_and_a_timeline_has_every_stack() {
    let repository = Repository::new();
    let report = repository.deploy();
    repository.xtask(&["invoke", "reconcileFiles"]).ok();
    repository.xtask(&["invoke", "reconcileFiles"]).ok();
    let logs = |args: &[&str]| -> Vec<Value> {
        let ran = repository.xtask(&[&["logs", "--json"], args].concat()).ok();
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let own = |lines: &[Value]| {
        let ids = lines.iter().filter_map(|line| line["event"]["requestId"].as_str());
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    let ids = eventually("both calls are logged", || Some(own(&logs(&[]))).filter(|ids| ids.len() == 2));
    let found = logs(&["--filter", &format!("\"{}\"", ids[0])]);
    assert_eq!(own(&found), [ids[0].clone()]);
    assert!(found.iter().all(|line| line["function"] == "reconcileFiles"), "{found:?}");
    let text = repository.xtask(&["logs", "--function", "reconcileFiles"]).ok().stdout;
    assert!(
        text.lines().any(|line| line.contains("INFO") && line.contains(&format!("requestId={}", ids[1]))),
        "{text}"
    );
    assert!(logs(&["--service", "todos"]).is_empty());

    let timeline = data(&repository, &["timeline", "--json"]);
    let spans = timeline["run"]["spans"].as_array().unwrap();
    for service in report["stacks"].as_object().unwrap().keys() {
        let name = format!("todo-scratch-{service}");
        let number = spans.iter().position(|span| span["kind"] == "stack" && span["name"] == name);
        let number = number.unwrap_or_else(|| panic!("no `{name}` in {timeline}"));
        assert_eq!(spans[number]["outcome"], "created");
        assert!(
            spans.iter().any(|span| span["kind"] == "resource" && span["parent"] == number),
            "{name} has resources"
        );
    }
    for kind in ["prepare", "upload", "site_build", "sync"] {
        assert!(spans.iter().any(|span| span["kind"] == kind), "no {kind} in {timeline}");
    }
    let whole = timeline["run"]["millis"].as_u64().unwrap();
    assert!(timeline["criticalPath"]["millis"].as_u64().unwrap() <= whole);
}

#[test]
fn a_function_changed_past_its_stack_is_drift_until_it_is_put_back() {
    let repository = Repository::new();
    repository.deploy();
    let clean = repository.xtask(&["drift"]).ok().stdout;
    assert!(clean.contains("todo-scratch-todos: in sync") && clean.contains("without drift detection"), "{clean}");
    let endpoint = data(&repository, &["outputs", "--json"])["aws"]["endpoint"].as_str().unwrap().to_owned();
    set_memory(&endpoint, "todo-scratch-todos-getTodo", 512);
    let found = repository.xtask(&["drift", "--json"]);
    assert_eq!(found.code, 4, "{}", found.stderr);
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    let stacks = report["stacks"].as_array().unwrap();
    let drifted: Vec<&Value> = stacks.iter().flat_map(|stack| stack["drifted"].as_array().unwrap()).collect();
    assert_eq!(drifted.len(), 1, "{report}");
    let difference = &drifted[0]["differences"][0];
    assert_eq!((&difference["expected"], &difference["actual"]), (&json!("256"), &json!("512")), "{report}");
    let known = data(&repository, &["status", "--env", "scratch", "--json"]);
    let drift = |service: &str| {
        let stacks = known[0]["stacks"].as_array().unwrap();
        stacks.iter().find(|stack| stack["service"] == service).unwrap()["drift"].clone()
    };
    assert_eq!((drift("todos"), drift("files")), (json!("DRIFTED"), json!("IN_SYNC")));
    assert_eq!(repository.xtask(&["drift", "--service", "files"]).code, 0);
    set_memory(&endpoint, "todo-scratch-todos-getTodo", 256);
    repository.xtask(&["drift"]).ok();
}
