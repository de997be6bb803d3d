//! What each function does with all of its rights, in one go. An exercise says how the function failed; any other answer
//! than success and the failures that missing rights lead to ends the test.

use serde_json::{Value, json};
use tests::roles::Role;
use tests::routes::EMPTY;
use tests::upload::{list, put, request, unconfirm};
use tests::{Deployment, Response, User, aws, eventually};
use uuid::Uuid;

/// How a function fails that lacks a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 500 with the app's own error.
    Internal,
    /// The function does not even start.
    Start,
    /// The storage refuses a presigned upload.
    Storage,
    /// The event failed, or a message of it.
    Event(String),
}

pub(crate) type Outcome = Result<(), Refusal>;
pub(crate) type Exercise = fn(&World, &Role) -> Outcome;

/// A user with a todo to work on.
pub(crate) struct World {
    user: User,
    todo: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let user = User::new("rights");
        let todo = user.add_titled("to work on");
        Self { user, todo }
    }

    fn folder(&self, todo: &str) -> String {
        format!("{}/{todo}", self.user.sub)
    }
}

/// One exercise per function.
pub(crate) fn exercises() -> [(&'static str, Exercise); 14] {
    [
        ("getTodos", |world, _| expect(&world.user.todos("GET", "").send(), 200)),
        ("getTodo", |world, _| expect(&world.user.todos("GET", &format!("/{}", world.todo)).send(), 200)),
        ("addTodo", add),
        ("updateTodo", |world, _| edit(world, "PATCH", "", &[json!({"title": "t"}), due(1), due(2)])),
        ("completeTodo", |world, _| edit(world, "POST", "/complete", &[json!({}), json!({"completed": false})])),
        ("addTodoNotes", |world, _| edit(world, "POST", "/addnotes", &[json!({"notes": "n"})])),
        ("deleteTodo", |world, _| {
            let todo = world.user.add_titled("to delete");
            expect(&world.user.todos("DELETE", &format!("/{todo}/delete")).send(), 204)
        }),
        ("getTodoFiles", get_files),
        ("addTodoFiles", add_file),
        ("deleteTodoFiles", |world, _| {
            let file = announced(world, &world.todo);
            expect(&world.user.files("DELETE", &format!("/{}/files/{file}/delete", world.todo)).send(), 204)
        }),
        ("confirmUpload", confirm),
        ("forwardTodoDeletions", forward),
        ("purgeTodoFiles", purge),
        ("reconcileFiles", reconcile),
    ]
}

fn due(day: u32) -> Value {
    json!({"dateDue": format!("2030-01-{day:02}")})
}

fn expect(answer: &Response, status: u16) -> Outcome {
    if answer.status == status {
        return Ok(());
    }
    assert!([500, 502, 503].contains(&answer.status), "{} {}", answer.status, answer.text());
    if answer.json()["error"]["code"] == "internal" { Err(Refusal::Internal) } else { Err(Refusal::Start) }
}

/// A key that is sent again makes the function read what it has written.
fn add(world: &World, _: &Role) -> Outcome {
    let key = Uuid::new_v4().to_string();
    let call = || world.user.todos("POST", "/add").header("idempotency-key", &key).json(&json!({"title": "added"}));
    expect(&call().send(), 201)?;
    expect(&call().send(), 201)
}

fn edit(world: &World, method: &'static str, tail: &str, bodies: &[Value]) -> Outcome {
    let path = format!("/{}{tail}", world.todo);
    bodies.iter().try_for_each(|body| expect(&world.user.todos(method, &path).json(body).send(), 200))
}

/// The signing key is read once per execution environment.
fn get_files(world: &World, role: &Role) -> Outcome {
    aws::start_anew(&role.full_name);
    expect(&world.user.files("GET", &format!("/{}/files", world.todo)).send(), 200)
}

/// The presigned upload has the function's right to put objects.
fn add_file(world: &World, _: &Role) -> Outcome {
    let answer = request(&world.user, &world.todo, "a.txt", b"bytes");
    expect(&answer, 201)?;
    let stored = put(&answer.json()["upload"], b"bytes");
    assert!([200, 403].contains(&stored.status), "{} {}", stored.status, stored.text());
    if stored.status == 200 { Ok(()) } else { Err(Refusal::Storage) }
}

/// Announces a file of no bytes and returns its id.
fn announced(world: &World, todo: &str) -> String {
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 0, "sha256": EMPTY});
    let answer = world.user.files("POST", &format!("/{todo}/files/upload")).json(&body).send().expect(201);
    answer["file"]["fileID"].as_str().unwrap().to_owned()
}

fn run(role: &Role, event: &Value) -> Outcome {
    let answer = aws::invoke(&role.full_name, event).map_err(Refusal::Event)?;
    match answer["batchItemFailures"].as_array().map_or(0, Vec::len) {
        0 => Ok(()),
        failed => Err(Refusal::Event(format!("{failed} messages failed"))),
    }
}

/// An announced object, twice; one that nobody has announced, which goes; and one that has gone already. The bucket tells
/// of the first two by itself too: whichever comes first, the other finds it done.
fn confirm(world: &World, role: &Role) -> Outcome {
    let bucket = Deployment::get().output("files", "BucketName");
    let key = format!("{}/{}", world.folder(&world.todo), announced(world, &world.todo));
    let stray = format!("{}/{}", world.folder(&world.todo), Uuid::now_v7());
    let absent = format!("{}/{}", world.folder(&world.todo), Uuid::now_v7());
    aws::put_object(bucket, &key, b"");
    aws::put_object(bucket, &stray, b"");
    for key in [&key, &key, &stray, &absent] {
        run(
            role,
            &json!({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key, "size": 0}}}]}),
        )?;
    }
    let id = key.rsplit('/').next().unwrap();
    assert!(list(&world.user, &world.todo).iter().any(|file| file["fileID"] == id && file["status"] == "available"));
    assert_eq!(aws::keys(bucket, &stray), [""; 0]);
    let _ = world.user.files("DELETE", &format!("/{}/files/{id}/delete", world.todo)).send().expect(204);
    Ok(())
}

fn forward(world: &World, role: &Role) -> Outcome {
    let keys = json!({"userID": {"S": world.user.sub}, "todoID": {"S": Uuid::now_v7()}});
    run(role, &json!({"Records": [{"eventName": "REMOVE", "dynamodb": {"Keys": keys}}]}))
}

fn purge(world: &World, role: &Role) -> Outcome {
    let todo = Uuid::now_v7().to_string();
    let file = announced(world, &todo);
    let bucket = Deployment::get().output("files", "BucketName");
    aws::put_object(bucket, &format!("{}/{file}", world.folder(&todo)), b"");
    let body = json!({"userID": world.user.sub, "todoID": todo}).to_string();
    run(role, &json!({"Records": [{"messageId": "1", "body": body}]}))?;
    assert_eq!(aws::keys(bucket, &world.folder(&todo)), [""; 0]);
    assert_eq!(list(&world.user, &todo), Vec::<Value>::new());
    Ok(())
}

/// A file that is there: its record and its object.
fn attached(world: &World, todo: &str) -> String {
    let file = announced(world, todo);
    aws::put_object(Deployment::get().output("files", "BucketName"), &format!("{}/{file}", world.folder(todo)), b"");
    eventually("the upload is confirmed", || {
        let files = list(&world.user, todo);
        files.iter().any(|one| one["fileID"] == file.as_str() && one["status"] == "available").then_some(())
    });
    file
}

/// A file that lost its record, one that lost its object, one whose todo never was, and two that nobody has confirmed, of
/// which one has another length than announced.
fn reconcile(world: &World, role: &Role) -> Outcome {
    let bucket = Deployment::get().output("files", "BucketName");
    let todo = world.user.add_titled("to reconcile");
    let (without_record, without_object) = (attached(world, &todo), attached(world, &todo));
    let owner = format!("{}#{todo}", world.user.sub);
    let key = json!({"ownerTodo": {"S": owner}, "fileID": {"S": without_record}});
    let table = Deployment::get().output("files", "TableName");
    let _ = aws::dynamodb("DeleteItem", &json!({"TableName": table, "Key": key}));
    aws::delete_object(bucket, &format!("{}/{without_object}", world.folder(&todo)));
    let _ = attached(world, &Uuid::now_v7().to_string());
    let waiting = world.user.add_titled("to confirm");
    let (whole, other_length) = (attached(world, &waiting), attached(world, &waiting));
    unconfirm(&world.user, &waiting, &whole, 0);
    unconfirm(&world.user, &waiting, &other_length, 1);
    run(role, &json!({"dryRun": false, "olderThan": 0}))?;
    assert_eq!(aws::keys(bucket, &world.folder(&todo)), [""; 0]);
    assert_eq!(list(&world.user, &todo), Vec::<Value>::new());
    assert_eq!(aws::keys(bucket, &world.folder(&waiting)), [format!("{}/{whole}", world.folder(&waiting))]);
    assert!(list(&world.user, &waiting).iter().any(|one| one["fileID"] == *whole && one["status"] == "available"));
    Ok(())
}
