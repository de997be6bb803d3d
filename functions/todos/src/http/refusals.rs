//! Every call of every route, refused in every way that AWS has: what the client is told.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::{Value, json};
use shared::refusals::{COMMON, Class, DYNAMODB, cancelled_body, json_body, told};
use shared::retry::ATTEMPTS;

use super::*;
use crate::store::record;
use crate::todo::Draft;

const USER: &str = "alice";
const TODO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const KEY: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
const CONDITION: &str = "ConditionalCheckFailedException";

/// An answer of AWS: its status and its body.
type Wire = (u16, String);

/// A call that a route makes: the route with its query string and body, what is read before, and the call.
struct Call {
    route: Route,
    input: &'static str,
    keyed: bool,
    reads_first: bool,
    /// Whether the idempotency key was used before.
    key_taken: bool,
    refused: fn(Wire) -> Rule,
    /// What is told of a condition that does not hold.
    condition: u16,
}

macro_rules! refused {
    ($operation:ident) => {
        |wire: Wire| mock!(Client::$operation).then_http_response(move || response(&wire))
    };
}

const CALLS: [Call; 12] = {
    let call = Call {
        route: Route::GetTodos,
        input: "",
        keyed: false,
        reads_first: false,
        key_taken: false,
        refused: refused!(query),
        condition: 500,
    };
    [
        Call { ..call },
        Call { route: Route::GetTodo, refused: refused!(get_item), ..call },
        // The id is fresh: what is there is the todo itself.
        Call { route: Route::AddTodo, input: r#"{"title":"x"}"#, refused: refused!(put_item), condition: 201, ..call },
        Call {
            route: Route::AddTodo,
            input: r#"{"title":"x"}"#,
            keyed: true,
            refused: refused!(transact_write_items),
            ..call
        },
        Call {
            route: Route::AddTodo,
            input: r#"{"title":"x"}"#,
            keyed: true,
            key_taken: true,
            refused: refused!(get_item),
            ..call
        },
        Call {
            route: Route::UpdateTodo,
            input: r#"{"title":"x"}"#,
            refused: refused!(update_item),
            condition: 404,
            ..call
        },
        // The todo has moved meanwhile: read and written again, until the race counts as lost.
        Call {
            route: Route::UpdateTodo,
            input: r#"{"dateDue":"2026-01-01"}"#,
            reads_first: true,
            refused: refused!(update_item),
            condition: 429,
            ..call
        },
        Call { route: Route::UpdateTodo, input: r#"{"dateDue":"2026-01-01"}"#, refused: refused!(get_item), ..call },
        Call { route: Route::CompleteTodo, refused: refused!(get_item), ..call },
        Call { route: Route::CompleteTodo, reads_first: true, refused: refused!(update_item), condition: 429, ..call },
        Call {
            route: Route::AddTodoNotes,
            input: r#"{"notes":"n"}"#,
            refused: refused!(update_item),
            condition: 404,
            ..call
        },
        Call { route: Route::DeleteTodo, refused: refused!(delete_item), condition: 404, ..call },
    ]
};

impl Call {
    /// What the route's client is told if this call is answered so, always.
    async fn told(&self, wire: Wire) -> (u16, usize) {
        let refused = (self.refused)(wire);
        let todo =
            Draft::parse(br#"{"title":"t"}"#).and_then(|draft| draft.into_todo(&user(), id(TODO))).expect("a todo");
        let item = record::write(&todo);
        let found =
            mock!(Client::get_item).then_output(move || GetItemOutput::builder().set_item(Some(item.clone())).build());
        let mut rules = vec![&refused];
        if self.reads_first {
            rules.push(&found);
        }
        let taken = || response(&(400, cancelled_body(&["ConditionalCheckFailed", "None"])));
        let taken = mock!(Client::transact_write_items).then_http_response(taken);
        if self.key_taken {
            rules.push(&taken);
        }
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules, |config| {
            config.retry_config(RetryConfig::disabled())
        });
        let headers = if self.keyed { json!({"idempotency-key": KEY}) } else { Value::Null };
        let request = Request::from_event(json!({
            "pathParameters": {"userID": USER, "todoID": TODO},
            "requestContext": {"authorizer": {"jwt": {"claims": {"sub": USER}}}},
            "headers": headers,
            "body": self.input,
        }));
        let store = Store::new(client, "todos".to_owned());
        let outcome = self.route.answer(&store, &request.expect("an event")).await;
        (told(&outcome), refused.num_calls())
    }

    fn expected(&self, (code, _, told): Class) -> u16 {
        if code == CONDITION { self.condition } else { told }
    }
}

fn response((status, body): &Wire) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(*status).expect("a status"), body.clone().into())
}

fn user() -> User {
    User::from_subject(USER).expect("a subject")
}

fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).expect("an id")
}

#[tokio::test]
async fn every_class_of_every_call_is_told_as_the_contract_says() {
    for call in &CALLS {
        for class in DYNAMODB.into_iter().chain(COMMON) {
            let (code, status, _) = class;
            let (told, calls) = call.told((status, json_body(code))).await;
            assert_eq!(told, call.expected(class), "{:?} {} {code}", call.route, call.input);
            let again = call.reads_first && code == CONDITION;
            assert_eq!(calls, if again { ATTEMPTS as usize } else { 1 }, "{:?} {code}", call.route);
        }
    }
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_is_internal_and_a_busy_one_is_throttling() {
    for call in &CALLS {
        for (status, expected) in [(400, 500), (500, 500), (503, 429), (429, 429)] {
            let (told, _) = call.told((status, "<html>arn:aws:inside</html>".to_owned())).await;
            assert_eq!(told, expected, "{:?} {status}", call.route);
        }
    }
}

#[tokio::test]
async fn a_cancelled_addition_is_told_by_its_reason() {
    let keyed = CALLS.iter().find(|call| call.keyed && !call.key_taken).expect("a transaction");
    for (reason, expected, attempts) in [
        ("ItemCollectionSizeLimitExceeded", 409, 1),
        ("ThrottlingError", 429, ATTEMPTS as usize),
        ("ValidationError", 500, 1),
        ("None", 500, 1),
    ] {
        assert_eq!(keyed.told((400, cancelled_body(&["None", reason]))).await, (expected, attempts), "{reason}");
    }
}

#[tokio::test]
async fn throttling_is_told_after_the_sdks_own_attempts() {
    let rule = mock!(Client::query)
        .sequence()
        .http_response(|| response(&(400, json_body("ProvisionedThroughputExceededException"))))
        .repeatedly();
    let rule = rule.build();
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule], |config| {
        config.retry_config(shared::aws::retries())
    });
    let request = Request::from_event(json!({
        "pathParameters": {"userID": USER},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": USER}}}},
    }));
    let store = Store::new(client, "todos".to_owned());
    assert_eq!(told(&Route::GetTodos.answer(&store, &request.expect("an event")).await), 429);
    assert_eq!(rule.num_calls(), 3);
}
