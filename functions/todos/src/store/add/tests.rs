//! Adding todos against a mocked table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::error::{ConditionalCheckFailedException, TransactionCanceledException};
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

fn store(rules: &[&Rule]) -> Store {
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules), "todos".to_owned())
}

fn alice() -> User {
    User::from_subject("alice").expect("a subject")
}

fn draft(title: &str) -> Draft {
    Draft::parse(format!("{{\"title\":\"{title}\"}}").as_bytes()).expect("a draft")
}

fn taken() -> Rule {
    mock!(Client::transact_write_items).then_error(|| {
        let reasons = ["ConditionalCheckFailed", "None"].map(|code| CancellationReason::builder().code(code).build());
        let exception = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.to_vec()));
        TransactWriteItemsError::TransactionCanceledException(exception.build())
    })
}

fn remembered(id: Uuid, title: &str) -> Rule {
    let todo = draft(title).into_todo(&alice(), id).expect("a todo");
    let item = marker(&alice(), "idem#k", &draft(title), &todo);
    mock!(Client::get_item)
        .match_requests(|get| get.consistent_read() == Some(true))
        .then_output(move || GetItemOutput::builder().set_item(Some(item.clone())).build())
}

#[tokio::test]
async fn a_todo_is_put_into_its_users_partition_with_its_place() {
    let put = mock!(Client::put_item)
        .match_requests(|put| {
            let text = |name: &str| put.item().and_then(|item| item[name].as_s().ok()).map(String::as_str);
            text("userID") == Some("alice")
                && text("listOrder").is_some_and(|place| place.starts_with("0#~#"))
                && put.condition_expression() == Some("attribute_not_exists(todoID)")
        })
        .then_output(|| PutItemOutput::builder().build());
    let todo = store(&[&put]).add(&alice(), draft("x")).await.expect("a todo");
    assert_eq!((todo.title.as_str(), put.num_calls()), ("x", 1));
}

#[tokio::test]
async fn a_put_that_finds_its_own_lost_attempt_has_succeeded() {
    let put = mock!(Client::put_item).then_error(|| {
        PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
    });
    assert!(store(&[&put]).add(&alice(), draft("x")).await.is_ok());
}

#[tokio::test]
async fn a_key_and_its_todo_are_written_together() {
    let key = Uuid::from_u128(5);
    let write = mock!(Client::transact_write_items)
        .match_requests(move |write| {
            let puts: Vec<&Put> = write.transact_items().iter().filter_map(|item| item.put()).collect();
            let [of_marker, of_todo] = puts[..] else { return false };
            let (marker, todo) = (of_marker.item(), of_todo.item());
            // Over an expired marker that the table has not removed yet, and for 7 days.
            let number = |value: &AttributeValue| value.as_n().ok().and_then(|text| text.parse::<i64>().ok());
            let values = of_marker.expression_attribute_values();
            let now = values.and_then(|values| number(&values[":now"])).expect("a time");
            let lifetime = number(&marker["expiresAt"]).expect("a time") - now;
            assert!((now - Timestamp::now().as_second()).abs() < 60 && (lifetime - 604_800).abs() < 60, "{lifetime}");
            of_marker.condition_expression() == Some("attribute_not_exists(todoID) OR expiresAt <= :now")
                && of_todo.condition_expression() == Some("attribute_not_exists(todoID)")
                && marker["todoID"] == string(format!("idem#{key}"))
                && marker["addedTodoID"] == todo["todoID"]
                && !marker.contains_key("listOrder")
                && todo.contains_key("listOrder")
                && !todo.contains_key("expiresAt")
        })
        .then_output(|| TransactWriteItemsOutput::builder().build());
    assert!(store(&[&write]).add_once(&alice(), draft("x"), key).await.is_ok());
}

#[tokio::test]
async fn a_known_key_with_the_same_body_answers_the_first_todo_even_if_it_is_gone() {
    let first = Uuid::now_v7();
    let (taken, remembered) = (taken(), remembered(first, "x"));
    let todo = store(&[&taken, &remembered]).add_once(&alice(), draft("x"), Uuid::nil()).await.expect("a todo");
    assert_eq!(todo, draft("x").into_todo(&alice(), first).expect("a todo"));
}

#[tokio::test]
async fn a_known_key_with_another_body_is_a_conflict() {
    let (taken, remembered) = (taken(), remembered(Uuid::now_v7(), "x"));
    let error = store(&[&taken, &remembered]).add_once(&alice(), draft("y"), Uuid::nil()).await.expect_err("refused");
    assert!(matches!(error, Error::Conflict(_)));
}

#[tokio::test]
async fn a_marker_that_vanishes_between_write_and_read_is_written_anew() {
    let taken = taken();
    let vanished = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
    let done = mock!(Client::transact_write_items).then_output(|| TransactWriteItemsOutput::builder().build());
    assert!(store(&[&taken, &vanished, &done]).add_once(&alice(), draft("x"), Uuid::nil()).await.is_ok());
    assert_eq!(done.num_calls(), 1);
}
