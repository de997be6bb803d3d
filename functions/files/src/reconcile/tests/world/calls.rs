//! How the mocked services answer.

use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemError, BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryError, QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanError, ScanInput, ScanOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::error::{ConditionalCheckFailedException, TransactionCanceledException};
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use aws_sdk_s3::operation::delete_object::{DeleteObjectError, DeleteObjectInput, DeleteObjectOutput};
use aws_sdk_s3::operation::delete_objects::{DeleteObjectsError, DeleteObjectsInput, DeleteObjectsOutput};
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Input, ListObjectsV2Output};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{Delete, Object};
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageInput, SendMessageOutput};
use aws_smithy_mocks::mock;
use shared::item::{optional_text, text};

use super::*;

/// Objects and items of a page.
const PAGE: usize = 3;

impl World {
    pub(super) fn table(&self) -> Vec<Rule> {
        use aws_sdk_dynamodb::Client;
        let files = self.answer("read records", BatchGetItemError::generic, |state, get: &BatchGetItemInput| {
            let asked = get.request_items().map(|tables| &tables["files"]).expect("a question");
            assert_eq!(asked.consistent_read(), Some(true));
            let keys = asked.keys();
            let found = keys.iter().filter_map(|key| state.records.get(&place(key)).cloned());
            MockResponse::Output(BatchGetItemOutput::builder().responses("files", found.collect()).build())
        });
        let record = self.answer("read a record", GetItemError::generic, |state, get: &GetItemInput| {
            assert_eq!(get.consistent_read(), Some(true));
            let found = get.key().and_then(|key| state.records.get(&place(key)));
            MockResponse::Output(GetItemOutput::builder().set_item(found.cloned()).build())
        });
        let confirm = self.answer("confirm", TransactWriteItemsError::generic, confirm);
        let todos = self.answer("read todos", GetItemError::generic, |state, get: &GetItemInput| {
            assert_eq!((get.projection_expression(), get.consistent_read()), (Some("userID, todoID"), Some(true)));
            let part = |name| text(get.key().expect("a key"), name).expect("a part");
            let there = state.todos.contains(&format!("{}#{}", part("userID"), part("todoID")));
            MockResponse::Output(GetItemOutput::builder().set_item(there.then(Item::new)).build())
        });
        let scan = self.answer("scan", ScanError::generic, |state, scan: &ScanInput| {
            let after = scan.exclusive_start_key().map(place);
            let rest = state.records.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
            let page: Vec<_> = rest.take(PAGE).collect();
            let more = page.last().filter(|_| page.len() == PAGE);
            let last = more.map(|((partition, sort), _)| [("ownerTodo", partition), ("fileID", sort)]);
            let last = last.map(|key| key.map(|(name, value)| (name.to_owned(), string(value))).into());
            let items = page.iter().map(|(_, item)| (*item).clone()).collect();
            MockResponse::Output(ScanOutput::builder().set_items(Some(items)).set_last_evaluated_key(last).build())
        });
        let query = self.answer("query", QueryError::generic, |state, query: &QueryInput| {
            assert_eq!((query.scan_index_forward(), query.consistent_read()), (Some(false), Some(true)));
            let folder = &query.expression_attribute_values().expect("values")[":folder"];
            let last = state.records.values().rfind(|item| &item["ownerTodo"] == folder);
            MockResponse::Output(QueryOutput::builder().set_items(last.map(|item| vec![item.clone()])).build())
        });
        let delete = self.answer("delete a record", DeleteItemError::generic, delete_item);
        vec![
            mock!(Client::batch_get_item).then_compute_response(files),
            mock!(Client::get_item)
                .match_requests(|get| get.table_name() == Some("files"))
                .then_compute_response(record),
            mock!(Client::get_item)
                .match_requests(|get| get.table_name() == Some("todos"))
                .then_compute_response(todos),
            mock!(Client::transact_write_items).then_compute_response(confirm),
            mock!(Client::scan).then_compute_response(scan),
            mock!(Client::query).then_compute_response(query),
            mock!(Client::delete_item).then_compute_response(delete),
        ]
    }

    pub(super) fn bucket(&self) -> Vec<Rule> {
        use aws_sdk_s3::Client;
        let all = self.answer("list", ListObjectsV2Error::generic, list);
        let folder = self.answer("list a folder", ListObjectsV2Error::generic, list);
        let delete =
            self.answer("delete objects", DeleteObjectsError::generic, |state, delete: &DeleteObjectsInput| {
                state.writes.push("delete objects");
                for object in delete.delete().map(Delete::objects).unwrap_or_default() {
                    state.objects.remove(object.key());
                }
                MockResponse::Output(DeleteObjectsOutput::builder().build())
            });
        let delete_one =
            self.answer("delete an object", DeleteObjectError::generic, |state, one: &DeleteObjectInput| {
                state.writes.push("delete an object");
                state.objects.remove(one.key().unwrap_or_default());
                MockResponse::Output(DeleteObjectOutput::builder().build())
            });
        vec![
            mock!(Client::delete_object).then_compute_response(delete_one),
            mock!(Client::list_objects_v2).match_requests(|list| list.prefix().is_none()).then_compute_response(all),
            mock!(Client::list_objects_v2).match_requests(|list| list.prefix().is_some()).then_compute_response(folder),
            mock!(Client::delete_objects).then_compute_response(delete),
        ]
    }

    pub(super) fn queue(&self) -> Rule {
        let send = self.answer("purge", SendMessageError::generic, |state, send: &SendMessageInput| {
            state.writes.push("purge");
            state.purges.push(send.message_body().unwrap_or_default().to_owned());
            MockResponse::Output(SendMessageOutput::builder().build())
        });
        mock!(aws_sdk_sqs::Client::send_message).then_compute_response(send)
    }
}

/// A page of the bucket, or of what begins with a prefix; the token is the last key of the page before.
fn list(state: &mut State, list: &ListObjectsV2Input) -> MockResponse<ListObjectsV2Output, ListObjectsV2Error> {
    let after = list.continuation_token().or(list.start_after()).unwrap_or_default();
    let prefix = list.prefix().unwrap_or_default();
    let rest = state.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
    let mut page: Vec<Object> = rest.take(PAGE + 1).map(|(key, modified)| object(key, *modified)).collect();
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let token = page.last().filter(|_| more).and_then(|last| last.key().map(str::to_owned));
    let output = ListObjectsV2Output::builder().set_contents(Some(page)).is_truncated(more);
    MockResponse::Output(output.set_next_continuation_token(token).build())
}

/// Deletes on the condition that each named value is the item's own.
fn delete_item(state: &mut State, delete: &DeleteItemInput) -> MockResponse<DeleteItemOutput, DeleteItemError> {
    state.writes.push("delete a record");
    let place = place(delete.key().expect("a key"));
    let values = delete.expression_attribute_values().expect("a condition");
    let attributes = [(":seen", "status"), (":since", "dateUploaded"), (":expires", "expiresAt")];
    let holds = state.records.get(&place).is_some_and(|item| {
        attributes
            .iter()
            .all(|(name, attribute)| values.get(*name).is_none_or(|value| item.get(*attribute) == Some(value)))
    });
    assert!(delete.condition_expression().is_some_and(|all| values.keys().all(|name| all.contains(name.as_str()))));
    if !holds {
        let failed = ConditionalCheckFailedException::builder().build();
        return MockResponse::Error(DeleteItemError::ConditionalCheckFailedException(failed));
    }
    state.records.remove(&place);
    MockResponse::Output(DeleteItemOutput::builder().build())
}

/// Confirms an upload as its conditions ask: no tombstone, and a pending record of that length whose time is not over.
fn confirm(
    state: &mut State,
    write: &TransactWriteItemsInput,
) -> MockResponse<TransactWriteItemsOutput, TransactWriteItemsError> {
    state.writes.push("confirm");
    let [check, update] = write.transact_items() else { panic!("two writes") };
    let tombstone = place(check.condition_check().expect("a check").key());
    let update = update.update().expect("an update");
    assert_eq!(
        update.condition_expression(),
        Some("#status = :pending AND #size = :size AND expiresAt > :now"),
        "what this mock knows"
    );
    let values = update.expression_attribute_values().expect("values");
    let buried = state.records.contains_key(&tombstone);
    let record = state.records.get_mut(&place(update.key())).filter(|item| {
        let number = |value: &AttributeValue| value.as_n().ok().and_then(|text| text.parse::<i64>().ok());
        let lasts = item.get("expiresAt").and_then(number) > number(&values[":now"]);
        item.get("status") == Some(&values[":pending"]) && item.get("size") == Some(&values[":size"]) && lasts
    });
    match record {
        Some(item) if !buried => {
            item.insert("status".to_owned(), values[":available"].clone());
            item.insert("dateUploaded".to_owned(), values[":uploaded"].clone());
            item.remove("expiresAt");
            MockResponse::Output(TransactWriteItemsOutput::builder().build())
        }
        record => {
            let failed = |failed: bool| if failed { "ConditionalCheckFailed" } else { "None" };
            let codes = [failed(buried), failed(record.is_none())];
            let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
            let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.to_vec()));
            MockResponse::Error(TransactWriteItemsError::TransactionCanceledException(cancelled.build()))
        }
    }
}

/// Every object is as long as its record says.
fn object(key: &str, modified: i64) -> Object {
    Object::builder().key(key).size(SIZE).last_modified(DateTime::from_secs(modified)).build()
}

fn place(key: &Item) -> (String, String) {
    let part = |name| optional_text(key, name).unwrap_or_default();
    (part("ownerTodo"), part("fileID"))
}
