//! Another user's id and an unknown one cost the same calls in the same order, so that no time tells them apart.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use serde_json::{Value, json};
use shared::item::{Item, string};

use super::*;

const ALICE: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const BOB: &str = "bbbbbbbb-0000-4000-8000-000000000000";
const UNKNOWN_USER: &str = "cccccccc-0000-4000-8000-000000000000";
const BOBS: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

/// The requests that reached the table.
type Calls = Arc<Mutex<Vec<String>>>;

fn is_bobs(key: Option<&Item>) -> bool {
    key.and_then(|key| key.get("userID")) == Some(&string(BOB))
}

fn bobs_todo() -> Item {
    let texts = [("userID", BOB), ("todoID", BOBS), ("title", "his"), ("dateCreated", "x"), ("listOrder", "0#~#x")];
    texts.into_iter().map(|(name, text)| (name.to_owned(), string(text))).collect()
}

/// What an input holds, but for the order in which a map of it comes: its words, sorted.
fn words(input: &impl std::fmt::Debug) -> String {
    let text = format!("{input:?}");
    let mut words: Vec<&str> = text.split([' ', ',', '{', '}', '(', ')']).collect();
    words.sort_unstable();
    words.join(" ")
}

/// A table with one todo, Bob's: a call that reached his partition would find it.
fn table(calls: &Calls) -> Store {
    let seen = |calls: &Calls| {
        let calls = Arc::clone(calls);
        move |call: String| calls.lock().expect("no panic").push(call)
    };
    let (got, listed, put, updated, deleted) = (seen(calls), seen(calls), seen(calls), seen(calls), seen(calls));
    let failed = || ConditionalCheckFailedException::builder().build();
    let rules = [
        mock!(Client::get_item).then_compute_output(move |get: &GetItemInput| {
            got(words(get));
            GetItemOutput::builder().set_item(is_bobs(get.key()).then(bobs_todo)).build()
        }),
        mock!(Client::query).then_compute_output(move |query| {
            listed(words(query));
            QueryOutput::builder().build()
        }),
        mock!(Client::put_item).then_compute_output(move |one| {
            put(words(one));
            PutItemOutput::builder().build()
        }),
        mock!(Client::update_item)
            .match_requests(move |update: &UpdateItemInput| {
                updated(words(update));
                is_bobs(update.key())
            })
            .then_output(|| UpdateItemOutput::builder().set_attributes(Some(bobs_todo())).build()),
        mock!(Client::update_item).then_error(move || UpdateItemError::ConditionalCheckFailedException(failed())),
        mock!(Client::delete_item)
            .match_requests(move |delete: &DeleteItemInput| {
                deleted(words(delete));
                is_bobs(delete.key())
            })
            .then_output(|| DeleteItemOutput::builder().build()),
        mock!(Client::delete_item).then_error(move || DeleteItemError::ConditionalCheckFailedException(failed())),
    ];
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, &rules), "todos".to_owned())
}

/// What Alice is told, and the calls that it took.
async fn asked(route: Route, user: &str, todo: &str, body: &Value) -> (u16, String, Vec<String>) {
    let event = json!({
        "pathParameters": {"userID": user, "todoID": todo},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": ALICE}}}},
        "body": body.to_string(),
    });
    let calls = Calls::default();
    let request = Request::from_event(event).expect("an event");
    let told = match route.answer(&table(&calls), &request).await {
        Ok(response) => (response.status(), response.body().to_owned()),
        Err(error) => (error.status(), error.to_string()),
    };
    let calls = calls.lock().expect("no panic").iter().map(|call| call.replace(todo, "the id")).collect();
    (told.0, told.1, calls)
}

fn body(route: Route) -> Value {
    match route {
        Route::AddTodoNotes => json!({"notes": "n"}),
        Route::CompleteTodo => json!({}),
        // A changed date moves the todo, which takes a read before the write.
        _ => json!({"title": "t", "dateDue": "2030-01-01"}),
    }
}

#[tokio::test]
async fn another_users_todo_costs_the_calls_of_an_unknown_one() {
    for route in [Route::GetTodo, Route::UpdateTodo, Route::CompleteTodo, Route::AddTodoNotes, Route::DeleteTodo] {
        let foreign = asked(route, ALICE, BOBS, &body(route)).await;
        assert_eq!(foreign, asked(route, ALICE, UNKNOWN, &body(route)).await, "{route:?}");
        assert_eq!((foreign.0, foreign.2.len()), (404, 1), "{route:?}");
    }
    let titled = json!({"title": "t"});
    let foreign = asked(Route::UpdateTodo, ALICE, BOBS, &titled).await;
    assert_eq!(foreign, asked(Route::UpdateTodo, ALICE, UNKNOWN, &titled).await);
    assert_eq!(foreign.0, 404);
}

#[tokio::test]
async fn another_users_path_costs_no_call_at_all_like_an_unknown_ones() {
    for route in Route::ALL {
        let foreign = asked(route, BOB, BOBS, &body(route)).await;
        assert_eq!(foreign, asked(route, UNKNOWN_USER, BOBS, &body(route)).await, "{route:?}");
        assert_eq!((foreign.0, foreign.2), (403, vec![]), "{route:?}");
    }
}

#[tokio::test]
async fn every_call_names_the_users_own_partition() {
    for route in Route::ALL {
        let (_, _, calls) = asked(route, ALICE, BOBS, &body(route)).await;
        assert!(!calls.is_empty(), "{route:?}");
        for call in calls {
            assert!(call.contains(ALICE) && !call.contains(BOB), "{route:?}: {call}");
        }
    }
    assert_eq!(bobs_todo().get("userID"), Some(&AttributeValue::S(BOB.to_owned())));
}
