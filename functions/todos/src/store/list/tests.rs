//! Listing todos against a mocked table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use shared::cursor;
use shared::params::Params;
use uuid::Uuid;

use super::*;
use crate::todo::Draft;

fn alice() -> User {
    User::from_subject("alice").expect("a subject")
}

fn todo(id: u128, title: &str) -> Todo {
    let draft = Draft::parse(format!("{{\"title\":\"{title}\"}}").as_bytes()).expect("a draft");
    draft.into_todo(&alice(), Uuid::from_u128(id)).expect("a todo")
}

/// Accepts one query and answers these todos, as if the query ended at the last of them.
fn answers(todos: &[Todo], ended: bool, expected: impl Fn(&QueryInput) -> bool + Send + Sync + 'static) -> Rule {
    let items: Vec<Item> = todos.iter().map(record::write).collect();
    let last = todos.last().filter(|_| !ended).map(|todo| start(&alice(), &todo.place()));
    mock!(Client::query).match_requests(expected).then_output(move || {
        QueryOutput::builder().set_items(Some(items.clone())).set_last_evaluated_key(last.clone()).build()
    })
}

async fn list(rule: &Rule, raw: &str) -> Page<Todo> {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [rule]);
    let listing = Listing::parse(Params::parse(raw)).expect("a listing");
    Store::new(client, "todos".to_owned()).list(&alice(), &listing).await.expect("a page")
}

fn value(query: &QueryInput, name: &str) -> Option<String> {
    query.expression_attribute_values().and_then(|all| optional_text(all, name))
}

#[tokio::test]
async fn a_page_is_one_consistent_query_of_the_users_own_index_partition() {
    let todos = [todo(3, "c"), todo(2, "b"), todo(1, "a")];
    let rule = answers(&todos, false, |query| {
        query.index_name() == Some("byListOrder")
            && query.consistent_read() == Some(true)
            && query.limit() == Some(3)
            && value(query, ":user").as_deref() == Some("alice")
            && query.exclusive_start_key().is_none()
    });
    let page = list(&rule, "limit=2").await;
    assert_eq!(page.items, todos[..2]);
    assert_eq!(page.next, Some(todos[1].place().key()));
}

#[tokio::test]
async fn the_last_page_has_no_next_one() {
    let todos = [todo(2, "b"), todo(1, "a")];
    let page = list(&answers(&todos, true, |_| true), "limit=2").await;
    assert_eq!((page.items.len(), page.next), (2, None));
}

#[tokio::test]
async fn a_cursor_starts_in_the_partition_of_the_tokens_user() {
    let place = todo(9, "x").place();
    let key = place.key();
    let rule = answers(&[], true, move |query| {
        query.exclusive_start_key().is_some_and(|start| {
            start["userID"] == string("alice")
                && start["todoID"] == string(Uuid::from_u128(9))
                && start["listOrder"] == string(&key)
        })
    });
    list(&rule, &format!("cursor={}", cursor::encode(&place.key()))).await;
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn the_completed_filter_is_a_key_condition() {
    let rule = answers(&[], true, |query| {
        query.key_condition_expression() == Some("userID = :user AND begins_with(listOrder, :prefix)")
            && value(query, ":prefix").as_deref() == Some("1#")
    });
    list(&rule, "completed=true").await;
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn a_search_examines_what_one_query_reads_and_goes_on_from_there() {
    let todos = [todo(3, "Milk"), todo(2, "bread"), todo(1, "eggs")];
    let page = list(&answers(&todos, false, |query| query.limit().is_none()), "search=MILK").await;
    assert_eq!(page.items, todos[..1]);
    assert_eq!(page.next, Some(todos[2].place().key()));
}

#[tokio::test]
async fn a_search_with_more_matches_than_fit_goes_on_after_the_last_one_told() {
    let todos = [todo(4, "milk"), todo(3, "bread"), todo(2, "milk"), todo(1, "milk")];
    let page = list(&answers(&todos, true, |_| true), "search=milk&limit=2").await;
    assert_eq!(page.items.len(), 2);
    assert_eq!(page.next, Some(todos[2].place().key()));
}
