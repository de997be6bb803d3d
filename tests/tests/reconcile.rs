//! `reconcileFiles` as its operator runs it. A run sees the whole environment, so this is a program of its own: cargo
//! runs one after the other, and nothing else changes the environment meanwhile.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tests::upload::{attach, list, unconfirm};
use tests::{Call, Deployment, User, aws, eventually};
use uuid::Uuid;

/// Calls the function by the deployer's command until it is done.
fn invoke(event: &Value) -> Output {
    let mut command = Command::new(std::env::var("E2E_XTASK").unwrap());
    command.args(["invoke", "--env", "test", "reconcileFiles", "--event", "-", "--until-done"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(event.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The one answer of a run: a small environment is done at once.
fn reconcile(dry: bool, older_than: u32) -> Value {
    let ran = invoke(&json!({"dryRun": dry, "olderThan": older_than}));
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn found(answer: &Value) -> [i64; 4] {
    ["unconfirmedUploads", "objectsWithoutRecord", "recordsWithoutObject", "filesWithoutTodo"]
        .map(|name| answer["found"][name].as_i64().unwrap())
}

/// Three users' losses, and files that nothing is wrong with.
struct Losses {
    user: User,
    todo: String,
    whole: Value,
    unconfirmed: Value,
    without_record: Value,
    without_object: Value,
    nowhere: String,
}

fn key(user: &User, todo: &str, file: &Value) -> String {
    format!("{}/{todo}/{}", user.sub, file["fileID"].as_str().unwrap())
}

impl Losses {
    fn new() -> Self {
        let user = User::new("losses");
        let todo = user.add_titled("with files");
        let attached = |name: &str| attach(&user, &todo, name, name.as_bytes());
        let (whole, without_record, without_object) = (attached("whole"), attached("no record"), attached("no object"));
        let unconfirmed = attached("no event");
        unconfirm(&user, &todo, unconfirmed["fileID"].as_str().unwrap(), "no event".len());
        let owner = format!("{}#{todo}", user.sub);
        let record = json!({"ownerTodo": {"S": owner}, "fileID": {"S": without_record["fileID"]}});
        let table = Deployment::get().output("files", "TableName");
        let _ = aws::dynamodb("DeleteItem", &json!({"TableName": table, "Key": record}));
        aws::delete_object(Deployment::get().output("files", "BucketName"), &key(&user, &todo, &without_object));
        // The files' API asks nobody whether there is such a todo: the two services do not call each other.
        let nowhere = Uuid::now_v7().to_string();
        let _ = attach(&user, &nowhere, "no todo", b"no todo");
        Self { user, todo, whole, unconfirmed, without_record, without_object, nowhere }
    }

    fn bytes(file: &Value) -> u16 {
        Call::new("GET", file["filePath"].as_str().unwrap()).send().status
    }

    fn names(&self) -> Vec<String> {
        list(&self.user, &self.todo).iter().map(|file| file["fileName"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_dry_run_finds_exactly_what_is_there_a_run_repairs_it_and_nothing_is_left_to_find() {
    // What the tests before this one have left, such as files that were announced on todos that were deleted.
    let _ = reconcile(false, 0);
    eventually("there is nothing to find", || (found(&reconcile(true, 0)) == [0; 4]).then_some(()));

    let losses = Losses::new();
    let dry = reconcile(true, 0);
    let expected = json!([
        {"finding": "objectWithoutRecord", "key": key(&losses.user, &losses.todo, &losses.without_record)},
        {"finding": "unconfirmedUpload", "key": key(&losses.user, &losses.todo, &losses.unconfirmed)},
        {"finding": "recordWithoutObject", "key": key(&losses.user, &losses.todo, &losses.without_object)},
        {"finding": "filesWithoutTodo", "key": format!("{}/{}/", losses.user.sub, losses.nowhere)},
    ]);
    assert_eq!((found(&dry), &dry["repaired"], &dry["findings"]), ([1; 4], &json!(0), &expected));
    assert_eq!(found(&reconcile(true, 0)), [1; 4], "a dry run has repaired something");
    // All of it is younger than the usual grace.
    assert_eq!(found(&reconcile(false, 86_400)), [0; 4]);
    assert_eq!(losses.names(), ["whole", "no object", "no event"]);
    assert_eq!(list(&losses.user, &losses.todo)[2]["status"], "pending");

    let (one, other) = (std::thread::spawn(|| reconcile(false, 0)), std::thread::spawn(|| reconcile(false, 0)));
    let repaired = [one, other].map(|run| run.join().unwrap()["repaired"].as_i64().unwrap());
    assert!(repaired.iter().sum::<i64>() >= 4, "{repaired:?}");
    eventually("the purge has ended the folder without a todo", || {
        list(&losses.user, &losses.nowhere).is_empty().then_some(())
    });
    assert_eq!(found(&reconcile(true, 0)), [0; 4]);
    assert_eq!(losses.names(), ["whole", "no event"]);
    assert_eq!(list(&losses.user, &losses.todo)[1]["status"], "available");
    assert_eq!(Losses::bytes(&losses.whole), 200);
    assert_ne!(Losses::bytes(&losses.without_record), 200);
}

#[test]
fn an_order_that_cannot_be_read_fails_the_command_and_says_why() {
    let ran = invoke(&json!({"dryrun": false}));
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{error}");
    assert!(error.contains("unknown field `dryrun`") && error.contains("--function files/reconcileFiles"), "{error}");
    assert!(ran.stdout.is_empty());
}
