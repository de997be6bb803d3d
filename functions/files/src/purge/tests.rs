//! Purges against a mocked table and bucket.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{Error as ObjectError, Object};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use shared::item::string;

use super::*;

const BODY: &str = r#"{"userID":"alice","todoID":"01890a5d-ac96-774b-bcce-b302099a8057"}"#;
const PREFIX: &str = "alice/01890a5d-ac96-774b-bcce-b302099a8057/";
const FILE: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

async fn handled(table: &[&Rule], bucket: &[&Rule], messages: &[(&str, &str)]) -> Value {
    let store = Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, table), "files".into());
    let objects = Objects::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, bucket), "bucket".into());
    let records: Vec<Value> = messages.iter().map(|(id, body)| json!({"messageId": id, "body": body})).collect();
    handle(&store, &objects, json!({"Records": records})).await.expect("handled").answer
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

fn recorded(id: &'static str) -> Rule {
    let item = move || shared::item::Item::from([("fileID".to_owned(), string(id))]);
    mock!(aws_sdk_dynamodb::Client::query).then_output(move || QueryOutput::builder().items(item()).build())
}

fn forgotten() -> Rule {
    mock!(aws_sdk_dynamodb::Client::delete_item)
        .match_requests(|delete| delete.key().is_some_and(|key| key["fileID"] == string(FILE)))
        .then_output(|| DeleteItemOutput::builder().build())
}

#[tokio::test]
async fn the_tombstone_comes_first_then_all_pages_of_objects_then_records() {
    let table = [&tombstone(), &recorded(FILE), &forgotten()];
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
    let table = [&tombstone(), &recorded("odd")];
    let bucket = [&listed(None, &[], None)];
    assert_eq!(handled(&table, &bucket, &[("m", BODY)]).await, json!({"batchItemFailures": [{"itemIdentifier": "m"}]}));
}
