//! Whole calls, up to a table that nobody can reach.

use std::sync::LazyLock;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
use serde_json::{Value, json};
use shared::fuzzing::answer_of;
use shared::{Error, Request};

use crate::http::Route;
use crate::store::Store;

pub(super) const USER: &str = "alice";

/// A table behind a client without a network: every call fails.
pub(super) static STORE: LazyLock<Store> = LazyLock::new(|| {
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::from_static("x"));
    let client = Client::from_conf(config.retry_config(RetryConfig::disabled()).build());
    Store::new(client, "todos".to_owned())
});

/// An event of any shape: every route answers it, and only the path's own user gets further than a 403.
pub(super) fn event(data: &[u8]) {
    if let Ok(event) = serde_json::from_slice(data) {
        answer(event);
    }
}

/// A call as the gateway passes it on, of which lines are the path, the query string, a header and the body.
pub(super) fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    answer(json!({
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": USER}}}},
        "pathParameters": {"userID": USER, "todoID": next()},
        "rawQueryString": next(),
        "headers": {"idempotency-key": next()},
        "body": next(),
    }));
}

fn answer(event: Value) {
    let Ok(request) = Request::from_event(event) else { return };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    for route in Route::ALL {
        let Err(error) = runtime.block_on(route.answer(&STORE, &request)) else {
            panic!("{route:?} answered without a table");
        };
        answer_of(&error);
        assert_eq!(request.user_of_path().is_err(), matches!(error, Error::Forbidden), "{route:?}: {error:?}");
        assert!(!matches!(error, Error::Conflict(_) | Error::TooManyRequests), "{route:?}: {error:?}");
    }
}
