//! Changing todos against a mocked table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::todo::Draft;

const ID: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);

fn store(rules: &[&Rule]) -> Store {
    Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules), "todos".to_owned())
}

fn alice() -> User {
    User::from_subject("alice").expect("a subject")
}

fn todo(due: &str, completed: bool) -> Todo {
    let draft = Draft::parse(format!("{{\"title\":\"x\",\"dateDue\":\"{due}\"}}").as_bytes()).expect("a draft");
    Todo { completed, ..draft.into_todo(&alice(), ID).expect("a todo") }
}

fn found(todo: &Todo) -> Rule {
    let item = record::write(todo);
    mock!(Client::get_item).then_output(move || GetItemOutput::builder().set_item(Some(item.clone())).build())
}

/// Accepts an update from one place to another.
fn moved(from: &Todo, to: &Todo) -> Rule {
    let (seen, place, item) = (from.place().key(), to.place().key(), record::write(to));
    mock!(Client::update_item)
        .match_requests(move |update| {
            let value = |name: &str| update.expression_attribute_values().and_then(|all| all.get(name)).cloned();
            update.condition_expression() == Some("#listOrder = :seen")
                && value(":seen") == Some(string(&seen))
                && value(":listOrder") == Some(string(&place))
        })
        .then_output(move || UpdateItemOutput::builder().set_attributes(Some(item.clone())).build())
}

fn lost_race() -> Rule {
    mock!(Client::update_item).then_error(|| {
        UpdateItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
    })
}

fn completed(completed: bool) -> Edit {
    Edit { completed: Some(completed), ..Edit::default() }
}

#[tokio::test]
async fn completing_moves_a_todo_behind_the_open_ones() {
    let (open, done) = (todo("2026-01-01", false), todo("2026-01-01", true));
    let (found, moved) = (found(&open), moved(&open, &done));
    assert_eq!(store(&[&found, &moved]).edit(&alice(), ID, &completed(true)).await.expect("edited"), done);
}

#[tokio::test]
async fn a_lost_race_is_computed_anew_from_what_the_winner_wrote() {
    let (before, rescheduled, after) = (todo("2026-01-01", false), todo("2026-02-02", false), todo("2026-02-02", true));
    let (first, lost, second) = (found(&before), lost_race(), found(&rescheduled));
    let moved = moved(&rescheduled, &after);
    let store = store(&[&first, &lost, &second, &moved]);
    assert_eq!(store.edit(&alice(), ID, &completed(true)).await.expect("edited"), after);
}

#[tokio::test]
async fn a_todo_deleted_in_the_race_is_not_found_and_not_brought_back() {
    let (found, lost) = (found(&todo("", false)), lost_race());
    let gone = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
    let error = store(&[&found, &lost, &gone]).edit(&alice(), ID, &completed(true)).await.expect_err("gone");
    assert!(matches!(error, Error::NotFound));
}

#[tokio::test]
async fn completing_twice_writes_once() {
    let done = todo("", true);
    let found = found(&done);
    assert_eq!(store(&[&found]).edit(&alice(), ID, &completed(true)).await.expect("as it was"), done);
}

#[tokio::test]
async fn notes_are_one_conditional_update_that_leaves_the_place_alone() {
    let annotated = record::write(&todo("", false));
    let update = mock!(Client::update_item)
        .match_requests(|update| {
            update.update_expression() == Some("SET #notes = :notes")
                && update.condition_expression() == Some("attribute_exists(listOrder)")
        })
        .then_output(move || UpdateItemOutput::builder().set_attributes(Some(annotated.clone())).build());
    let edit = Edit { notes: Some("n".to_owned()), ..Edit::default() };
    assert!(store(&[&update]).edit(&alice(), ID, &edit).await.is_ok());
    let lost = lost_race();
    assert!(matches!(store(&[&lost]).edit(&alice(), ID, &edit).await, Err(Error::NotFound)));
}
