//! What is found and repaired, what is left alone, and what ends a run.

use shared::refusals::{COMMON, Class, DYNAMODB, S3};

use super::world::{folder, key, long_ago};
use super::*;

/// A world with one of each finding, among files as they should be.
pub(super) fn one_of_each() -> World {
    let world = World::default();
    for number in 1..=4 {
        world.file(number, 1).file(number, 2);
    }
    world.object(&key(2, 9), long_ago());
    world.available(3, 9);
    world.available(7, 1).object(&key(7, 1), long_ago());
    world
}

pub(super) fn found(answer: &Value) -> [u64; 3] {
    ["objectsWithoutRecord", "recordsWithoutObject", "filesWithoutTodo"]
        .map(|name| answer["found"][name].as_u64().unwrap_or(99))
}

#[tokio::test]
async fn a_dry_run_names_each_finding_and_writes_nothing() {
    let world = one_of_each();
    let answer = world.run(json!({})).await.expect("an answer");
    let expected = json!({
        "dryRun": true,
        "olderThan": 86_400,
        "examined": {"objects": 10, "records": 10, "todos": 5, "foreign": 0},
        "found": {"unconfirmedUploads": 0, "objectsWithoutRecord": 1, "recordsWithoutObject": 1, "filesWithoutTodo": 1},
        "repaired": 0,
        "findings": [
            {"finding": "objectWithoutRecord", "key": key(2, 9)},
            {"finding": "recordWithoutObject", "key": key(3, 9)},
            {"finding": "filesWithoutTodo", "key": folder(7).prefix()},
        ],
    });
    assert_eq!(answer, expected);
    assert!(world.state().writes.is_empty());
}

#[tokio::test]
async fn a_run_repairs_what_the_dry_run_found_and_nothing_else() {
    let world = one_of_each();
    let answer = world.run(json!({"dryRun": false})).await.expect("an answer");
    assert_eq!((found(&answer), &answer["repaired"]), ([1, 1, 1], &json!(3)));
    {
        let state = world.state();
        assert!(!state.objects.contains_key(&key(2, 9)));
        assert_eq!((state.objects.len(), state.records.len()), (9, 9));
        let purge = format!(r#"{{"userID":"alice","todoID":"{}"}}"#, folder(7).todo_id);
        assert_eq!(state.purges, [purge]);
    }
    // The purge is another function's work.
    world.todo(7);
    assert_eq!(found(&world.run(json!({})).await.expect("an answer")), [0, 0, 0]);
}

#[tokio::test]
async fn what_is_younger_than_the_grace_is_left_alone() {
    let (world, now) = (World::default(), Timestamp::now());
    world.object(&key(1, 1), now);
    world.record(2, 1, "available", now, None);
    world.record(3, 1, "available", now, None).object(&key(3, 1), now);
    // The folder is as young as its newest file.
    world.available(4, 1).object(&key(4, 1), long_ago()).record(4, 2, "available", now, None).object(&key(4, 2), now);
    assert_eq!(found(&world.run(json!({})).await.expect("an answer")), [0, 0, 0]);
    assert_eq!(found(&world.run(json!({"olderThan": 0})).await.expect("an answer")), [1, 1, 3]);
}

#[tokio::test]
async fn announcements_tombstones_and_what_is_foreign_are_left_alone() {
    let (world, now) = (World::default(), Timestamp::now());
    let later = now.as_second() + 60;
    // An upload that may be on its way, and one that never came.
    world.todo(1).record(1, 1, "pending", long_ago(), Some(later));
    world.record(1, 2, "pending", long_ago(), Some(now.as_second() - 60));
    // A purge that has begun.
    world.available(2, 1).object(&key(2, 1), long_ago()).item(&folder(2).partition(), "tombstone", [].into());
    // What no version of this service has written.
    world.object("readme.txt", long_ago()).item("nobody", "x", [].into()).item(&folder(3).partition(), "x", [].into());
    world.record(4, 1, "lost", long_ago(), None).object(&key(4, 1), long_ago());
    let answer = world.run(json!({"dryRun": false})).await.expect("an answer");
    assert_eq!((found(&answer), &answer["examined"]["foreign"]), ([0, 0, 0], &json!(4)));
    assert!(world.state().writes.is_empty());
}

fn unconfirmed(answer: &Value) -> (u64, [u64; 3]) {
    (answer["found"]["unconfirmedUploads"].as_u64().unwrap_or(99), found(answer))
}

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() - minutes * 60).expect("a time")
}

#[tokio::test]
async fn an_upload_whose_event_was_lost_is_confirmed_long_before_its_announcement_ends() {
    let (world, later) = (World::default(), Timestamp::now().as_second() + 60);
    world.todo(1).record(1, 1, "pending", minutes_ago(30), Some(later)).object(&key(1, 1), minutes_ago(16));
    let dry = world.run(json!({})).await.expect("an answer");
    assert_eq!(unconfirmed(&dry), (1, [0, 0, 0]));
    assert_eq!(dry["findings"], json!([{"finding": "unconfirmedUpload", "key": key(1, 1)}]));
    assert!(world.state().writes.is_empty());
    let answer = world.run(json!({"dryRun": false})).await.expect("an answer");
    assert_eq!((unconfirmed(&answer), &answer["repaired"]), ((1, [0, 0, 0]), &json!(1)));
    assert_eq!(world.state().writes, ["confirm"]);
    assert_eq!(unconfirmed(&world.run(json!({"dryRun": false})).await.expect("an answer")), (0, [0, 0, 0]));
    assert!(world.state().objects.contains_key(&key(1, 1)));
}

#[tokio::test]
async fn an_upload_whose_event_may_still_come_is_left_alone() {
    let (world, later) = (World::default(), Timestamp::now().as_second() + 60);
    world.todo(1).record(1, 1, "pending", minutes_ago(30), Some(later)).object(&key(1, 1), minutes_ago(14));
    assert_eq!(unconfirmed(&world.run(json!({"dryRun": false})).await.expect("an answer")), (0, [0, 0, 0]));
    assert!(world.state().writes.is_empty());
    let answer = world.run(json!({"dryRun": false, "olderThan": 0})).await.expect("an answer");
    assert_eq!(unconfirmed(&answer), (1, [0, 0, 0]));
}

#[tokio::test]
async fn an_upload_to_a_deleted_todo_goes_as_its_event_would_have_made_it_go() {
    let (world, later) = (World::default(), Timestamp::now().as_second() + 60);
    world.record(1, 1, "pending", minutes_ago(30), Some(later)).object(&key(1, 1), minutes_ago(16));
    world.item(&folder(1).partition(), "tombstone", [].into());
    let answer = world.run(json!({"dryRun": false})).await.expect("an answer");
    assert_eq!(unconfirmed(&answer), (0, [1, 0, 0]));
    assert_eq!(world.state().writes, ["confirm", "delete an object"]);
    assert!(world.state().objects.is_empty());
}

#[tokio::test]
async fn an_object_whose_announcement_is_over_goes_after_its_record() {
    let world = World::default();
    let over = Timestamp::now().as_second() - 60;
    world.todo(1).record(1, 1, "pending", long_ago(), Some(over)).object(&key(1, 1), long_ago());
    assert_eq!(found(&world.run(json!({})).await.expect("an answer")), [1, 0, 0]);
    assert!(world.state().writes.is_empty());
    world.run(json!({"dryRun": false})).await.expect("an answer");
    assert_eq!(world.state().writes, ["delete a record", "delete objects"]);
    assert!(world.state().objects.is_empty() && world.state().records.is_empty());
}

#[tokio::test]
async fn a_lookup_that_fails_in_any_way_ends_the_run_and_counts_as_nothing() {
    let table: Vec<Class> = DYNAMODB.into_iter().chain(COMMON).collect();
    for call in ["list", "read records", "scan", "list a folder", "read todos", "query"] {
        let classes = if call.starts_with("list") { &S3[..] } else { &table };
        for (class, ..) in classes {
            let world = one_of_each();
            world.refuse(call, class);
            assert!(world.run(json!({"dryRun": false})).await.is_err(), "{call}: {class}");
            let allowed: &[&str] = match call {
                // Up to here all lookups were answered.
                "scan" | "list a folder" | "read todos" => &["delete objects"],
                "query" => &["delete objects", "delete a record"],
                _ => &[],
            };
            assert_eq!(world.state().writes, allowed, "{call}: {class}");
            assert!(world.state().purges.is_empty());
        }
    }
}

#[tokio::test]
async fn the_log_is_told_counts_and_no_keys() {
    let mut report = Report::default();
    let seen = Seen::default();
    seen.found(report::Finding::RecordWithoutObject, vec![key(1, 1)], true);
    report.add(seen);
    let order = Order::read(json!({"dryRun": false})).expect("an order");
    let told = report.counts(&order, true).to_string();
    assert!(!told.contains("alice") && told.contains(r#""recordsWithoutObject":1"#), "{told}");
}

#[tokio::test]
async fn only_the_first_findings_are_named() {
    let world = World::default();
    for file in 1..=25 {
        world.object(&key(1, file), long_ago());
    }
    let answer = world.run(json!({})).await.expect("an answer");
    assert_eq!((found(&answer), answer["findings"].as_array().map(Vec::len)), ([25, 0, 0], Some(20)));
}
