//! Environments side by side: of branches, each to its own end; and one out of the backup of another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use tests::Call;

use crate::killed::kill_at;
use crate::repository::{PORT, Repository};

const A: &str = "feature/a";
const B: &str = "feature/b";

/// A call of the repository's own emulator, which takes its root's key by its name.
fn aws(service: &str, method: &'static str, path: &str, headers: &[(&str, &str)], body: &str) -> tests::Response {
    let scope = format!("test/20260101/eu-central-1/{service}/aws4_request");
    let credential = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let call = Call::new(method, format!("http://127.0.0.1:{PORT}{path}")).header("authorization", &credential);
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
    if body.is_empty() { call.exchange() } else { call.body(body).exchange() }
}

fn json_call(service: &str, target: &str, body: &Value) -> Value {
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
    aws(service, "POST", "/", &headers, &body.to_string()).expect(200)
}

fn users(pool: &str) -> usize {
    let answer = json_call("cognito-idp", "AWSCognitoIdentityProviderService.ListUsers", &json!({"UserPoolId": pool}));
    answer["Users"].as_array().unwrap().len()
}

fn outputs(repository: &Repository, branch: &str) -> Value {
    serde_json::from_str(&repository.xtask(&["outputs", "--branch", branch, "--json"]).ok().stdout).unwrap()
}

fn text<'a>(outputs: &'a Value, service: &str, name: &str) -> &'a str {
    outputs[service][name].as_str().unwrap()
}

/// Every output but those that all environments of a region have in common.
fn own(outputs: &Value) -> BTreeSet<String> {
    let services = outputs.as_object().unwrap().iter().filter(|(service, _)| *service != "aws");
    let values = services.flat_map(|(_, values)| values.as_object().unwrap().iter());
    let own = values.filter(|(name, _)| !["Endpoint", "UploadOrigin"].contains(&name.as_str()));
    own.map(|(_, value)| value.as_str().unwrap().to_owned()).collect()
}

fn list(repository: &Repository) -> Vec<Value> {
    serde_json::from_str(&repository.xtask(&["env", "list", "--json"]).ok().stdout).unwrap()
}

/// Lets an environment's time be over.
fn expire(record: &Value) {
    let mut record = record.clone();
    record.as_object_mut().unwrap().remove("state");
    record["expires"] = "2026-01-01T00:00:00Z".into();
    let name = record["environment"].as_str().unwrap().to_owned();
    let path = format!("/todo-artifacts-000000000000-eu-central-1/environments/000000000000/eu-central-1/{name}.json");
    assert_eq!(aws("s3", "PUT", &path, &[], &record.to_string()).status, 200);
}

fn collect(repository: &Repository) -> Value {
    serde_json::from_str(&repository.xtask(&["env", "gc", "--json"]).ok().stdout).unwrap()
}

#[test]
fn branches_have_environments_of_their_own_that_end_by_themselves() {
    let repository = Repository::new();
    repository.edit("config/app.yaml", "like: dev", "like: scratch");
    repository.deploy();

    let both = [A, B].map(|branch| repository.start(&["env", "up", "--branch", branch, "--owner", "ada"]));
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let (a, b) = (outputs(&repository, A), outputs(&repository, B));
    let common: Vec<String> = own(&a).intersection(&own(&b)).cloned().collect();
    assert!(own(&a).len() > 15 && common.is_empty(), "shared: {common:?}");

    let (pool_a, pool_b) = (text(&a, "auth", "UserPoolId"), text(&b, "auth", "UserPoolId"));
    let client = text(&a, "auth", "UserPoolClientId");
    let person = json!({"ClientId": client, "Username": "ada@example.com", "Password": "Correct-horse-1"});
    json_call("cognito-idp", "AWSCognitoIdentityProviderService.SignUp", &person);
    assert_eq!((users(pool_a), users(pool_b)), (1, 0), "a user of one is not known to the other");

    let all = list(&repository);
    let told: Vec<(&Value, &Value, &Value)> =
        all.iter().map(|one| (&one["branch"], &one["owner"], &one["state"])).collect();
    let (ada, live) = (Value::from("ada"), Value::from("live"));
    assert_eq!(told, [(&Value::from(A), &ada, &live), (&Value::from(B), &ada, &live)]);
    let (name_a, name_b) = (&all[0]["environment"], &all[1]["environment"]);

    expire(&all[0]);
    let dry: Value =
        serde_json::from_str(&repository.xtask(&["env", "gc", "--dry-run", "--json"]).ok().stdout).unwrap();
    assert_eq!(dry, json!({"destroyed": [name_a], "kept": [name_b], "failed": []}));
    repository.xtask(&["deploy", "--branch", A]).ok();
    assert_eq!(collect(&repository)["destroyed"], json!([]), "a deploy starts the clock anew");

    expire(&all[0]);
    assert_eq!(collect(&repository), json!({"destroyed": [name_a], "kept": [name_b], "failed": []}));
    let gone = repository.xtask(&["outputs", "--branch", A]).failed(1);
    assert!(gone.contains("has no stacks"), "{gone}");
    assert_eq!(outputs(&repository, B), b, "the other one is as it was");
    assert_eq!(repository.deploy()["changed"], false, "and so is what has a file");

    kill_at(repository.start(&["env", "down", "--branch", B, "--yes"]), "Deleted stack");
    let refused = repository.xtask(&["env", "up", "--branch", B]).failed(1);
    assert!(refused.contains("is being torn down"), "{refused}");
    assert_eq!(collect(&repository)["destroyed"], json!([name_b]), "an end that was killed is brought to its end");
    assert_eq!(list(&repository), Vec::<Value>::new());
    assert_eq!(repository.deploy()["changed"], false);
}

/// An item with one attribute of each type, by its key.
fn item(table: &Value, id: &str) -> Value {
    let [hash, range] = [0, 1].map(|place| table["KeySchema"][place]["AttributeName"].as_str().unwrap());
    let mut item = json!({
        "number": {"N": "12.5"}, "bytes": {"B": "AAEC"}, "truth": {"BOOL": true}, "nothing": {"NULL": true},
        "list": {"L": [{"S": "x"}, {"M": {"y": {"N": "1"}}}]}, "set": {"SS": ["a", "b"]},
    });
    item[hash] = json!({"S": format!("someone-{id}")});
    item[range] = json!({"S": id});
    item
}

fn dynamodb(action: &str, body: &Value) -> Value {
    json_call("dynamodb", &format!("DynamoDB_20120810.{action}"), body)
}

/// An item's attributes have no order.
fn items(table: &str) -> BTreeSet<String> {
    let found = dynamodb("Scan", &json!({"TableName": table}));
    let sorted = |item: &Value| item.as_object().unwrap().clone().into_iter().collect::<BTreeMap<_, _>>();
    found["Items"].as_array().unwrap().iter().map(|item| format!("{:?}", sorted(item))).collect()
}

fn table(deployed: &Value, service: &str) -> String {
    text(&deployed["outputs"], service, "TableName").to_owned()
}

#[test]
fn what_a_destroyed_environment_held_is_restored_into_a_new_one() {
    let repository = Repository::new();
    let deployed = repository.deploy();
    let (todos, bucket) = (table(&deployed, "todos"), text(&deployed["outputs"], "files", "BucketName"));
    let described = dynamodb("DescribeTable", &json!({"TableName": todos}))["Table"].clone();
    for number in 0..60 {
        let item = item(&described, &format!("{number:03}"));
        let _ = dynamodb("PutItem", &json!({"TableName": todos, "Item": item}));
    }
    // Keys that no upload has: the app leaves them alone.
    let headers = [("content-type", "text/plain"), ("cache-control", "max-age=7"), ("x-amz-meta-by", "ada")];
    for number in 0..130 {
        let path = format!("/{bucket}/notes/{number:03}");
        assert_eq!(aws("s3", "PUT", &path, &headers, &format!("note {number}")).status, 200);
    }
    let before = items(&todos);
    assert_eq!(before.len(), 60);

    let folder = repository.root().join("saved");
    let place = folder.to_str().unwrap();
    kill_at(repository.start(&["destroy", "--yes", "--backup", place]), "Saved table");
    assert!(!folder.join("manifest.json").exists(), "killed before the backup's end");
    repository.xtask(&["destroy", "--yes", "--backup", place]).ok();
    assert!(folder.join("manifest.json").is_file());
    let refused = repository.xtask(&["restore", "--env", "scratch", "--from", place, "--yes"]).failed(1);
    assert!(refused.contains("has no table"), "{refused}");

    let again = repository.deploy();
    let (todos, bucket) = (table(&again, "todos"), text(&again["outputs"], "files", "BucketName"));
    let restored = repository.xtask(&["restore", "--env", "scratch", "--from", place, "--yes"]).ok();
    assert!(restored.stderr.contains("60 items of 2 tables, 130 objects of 1 bucket"), "{}", restored.stderr);
    assert_eq!(items(&todos), before);
    let note = aws("s3", "GET", &format!("/{bucket}/notes/101"), &[], "");
    let told = ["content-type", "cache-control", "x-amz-meta-by"].map(|name| note.header(name));
    assert_eq!((note.text().as_str(), told), ("note 101", ["text/plain", "max-age=7", "ada"]));
    repository.xtask(&["restore", "--env", "scratch", "--from", place, "--yes"]).ok();

    let _ = dynamodb("PutItem", &json!({"TableName": todos, "Item": item(&described, "stranger")}));
    let refused = repository.xtask(&["restore", "--env", "scratch", "--from", place, "--yes"]).failed(1);
    assert!(refused.contains("holds 1 items that are not in the backup"), "{refused}");
    let full = repository.xtask(&["destroy", "--yes", "--backup", place]).failed(1);
    assert!(full.contains("nothing was deleted") && full.contains("holds the backup of `scratch`"), "{full}");
    assert_eq!(repository.deploy()["changed"], false);
    damage(&folder);
    let damaged = repository.xtask(&["restore", "--env", "scratch", "--from", place, "--yes"]).failed(1);
    assert!(damaged.contains("its SHA-256 differs"), "{damaged}");
}

/// Changes one byte of a part.
fn damage(folder: &Path) {
    let part = folder.join("tables/todos/Table/000001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    std::fs::write(part, text.replacen("12.5", "12.6", 1)).unwrap();
}
