//! Upload notifications against a mocked table and bucket.

use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::types::error::NotFound;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

const KEY: &str = "alice/01890a5d-ac96-774b-bcce-b302099a8057/01890a5d-ac96-774b-bcce-b302099a8058";

async fn handled(table: &[&Rule], bucket: &[&Rule], key: &str) -> Result<Value, Error> {
    let store = Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, table), "files".into());
    let objects = Objects::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, bucket), "bucket".into());
    let event = json!({"Records": [{"s3": {"object": {"key": key, "size": 999}}}]});
    handle(&store, &objects, event).await.map(|done| done.detail)
}

fn object(size: i64) -> Rule {
    mock!(aws_sdk_s3::Client::head_object)
        .match_requests(|head| head.key() == Some(KEY))
        .then_output(move || HeadObjectOutput::builder().content_length(size).build())
}

fn deleted() -> Rule {
    mock!(aws_sdk_s3::Client::delete_object)
        .match_requests(|delete| delete.key() == Some(KEY))
        .then_output(|| DeleteObjectOutput::builder().build())
}

#[tokio::test]
async fn the_records_length_must_be_the_objects_own_and_not_the_events() {
    let write = mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(|write| {
            let update = write.transact_items().get(1).and_then(|item| item.update());
            let values = update.and_then(|update| update.expression_attribute_values());
            values.is_some_and(|values| values[":size"] == shared::item::number(5))
        })
        .then_output(|| TransactWriteItemsOutput::builder().build());
    let detail = handled(&[&write], &[&object(5)], KEY).await.expect("handled");
    assert_eq!(detail, json!({"confirmed": 1, "deleted": 0, "ignored": 0}));
}

#[tokio::test]
async fn an_unannounced_object_is_deleted() {
    let refused = mock!(aws_sdk_dynamodb::Client::transact_write_items).then_error(|| {
        let reasons = ["None", "ConditionalCheckFailed"].map(|code| CancellationReason::builder().code(code).build());
        let exception = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.to_vec()));
        TransactWriteItemsError::TransactionCanceledException(exception.build())
    });
    let absent = mock!(aws_sdk_dynamodb::Client::get_item).then_output(|| GetItemOutput::builder().build());
    let detail = handled(&[&refused, &absent], &[&object(5), &deleted()], KEY).await.expect("handled");
    assert_eq!(detail, json!({"confirmed": 0, "deleted": 1, "ignored": 0}));
}

#[tokio::test]
async fn an_object_that_is_gone_again_is_left_alone() {
    let gone =
        mock!(aws_sdk_s3::Client::head_object).then_error(|| HeadObjectError::NotFound(NotFound::builder().build()));
    let detail = handled(&[], &[&gone], KEY).await.expect("handled");
    assert_eq!(detail, json!({"confirmed": 0, "deleted": 0, "ignored": 1}));
}

#[tokio::test]
async fn a_key_that_no_upload_can_have_is_left_alone() {
    for key in ["", "readme.txt", "alice/x/y", "%ff"] {
        let detail = handled(&[], &[], key).await.expect("handled");
        assert_eq!(detail, json!({"confirmed": 0, "deleted": 0, "ignored": 1}), "{key}");
    }
}

#[tokio::test]
async fn a_bucket_that_fails_makes_the_event_come_again() {
    let denied = mock!(aws_sdk_s3::Client::head_object).then_error(|| {
        HeadObjectError::generic(aws_sdk_s3::error::ErrorMetadata::builder().code("AccessDenied").build())
    });
    assert!(handled(&[], &[&denied], KEY).await.is_err());
}
