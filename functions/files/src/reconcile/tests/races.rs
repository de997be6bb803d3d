//! What happens between a look and a write.

use super::findings::{found, one_of_each};
use super::world::{folder, key, long_ago};
use super::*;

async fn repaired(world: &World) -> [u64; 3] {
    found(&world.run(json!({"dryRun": false})).await.expect("an answer"))
}

#[tokio::test]
async fn an_upload_confirmed_at_the_last_moment_keeps_its_object() {
    let world = World::default();
    let over = Timestamp::now().as_second() - 60;
    world.todo(1).record(1, 1, "pending", long_ago(), Some(over)).object(&key(1, 1), long_ago());
    world.before("delete a record", |state| {
        for item in state.records.values_mut() {
            item.remove("expiresAt");
            item.insert("status".to_owned(), shared::item::string("available"));
        }
    });
    assert_eq!(repaired(&world).await, [0, 0, 0]);
    assert!(world.state().objects.contains_key(&key(1, 1)));
}

#[tokio::test]
async fn a_record_is_not_made_to_claim_bytes_that_have_gone_since_they_were_listed() {
    let (world, later) = (World::default(), Timestamp::now().as_second() + 60);
    world.todo(1).record(1, 1, "pending", long_ago(), Some(later)).object(&key(1, 1), long_ago());
    world.before("list a folder", |state| state.objects.clear());
    assert_eq!(repaired(&world).await, [0, 0, 0]);
    assert!(world.state().writes.is_empty());
}

#[tokio::test]
async fn an_upload_that_its_own_event_confirms_meanwhile_is_no_finding() {
    let (world, later) = (World::default(), Timestamp::now().as_second() + 60);
    world.todo(1).record(1, 1, "pending", long_ago(), Some(later)).object(&key(1, 1), long_ago());
    world.before("confirm", |state| {
        for item in state.records.values_mut() {
            item.remove("expiresAt");
            item.insert("status".to_owned(), shared::item::string("available"));
        }
    });
    let answer = world.run(json!({"dryRun": false})).await.expect("an answer");
    assert_eq!(answer["found"]["unconfirmedUploads"], json!(0));
    assert_eq!(world.state().objects.len(), 1);
}

#[tokio::test]
async fn a_file_deleted_since_the_scan_is_no_finding() {
    let world = World::default();
    world.file(1, 1);
    world.before("list a folder", |state| {
        state.objects.clear();
        state.records.clear();
    });
    assert_eq!(found(&world.run(json!({})).await.expect("an answer")), [0, 0, 0]);
}

#[tokio::test]
async fn an_object_that_came_back_keeps_its_record() {
    let world = World::default();
    world.todo(1).available(1, 1);
    world.before("read records", |state| {
        state.objects.insert(key(1, 1), 0);
    });
    assert_eq!(repaired(&world).await, [0, 0, 0]);
    assert_eq!(world.state().records.len(), 1);
}

#[tokio::test]
async fn a_record_that_changed_before_its_deletion_stays() {
    let world = World::default();
    world.todo(1).available(1, 1);
    world.before("delete a record", |state| {
        for item in state.records.values_mut() {
            item.insert("dateUploaded".to_owned(), shared::item::string("2026-01-01T00:00:00.000Z"));
        }
    });
    assert_eq!(repaired(&world).await, [0, 0, 0]);
    assert_eq!(world.state().records.len(), 1);
}

#[tokio::test]
async fn a_purge_that_began_since_the_scan_is_not_asked_for_again() {
    let world = World::default();
    world.available(7, 1).object(&key(7, 1), long_ago());
    world.before("query", |state| {
        let sort = "tombstone".to_owned();
        let partition = folder(7).partition();
        let item = [("ownerTodo".to_owned(), shared::item::string(&partition))].into();
        state.records.insert((partition, sort), item);
    });
    assert_eq!(repaired(&world).await, [0, 0, 0]);
    assert!(world.state().purges.is_empty());
}

#[tokio::test]
async fn two_runs_at_once_do_no_harm() {
    let world = one_of_each();
    let (one, other) = tokio::join!(world.run(json!({"dryRun": false})), world.run(json!({"dryRun": false})));
    one.expect("an answer");
    other.expect("an answer");
    let state = world.state();
    assert_eq!((state.objects.len(), state.records.len()), (9, 9));
    assert!(!state.objects.contains_key(&key(2, 9)));
}
