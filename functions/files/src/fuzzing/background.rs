//! The events of other services, from their bytes to the end of the handler. Nothing that AWS does not do is said to be
//! done: the services can't be reached.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::error::chain;
use tokio::time::Instant;

use super::deaf::{PARTS, outcome};
use crate::event::{DeletedTodo, Message, ObjectCreated, TableChange, records};
use crate::folder::Folder;
use crate::reconcile::order::Order;
use crate::{confirm, forward, purge, queue};

/// The event and its records, if it is an event of this kind at all.
fn event<R: DeserializeOwned>(data: &[u8]) -> Option<(Value, Vec<R>)> {
    let event: Value = serde_json::from_slice(data).ok()?;
    let records = records(event.clone()).ok()?;
    Some((event, records))
}

/// A notification of S3: an object of ours is looked for, every other one is left alone.
pub(super) fn notification(data: &[u8]) {
    let Some((event, created)) = event::<ObjectCreated>(data) else { return };
    let keys: Vec<String> = created.iter().map(ObjectCreated::key).collect();
    let ours = keys.iter().any(|key| Folder::of_object_key(key).is_some());
    let Some(done) = outcome(confirm::handle(&PARTS.store, &PARTS.objects, event)) else { return };
    match done {
        Ok(done) => {
            assert!(!ours);
            assert_eq!(done.detail, json!({"confirmed": 0, "deleted": 0, "ignored": keys.len()}));
        }
        Err(error) => assert!(ours, "{error:?}"),
    }
}

/// An operator's order: it is refused as one, or it names a place from which a walk can go on again and again, and leaves alone
/// what is younger than it says.
pub(super) fn order(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(data) else { return };
    match Order::read(event).and_then(|order| Ok((order.from()?, order))) {
        Ok((position, order)) => {
            let Ok(text) = position.encode() else { panic!("{position:?} has no text") };
            let again = Order::read(json!({"from": text})).and_then(|order| order.from());
            assert_eq!(again.ok(), Some(position));
            let now = Timestamp::UNIX_EPOCH;
            assert!(order.cutoff(now) <= order.unconfirmed_cutoff(now) && order.unconfirmed_cutoff(now) <= now);
        }
        Err(error) => assert!(chain(&error).contains("is no order"), "{error:?}"),
    }
}

/// A batch of the stream: exactly the deleted todos are told, in words that the purge understands.
pub(super) fn stream(data: &[u8]) {
    let Some((event, changes)) = event::<TableChange>(data) else { return };
    let mut told = 0;
    for change in &changes {
        let Some(folder) = forward::folder(change) else { continue };
        told += 1;
        let Ok(message) = queue::message(&folder) else { panic!("no message for {change:?}") };
        let Ok(deleted) = serde_json::from_str::<DeletedTodo<'_>>(&message) else { panic!("unreadable: {message}") };
        assert_eq!(change.removed(), Some((deleted.user_id.as_ref(), deleted.todo_id.as_ref())));
        assert!(Folder::parse(&deleted.user_id, &deleted.todo_id).is_some());
    }
    let Some(done) = outcome(forward::handle(&PARTS.queue, event)) else { return };
    match done {
        Ok(done) => assert_eq!((told, done.detail), (0, json!({"records": changes.len(), "forwarded": 0}))),
        Err(error) => assert!(told > 0, "{error:?}"),
    }
}

/// Messages of the purge queue: every one comes again, since nothing could be deleted.
pub(super) fn messages(data: &[u8]) {
    let Some((event, messages)) = event::<Message>(data) else { return };
    for todo in messages.iter().filter_map(|message| message.todo().ok()) {
        let written = serde_json::to_string(&todo).unwrap_or_default();
        assert_eq!(serde_json::from_str::<DeletedTodo<'_>>(&written).ok().as_ref(), Some(&todo));
    }
    let end = Instant::now() + Duration::from_mins(1);
    let Some(done) = outcome(purge::handle(&PARTS.store, &PARTS.objects, event, end)) else { return };
    let Ok(done) = done else { panic!("the batch failed as a whole: {done:?}") };
    let failures: Vec<Value> = messages.iter().map(|message| json!({"itemIdentifier": message.message_id})).collect();
    assert_eq!(done.failed, !failures.is_empty());
    assert_eq!(done.answer, json!({"batchItemFailures": failures}));
}
