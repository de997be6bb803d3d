//! Stream batches against a mocked queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::event::DeletedTodo;

const TODO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn queue(rules: &[&Rule]) -> Queue {
    Queue::new(mock_client!(aws_sdk_sqs, RuleMode::Sequential, rules), "http://queue".into())
}

fn change(name: &str, todo: &str) -> Value {
    json!({"eventName": name, "dynamodb": {"Keys": {"userID": {"S": "alice"}, "todoID": {"S": todo}}}})
}

#[tokio::test]
async fn only_deleted_todos_are_forwarded() {
    let sent = mock!(Client::send_message)
        .match_requests(|send| {
            send.message_body() == Some(r#"{"userID":"alice","todoID":"01890a5d-ac96-774b-bcce-b302099a8057"}"#)
        })
        .then_output(|| SendMessageOutput::builder().build());
    let marker = format!("idem#{TODO}");
    let records = [
        change("INSERT", TODO),
        change("MODIFY", TODO),
        change("REMOVE", &marker),
        change("REMOVE", ""),
        json!({}),
        change("REMOVE", TODO),
    ];
    let done = handle(&queue(&[&sent]), json!({"Records": records})).await.expect("forwarded");
    assert_eq!(done.detail, json!({"records": 6, "forwarded": 1}));
}

#[tokio::test]
async fn what_is_forwarded_is_what_the_purge_reads() {
    let read = mock!(Client::send_message)
        .match_requests(|send| {
            let deleted: DeletedTodo<'_> =
                serde_json::from_str(send.message_body().unwrap_or_default()).expect("a todo");
            (deleted.user_id.as_ref(), deleted.todo_id.as_ref()) == ("alice", TODO)
        })
        .then_output(|| SendMessageOutput::builder().build());
    handle(&queue(&[&read]), json!({"Records": [change("REMOVE", TODO)]})).await.expect("forwarded");
}

#[tokio::test]
async fn a_queue_that_fails_makes_the_batch_come_again() {
    let refused = mock!(Client::send_message).then_error(|| {
        SendMessageError::generic(aws_sdk_sqs::error::ErrorMetadata::builder().code("AccessDenied").build())
    });
    assert!(handle(&queue(&[&refused]), json!({"Records": [change("REMOVE", TODO)]})).await.is_err());
}
