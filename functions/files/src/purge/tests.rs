//! Purges against a mocked table and bucket.

use std::time::Duration;

use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::WriteRequest;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{Error as ObjectError, Object};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use shared::item::string;

use super::*;

const BODY: &str = r#"{"userID":"alice","todoID":"01890a5d-ac96-774b-bcce-b302099a8057"}"#;
const PREFIX: &str = "alice/01890a5d-ac96-774b-bcce-b302099a8057/";
const PARTITION: &str = "alice#01890a5d-ac96-774b-bcce-b302099a8057";
const FILE: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

async fn handled(table: &[&Rule], bucket: &[&Rule], messages: &[(&str, &str)]) -> Value {
    handled_until(Instant::now() + Duration::from_mins(1), table, bucket, messages).await
}

async fn handled_until(end: Instant, table: &[&Rule], bucket: &[&Rule], messages: &[(&str, &str)]) -> Value {
    let store = Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, table), "files".into());
    let objects = Objects::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, bucket), "bucket".into());
    let records: Vec<Value> = messages.iter().map(|(id, body)| json!({"messageId": id, "body": body})).collect();
    handle(&store, &objects, json!({"Records": records}), end).await.expect("handled").answer
}

fn tombstone() -> Rule {
    mock!(aws_sdk_dynamodb::Client::put_item)
        .match_requests(|put| {
            put.item().is_some_and(|item| item["fileID"] == string("tombstone") && item.contains_key("expiresAt"))
        })
        .then_output(|| PutItemOutput::builder().build())
}

fn listed(token: Option<&'static str>, names: &[&str], next: Option<&'static str>) -> Rule {
    let objects: Vec<Object> =
        names.iter().map(|name| Object::builder().key(format!("{PREFIX}{name}")).build()).collect();
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(move |list| list.prefix() == Some(PREFIX) && list.continuation_token() == token)
        .then_output(move || {
            let page = ListObjectsV2Output::builder().set_contents(Some(objects.clone()));
            page.set_next_continuation_token(next.map(str::to_owned)).build()
        })
}

fn objects_deleted(names: &'static [&'static str], failing: bool) -> Rule {
    mock!(aws_sdk_s3::Client::delete_objects)
        .match_requests(move |delete| {
            let keys = delete.delete().map(aws_sdk_s3::types::Delete::objects).unwrap_or_default();
            keys.iter().map(|object| object.key().trim_start_matches(PREFIX)).eq(names.iter().copied())
        })
        .then_output(move || {
            let error = failing.then(|| vec![ObjectError::builder().code("InternalError").build()]);
            DeleteObjectsOutput::builder().set_errors(error).build()
        })
}

fn recorded(ids: Vec<String>) -> Rule {
    let items = move || ids.iter().map(|id| shared::item::Item::from([("fileID".to_owned(), string(id))])).collect();
    mock!(aws_sdk_dynamodb::Client::query).then_output(move || QueryOutput::builder().set_items(Some(items())).build())
}

/// Answers a batch of exactly these deletions; the last `undone` of them are left undone.
fn forgotten(ids: &[String], undone: usize) -> Rule {
    let rest: Vec<WriteRequest> = ids[ids.len() - undone..].iter().map(|id| deletion(id)).collect();
    let wanted: Vec<WriteRequest> = ids.iter().map(|id| deletion(id)).collect();
    mock!(aws_sdk_dynamodb::Client::batch_write_item)
        .match_requests(move |write| write.request_items().is_some_and(|all| all["files"] == wanted))
        .then_output(move || {
            let output = BatchWriteItemOutput::builder();
            if rest.is_empty() { output.build() } else { output.unprocessed_items("files", rest.clone()).build() }
        })
}

fn deletion(id: &str) -> WriteRequest {
    let delete = aws_sdk_dynamodb::types::DeleteRequest::builder();
    let delete = delete.key("ownerTodo", string(PARTITION)).key("fileID", string(id)).build().expect("a deletion");
    WriteRequest::builder().delete_request(delete).build()
}

fn file_ids(count: u128) -> Vec<String> {
    (1..=count).map(|id| uuid::Uuid::from_u128(id).to_string()).collect()
}

#[tokio::test]
async fn the_tombstone_comes_first_then_all_pages_of_objects_then_records() {
    let table = [&tombstone(), &recorded(vec![FILE.into()]), &forgotten(&[FILE.into()], 0)];
    let bucket = [
        &listed(None, &["a", "b"], Some("more")),
        &objects_deleted(&["a", "b"], false),
        &listed(Some("more"), &["c"], None),
        &objects_deleted(&["c"], false),
        &objects_deleted(&[FILE], false),
    ];
    assert_eq!(handled(&table, &bucket, &[("m", BODY)]).await, json!({"batchItemFailures": []}));
    assert!(table.iter().chain(&bucket).all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn an_object_that_could_not_be_deleted_fails_its_message_and_keeps_the_records() {
    let table = [&tombstone()];
    let bucket = [&listed(None, &["a"], None), &objects_deleted(&["a"], true)];
    assert_eq!(handled(&table, &bucket, &[("m", BODY)]).await, json!({"batchItemFailures": [{"itemIdentifier": "m"}]}));
}

#[tokio::test]
async fn only_failed_messages_come_again() {
    let nothing = mock!(aws_sdk_dynamodb::Client::query).then_output(|| QueryOutput::builder().build());
    let table = [&tombstone(), &nothing];
    let bucket = [&listed(None, &[], None)];
    let messages = [("bad", "{"), ("good", BODY), ("nobody", r#"{"userID":"a/b","todoID":"x"}"#)];
    assert_eq!(
        handled(&table, &bucket, &messages).await,
        json!({"batchItemFailures": [{"itemIdentifier": "bad"}, {"itemIdentifier": "nobody"}]})
    );
}

#[tokio::test]
async fn a_record_whose_id_is_no_id_fails_the_message() {
    let table = [&tombstone(), &recorded(vec!["odd".into()])];
    let bucket = [&listed(None, &[], None)];
    assert_eq!(handled(&table, &bucket, &[("m", BODY)]).await, json!({"batchItemFailures": [{"itemIdentifier": "m"}]}));
}

#[tokio::test]
async fn records_go_in_batches_and_what_is_left_undone_is_asked_for_again() {
    let ids = file_ids(30);
    let table = [
        &tombstone(),
        &recorded(ids.clone()),
        &forgotten(&ids[..25], 2),
        &forgotten(&ids[23..25], 0),
        &forgotten(&ids[25..], 0),
    ];
    let objects = mock!(aws_sdk_s3::Client::delete_objects).then_output(|| DeleteObjectsOutput::builder().build());
    let bucket = [&listed(None, &[], None), &objects];
    assert_eq!(handled(&table, &bucket, &[("m", BODY)]).await, json!({"batchItemFailures": []}));
    assert!(table.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn records_that_are_left_undone_for_good_fail_the_message() {
    let batches: Vec<Rule> = (0..shared::retry::ATTEMPTS).map(|_| forgotten(&[FILE.into()], 1)).collect();
    let (tombstone, recorded) = (tombstone(), recorded(vec![FILE.into()]));
    let table: Vec<&Rule> = [&tombstone, &recorded].into_iter().chain(&batches).collect();
    let bucket = [&listed(None, &[], None), &objects_deleted(&[FILE], false)];
    assert_eq!(handled(&table, &bucket, &[("m", BODY)]).await, json!({"batchItemFailures": [{"itemIdentifier": "m"}]}));
    assert!(batches.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn only_messages_that_do_not_end_in_time_come_again() {
    let end = Instant::now() + Duration::from_millis(500);
    let nothing_until_the_end = mock!(aws_sdk_dynamodb::Client::query).then_output(move || {
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
        QueryOutput::builder().build()
    });
    let nothing = mock!(aws_sdk_dynamodb::Client::query).then_output(|| QueryOutput::builder().build());
    let (first, second) = (tombstone(), tombstone());
    let bucket = [&listed(None, &[], None), &listed(None, &[], None)];
    let messages = [("in time", BODY), ("late", BODY)];
    let answer = handled_until(end, &[&first, &nothing_until_the_end, &second, &nothing], &bucket, &messages).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "late"}]}));
    assert_eq!((first.num_calls(), second.num_calls()), (1, 0));
}
