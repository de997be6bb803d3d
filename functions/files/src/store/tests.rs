//! Files against a mocked table.

use std::cell::Cell;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::error::{
    ConditionalCheckFailedException, TransactionCanceledException, TransactionConflictException,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

const FILE: Uuid = Uuid::from_u128(7);

fn store(rules: &[&Rule]) -> Store {
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules), "files".to_owned())
}

fn folder() -> Folder {
    Folder::parse("alice", "01890a5d-ac96-774b-bcce-b302099a8057").expect("a folder")
}

fn upload() -> Upload {
    Upload { file_name: "a".into(), content_type: "a/b".into(), size: 3, sha256: "hash".into() }
}

fn file(id: u128, status: Status) -> File {
    File {
        id: Uuid::from_u128(id),
        name: "a".into(),
        content_type: "a/b".into(),
        size: 3,
        sha256: "hash".into(),
        status,
        date_uploaded: "2026-01-01T00:00:00.000Z".into(),
    }
}

fn pending(expires_in: i64) -> Status {
    Status::Pending { expires_at: clock::epoch_after(Timestamp::now(), expires_in) }
}

fn found(file: Option<&File>) -> Rule {
    let item = file.map(|file| record::write(&folder(), file));
    mock!(Client::get_item)
        .match_requests(|get| get.consistent_read() == Some(true))
        .then_output(move || GetItemOutput::builder().set_item(item.clone()).build())
}

fn written() -> Rule {
    mock!(Client::transact_write_items)
        .match_requests(|write| {
            let check = write.transact_items().first().and_then(|item| item.condition_check());
            check.is_some_and(|check| check.key()["fileID"] == string("tombstone"))
        })
        .then_output(|| TransactWriteItemsOutput::builder().build())
}

fn refused(codes: [&'static str; 2]) -> Rule {
    mock!(Client::transact_write_items).then_error(move || {
        let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
        let exception = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.to_vec()));
        TransactWriteItemsError::TransactionCanceledException(exception.build())
    })
}

#[test]
fn a_record_gives_back_its_file() {
    for file in [file(1, Status::Available), file(2, Status::Pending { expires_at: 9 })] {
        assert_eq!(record::read(&record::write(&folder(), &file)).expect("a file"), file);
    }
}

#[tokio::test]
async fn an_announced_file_is_pending_for_a_day() {
    let written = written();
    let file = store(&[&written]).announce(&folder(), FILE, upload(), Timestamp::UNIX_EPOCH).await.expect("announced");
    assert_eq!(file.status, Status::Pending { expires_at: 86_400 });
}

#[tokio::test]
async fn nothing_is_announced_on_a_deleted_todo() {
    let refused = refused(["ConditionalCheckFailed", "None"]);
    let error = store(&[&refused]).announce(&folder(), FILE, upload(), Timestamp::now()).await.expect_err("buried");
    assert!(matches!(error, Error::NotFound));
}

#[tokio::test]
async fn the_list_leaves_out_what_has_expired_and_never_reads_the_tombstone() {
    let files = [file(1, pending(-1)), file(2, pending(60)), file(3, Status::Available)];
    let items: Vec<Item> = files.iter().map(|file| record::write(&folder(), file)).collect();
    let query = mock!(Client::query)
        .match_requests(|query| {
            query.key_condition_expression() == Some("ownerTodo = :folder AND fileID < :tombstone")
                && query.limit() == Some(6)
                && query.consistent_read() == Some(true)
        })
        .then_output(move || QueryOutput::builder().set_items(Some(items.clone())).build());
    let page = store(&[&query]).list(&folder(), None, 5, Timestamp::now()).await.expect("a page");
    assert_eq!((page.items, page.next), (files[1..].to_vec(), None));
    assert!("ffffffff-ffff-ffff-ffff-ffffffffffff" < TOMBSTONE);
}

#[tokio::test]
async fn an_upload_is_confirmed_once() {
    let written = written();
    let confirmed = store(&[&written]).confirm(&folder(), FILE, 3, Timestamp::now()).await.expect("an answer");
    assert_eq!(confirmed, Confirmation::Confirmed);
    let (refused, found) = (refused(["None", "ConditionalCheckFailed"]), found(Some(&file(7, Status::Available))));
    let repeated = store(&[&refused, &found]).confirm(&folder(), FILE, 3, Timestamp::now()).await.expect("an answer");
    assert_eq!(repeated, Confirmation::Repeated);
}

#[tokio::test]
async fn an_upload_without_a_fitting_record_is_unannounced() {
    let other_size = File { size: 4, ..file(7, Status::Available) };
    for record in [None, Some(file(7, pending(-1))), Some(file(7, pending(60))), Some(other_size)] {
        let (refused, found) = (refused(["None", "ConditionalCheckFailed"]), found(record.as_ref()));
        let answer = store(&[&refused, &found]).confirm(&folder(), FILE, 3, Timestamp::now()).await.expect("an answer");
        assert_eq!(answer, Confirmation::Unannounced, "{record:?}");
    }
}

#[tokio::test]
async fn an_upload_to_a_deleted_todo_is_unannounced_whatever_its_record() {
    let refused = refused(["ConditionalCheckFailed", "None"]);
    let answer = store(&[&refused]).confirm(&folder(), FILE, 3, Timestamp::now()).await.expect("an answer");
    assert_eq!(answer, Confirmation::Unannounced);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_deleted() {
    for record in [None, Some(file(7, pending(-1)))] {
        let found = found(record.as_ref());
        let deleted = store(&[&found]).delete(&folder(), FILE, || async { panic!("no object to delete") }).await;
        assert!(matches!(deleted, Err(Error::NotFound)));
    }
}

#[tokio::test]
async fn a_record_stays_if_its_object_could_not_be_deleted() {
    let found = found(Some(&file(7, Status::Available)));
    let deleted = store(&[&found]).delete(&folder(), FILE, || async { Err(Error::TooManyRequests) }).await;
    assert!(matches!(deleted, Err(Error::TooManyRequests)));
}

#[tokio::test]
async fn a_deletion_whose_answer_got_lost_is_no_404_when_the_sdk_repeats_it() {
    let lost = || DeleteItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build());
    let (first, repeated, gone) = (found(Some(&file(7, pending(60)))), deletion_loses(lost), found(None));
    let deleted = store(&[&first, &repeated, &gone]).delete(&folder(), FILE, || async { Ok(()) }).await;
    assert!(deleted.is_ok(), "{deleted:?}");
}

fn deletion_loses(to: fn() -> DeleteItemError) -> Rule {
    mock!(Client::delete_item)
        .match_requests(|delete| {
            delete.expression_attribute_values().is_some_and(|all| all[":seen"] == string("pending"))
        })
        .then_error(to)
}

#[tokio::test]
async fn an_upload_confirmed_during_its_deletion_is_deleted_again() {
    let confirmed =
        || DeleteItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build());
    let being_confirmed =
        || DeleteItemError::TransactionConflictException(TransactionConflictException::builder().build());
    for race in [confirmed as fn() -> DeleteItemError, being_confirmed] {
        let (first, second) = (found(Some(&file(7, pending(60)))), found(Some(&file(7, Status::Available))));
        let lost = deletion_loses(race);
        let gone = mock!(Client::delete_item)
            .match_requests(|delete| {
                delete.expression_attribute_values().is_some_and(|all| all[":seen"] == string("available"))
            })
            .then_output(|| DeleteItemOutput::builder().build());
        let objects_deleted = Cell::new(0);
        let store = store(&[&first, &lost, &second, &gone]);
        let delete_object = || async {
            objects_deleted.set(objects_deleted.get() + 1);
            Ok(())
        };
        store.delete(&folder(), FILE, delete_object).await.expect("deleted");
        assert_eq!(objects_deleted.get(), 2);
    }
}
