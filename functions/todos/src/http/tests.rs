//! Routes against a mocked table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::error::{ConditionalCheckFailedException, ProvisionedThroughputExceededException};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};

use super::*;

const ALICE: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const TODO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn store(rules: &[&Rule]) -> Store {
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules), "todos".to_owned())
}

fn request(path_user: &str, todo: &str, more: Value) -> Request {
    let mut event = json!({
        "pathParameters": {"userID": path_user, "todoID": todo},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": ALICE}}}},
    });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    Request::from_event(event).expect("an event")
}

async fn status(route: Route, store: &Store, request: &Request) -> u16 {
    match route.answer(store, request).await {
        Ok(response) => response.status(),
        Err(error) => error.status(),
    }
}

#[test]
fn every_route_is_found_by_its_handler() {
    for route in Route::ALL {
        assert_eq!(Route::from_handler(route.name()).ok(), Some(route));
    }
}

#[test]
fn an_unknown_handler_is_told_with_the_known_ones() {
    let error = Route::from_handler("bootstrap").expect_err("unknown").to_string();
    assert!(error.contains("`bootstrap`") && error.contains("addTodoNotes"), "{error}");
}

#[tokio::test]
async fn every_route_refuses_another_users_path_before_it_looks_at_anything_else() {
    let bob =
        request("bbbbbbbb-0000-4000-8000-000000000000", "no id", json!({"body": "{", "rawQueryString": "limit=0"}));
    for route in Route::ALL {
        assert_eq!(status(route, &store(&[]), &bob).await, 403, "{route:?}");
    }
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_not_found_without_a_look_at_the_table() {
    for route in [Route::GetTodo, Route::UpdateTodo, Route::CompleteTodo, Route::AddTodoNotes, Route::DeleteTodo] {
        for id in ["", "x", "idem#01890a5d-ac96-774b-bcce-b302099a8057"] {
            assert_eq!(status(route, &store(&[]), &request(ALICE, id, json!({"body": "{}"}))).await, 404, "{route:?}");
        }
    }
}

#[tokio::test]
async fn an_absent_todo_is_not_found() {
    let absent = mock!(Client::get_item)
        .match_requests(|get| get.consistent_read() == Some(true))
        .then_output(|| GetItemOutput::builder().build());
    let gone = mock!(Client::delete_item)
        .match_requests(|delete| delete.condition_expression() == Some("attribute_exists(listOrder)"))
        .then_error(|| {
            DeleteItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        });
    let request = request(ALICE, TODO, Value::Null);
    assert_eq!(status(Route::GetTodo, &store(&[&absent]), &request).await, 404);
    assert_eq!(status(Route::DeleteTodo, &store(&[&gone]), &request).await, 404);
}

#[tokio::test]
async fn throttling_is_429() {
    let throttled = mock!(Client::get_item).then_error(|| {
        let metadata = aws_sdk_dynamodb::error::ErrorMetadata::builder();
        let metadata = metadata.code("ProvisionedThroughputExceededException").build();
        let exception = ProvisionedThroughputExceededException::builder().meta(metadata).build();
        GetItemError::ProvisionedThroughputExceededException(exception)
    });
    assert_eq!(status(Route::GetTodo, &store(&[&throttled]), &request(ALICE, TODO, Value::Null)).await, 429);
}

#[tokio::test]
async fn a_list_answers_todos_and_no_cursor_at_its_end() {
    let empty = mock!(Client::query).then_output(|| QueryOutput::builder().build());
    let response = Route::GetTodos.answer(&store(&[&empty]), &request(ALICE, "", Value::Null)).await.expect("a list");
    assert_eq!((response.status(), response.body()), (200, r#"{"todos":[]}"#));
}

#[tokio::test]
async fn bad_bodies_never_reach_the_table() {
    let cases = [
        (Route::AddTodo, "", 400),
        (Route::AddTodo, "{}", 422),
        (Route::UpdateTodo, "[]", 400),
        (Route::UpdateTodo, r#"{"completed":true}"#, 422),
        (Route::CompleteTodo, "x", 400),
        (Route::AddTodoNotes, r#"{"notes":null}"#, 422),
    ];
    for (route, body, expected) in cases {
        let request = request(ALICE, TODO, json!({"body": body}));
        assert_eq!(status(route, &store(&[]), &request).await, expected, "{route:?} {body}");
    }
    let large = request(ALICE, TODO, json!({"body": "x".repeat(65_537)}));
    assert_eq!(status(Route::AddTodo, &store(&[]), &large).await, 413);
}

#[tokio::test]
async fn an_idempotency_key_must_be_a_uuid_with_hyphens() {
    for key in ["", "1", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}"] {
        let request = request(ALICE, "", json!({"headers": {"idempotency-key": key}, "body": r#"{"title":"x"}"#}));
        let error = Route::AddTodo.answer(&store(&[]), &request).await.expect_err("refused");
        assert!(matches!(error, Error::Unprocessable(fields) if fields.contains_key("idempotency-key")), "{key}");
    }
}
