//! What becomes of files whose todo goes when the functions behind it fail. It breaks roles and queues while it runs, so
//! it is a program of its own, and one test at a time holds the lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tests::queue::{Message, Queue};
use tests::roles::Role;
use tests::upload::{attach, list, put, request};
use tests::{Deployment, User, aws, eventually, logs};
use uuid::Uuid;

fn one_at_a_time() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn objects(user: &User, todo: &str) -> Vec<String> {
    aws::keys(Deployment::get().output("files", "BucketName"), &format!("{}/{todo}/", user.sub))
}

fn delete(user: &User, todo: &str) {
    assert_eq!(user.todos("DELETE", &format!("/{todo}/delete")).send().status, 204);
}

/// Waits for the message that names this; others stay.
fn dead_letter(queue: &Queue, name: &str) -> Message {
    eventually("a message reaches the dead-letter queue", || {
        queue.receive().into_iter().find(|message| message.body.contains(name))
    })
}

/// How often the function has failed on what this word names. Its log names messages, not users.
fn failures(function: &str, word: &str) -> usize {
    let group = format!("/aws/lambda/{}-files-{function}", Deployment::get().prefix());
    logs::of(&group, word).len()
}

#[test]
fn a_purge_that_keeps_failing_ends_in_the_dead_letter_queue_and_is_redriven() {
    let _lock = one_at_a_time();
    let (queue, dead) = (Queue::output("PurgeQueueUrl"), Queue::output("PurgeDeadLetterQueueUrl"));
    let user = User::new("orphans");
    let todo = user.add_titled("its purge fails");
    for name in ["a", "b"] {
        let _ = attach(&user, &todo, name, b"bytes");
    }
    let late = request(&user, &todo, "late", b"late").expect(201)["upload"].clone();

    let _impatient = queue.impatient();
    let role = Role::of("purgeTodoFiles");
    let broken = role.without("s3:DeleteObject");
    delete(&user, &todo);
    let message = dead_letter(&dead, &todo);
    assert_eq!(serde_json::from_str::<Value>(&message.body).unwrap(), json!({"userID": user.sub, "todoID": todo}));
    assert_eq!(objects(&user, &todo).len(), 2, "nothing is lost meanwhile");
    assert_eq!(request(&user, &todo, "new", b"new").status, 404, "and nothing is added");

    // The emulator has no StartMessageMoveTask: what that does is done by hand, as docs/operations.md tells.
    drop(broken);
    queue.send(&message.body);
    dead.delete(&message);
    eventually("the files are gone", || {
        (objects(&user, &todo).is_empty() && list(&user, &todo).is_empty()).then_some(())
    });
    assert!(dead.is_empty());

    // The same message once more changes nothing and fails nothing.
    queue.send(&message.body);
    eventually("the queue is empty", || queue.is_empty().then_some(()));
    assert!(dead.is_empty());
    assert_eq!(put(&late, b"late").status, 200, "an old address is still signed");
    eventually("what came late is deleted again", || objects(&user, &todo).is_empty().then_some(()));
    assert_eq!(list(&user, &todo), Vec::<Value>::new());
}

#[test]
fn a_message_that_never_succeeds_does_not_hold_up_the_others_and_is_tried_five_times() {
    let _lock = one_at_a_time();
    let (queue, dead) = (Queue::output("PurgeQueueUrl"), Queue::output("PurgeDeadLetterQueueUrl"));
    let user = User::new("batch");
    let todo = user.add_titled("purged beside a poisoned message");
    let _ = attach(&user, &todo, "a", b"bytes");

    let _impatient = queue.impatient();
    let poison = json!({"userID": user.sub, "todoID": format!("no id {}", Uuid::new_v4())}).to_string();
    let sent = aws::sqs(
        "SendMessageBatch",
        &json!({
            "QueueUrl": Deployment::get().output("files", "PurgeQueueUrl"),
            "Entries": [
                {"Id": "poison", "MessageBody": poison},
                {"Id": "good", "MessageBody": json!({"userID": user.sub, "todoID": todo}).to_string()},
            ],
        }),
    );
    let id = |name: &str| {
        let mut all = sent["Successful"].as_array().unwrap().iter();
        all.find(|entry| entry["Id"] == name).unwrap()["MessageId"].as_str().unwrap().to_owned()
    };
    eventually("the other is purged", || objects(&user, &todo).is_empty().then_some(()));
    let message = dead_letter(&dead, &poison);
    dead.delete(&message);
    let redrive: Value = serde_json::from_str(&queue.attribute("RedrivePolicy")).unwrap();
    let tries = failures("purgeTodoFiles", &id("poison"));
    assert_eq!(json!(tries).to_string(), redrive["maxReceiveCount"].to_string().replace('"', ""));
    assert_eq!(failures("purgeTodoFiles", &id("good")), 0);
}

#[test]
fn an_upload_that_cannot_be_confirmed_is_kept_as_a_notification_and_confirmed_later() {
    let _lock = one_at_a_time();
    let dead = Queue::output("ConfirmDeadLetterQueueUrl");
    let user = User::new("unconfirmed");
    let todo = user.add_titled("its upload is not confirmed");
    let role = Role::of("confirmUpload");
    let broken = role.without("dynamodb:UpdateItem");
    let answer = request(&user, &todo, "a", b"bytes").expect(201);
    assert_eq!(put(&answer["upload"], b"bytes").status, 200);
    let message = dead_letter(&dead, answer["file"]["fileID"].as_str().unwrap());
    assert_eq!(list(&user, &todo)[0]["status"], "pending");

    // Its source is a function and no queue, so that the notification goes to the function itself.
    drop(broken);
    let told: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(told["requestContext"]["condition"], "RetriesExhausted");
    aws::invoke(&role.full_name, &told["requestPayload"]).unwrap();
    dead.delete(&message);
    assert_eq!(list(&user, &todo)[0]["status"], "available");
}

#[test]
fn uploads_that_race_their_todos_deletion_leave_nothing() {
    let _lock = one_at_a_time();
    let user = User::new("races");
    let uploads: Vec<(String, Value)> = (0..8)
        .map(|_| {
            let todo = user.add_titled("raced");
            let upload = request(&user, &todo, "a", b"bytes").expect(201)["upload"].clone();
            (todo, upload)
        })
        .collect();
    std::thread::scope(|scope| {
        for (todo, upload) in &uploads {
            scope.spawn(|| assert_eq!(put(upload, b"bytes").status, 200));
            scope.spawn(|| delete(&user, todo));
        }
    });
    for (todo, upload) in &uploads {
        eventually("the todo is purged", || (request(&user, todo, "new", b"").status == 404).then_some(()));
        eventually("nothing is left of it", || {
            (objects(&user, todo).is_empty() && list(&user, todo).is_empty()).then_some(())
        });
        assert_eq!(put(upload, b"bytes").status, 200, "its address still works");
        eventually("what comes by it goes again", || objects(&user, todo).is_empty().then_some(()));
    }
}
