//! Serving without a Lambda runtime.

use std::future::{pending, ready};

use serde_json::json;

use super::*;

/// An event of a call that has this much time left.
fn event(payload: Value, left: Duration) -> LambdaEvent<Value> {
    let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() + left;
    let mut context = Context::default();
    context.request_id = "req-1".to_owned();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    LambdaEvent::new(payload, context)
}

fn function() -> Function<'static> {
    Function { name: "f", metrics: Metrics::default() }
}

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_answer_is_passed_on() {
    let handler = |_: Request| ready(Ok(Response::no_content()));
    assert_eq!(answer_request(&function(), &handler, event(json!({}), MINUTE)).await.status(), 204);
}

#[tokio::test]
async fn every_failure_is_an_answer() {
    let handler = |_: Request| ready(Err(Error::NotFound));
    assert_eq!(answer_request(&function(), &handler, event(json!({}), MINUTE)).await.status(), 404);
    assert_eq!(answer_request(&function(), &handler, event(json!("odd"), MINUTE)).await.status(), 400);
}

#[tokio::test]
async fn a_handler_that_does_not_end_is_answered_before_the_deadline() {
    let handler = |_: Request| pending();
    let response = answer_request(&function(), &handler, event(json!({}), RESERVE + Duration::from_millis(20))).await;
    assert_eq!(response.status(), 500);
    assert!(response.body().contains("req-1"));
}

#[tokio::test]
async fn a_failed_event_fails_the_invocation_with_its_code() {
    let handler = |_: Value, _| ready(Err(Error::TooManyRequests));
    let diagnostic = answer_event(&function(), &handler, event(json!({}), MINUTE)).await.expect_err("failed");
    assert_eq!(diagnostic.error_type, "too_many_requests");
}

#[tokio::test]
async fn a_handled_event_answers_what_its_handler_says() {
    let handler = |event: Value, _| ready(Ok(Done { answer: event, detail: Value::Null, failed: false }));
    let answer = answer_event(&function(), &handler, event(json!({"a": 1}), MINUTE)).await.expect("handled");
    assert_eq!(answer, json!({"a": 1}));
}

#[tokio::test]
async fn a_handler_of_events_can_end_in_time_to_tell_what_is_done() {
    let handler = |_: Value, end: Instant| async move {
        let unfinished = before(end, pending::<Result<(), Error>>()).await.is_err();
        Ok(Done { answer: json!({"unfinished": unfinished}), detail: Value::Null, failed: unfinished })
    };
    let event = event(json!({}), RESERVE * 2 + Duration::from_millis(20));
    assert_eq!(answer_event(&function(), &handler, event).await.expect("told"), json!({"unfinished": true}));
}

#[tokio::test]
async fn work_whose_time_is_over_is_not_begun() {
    let begun = std::cell::Cell::new(false);
    let work = async {
        begun.set(true);
        Ok(())
    };
    assert!(before(Instant::now(), work).await.is_err());
    assert!(!begun.get());
}

#[test]
fn a_log_line_is_one_json_object_without_the_users_name() {
    let user = crate::User::from_subject("alice-in-wonderland").expect("a subject");
    let members = members(json!({"seen": 3}), None, false);
    let line = Line {
        level: level(500),
        request_id: "req-1",
        handler: "getThings",
        route: Some("GET /things"),
        user: Some(user.log_hash()),
        status: 500,
        outcome: "internal",
        latency_ms: milliseconds(Duration::from_micros(1_234)),
        error: Some("a\nb".to_owned()),
        members: &members,
        metrics: None,
    };
    let text = serde_json::to_string(&line).expect("JSON");
    assert!(!text.contains('\n') && !text.contains("alice"));
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let expected = json!({
        "level": "error",
        "requestId": "req-1",
        "handler": "getThings",
        "route": "GET /things",
        "user": user.log_hash(),
        "status": 500,
        "outcome": "internal",
        "latencyMs": 1.234,
        "error": "a\nb",
        "seen": 3,
    });
    assert_eq!(told, expected);
    let event = Line { route: None, user: None, error: None, ..line };
    let told = serde_json::to_value(&event).expect("JSON");
    let names: Vec<&String> = told.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["level", "requestId", "handler", "status", "outcome", "latencyMs", "seen"]);
}
