//! Whole calls, up to AWS services that nobody can reach.

use serde_json::{Value, json};
use shared::fuzzing::answer_of;
use shared::{Error, Request};

use super::deaf::{PARTS, outcome};
use crate::http;

/// The largest file, in bytes.
pub(super) const LARGEST: i64 = 104_857_600;

/// An event of any shape: every route answers it, and nobody gets anywhere without a token's subject.
pub(super) fn event(data: &[u8]) {
    if let Ok(event) = serde_json::from_slice(data) {
        answer(event);
    }
}

/// A call as the gateway passes it on, of which lines are the ids of the path, the query string and the body.
pub(super) fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    answer(json!({
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": "alice"}}}},
        "pathParameters": {"todoID": next(), "fileID": next()},
        "rawQueryString": next(),
        "body": next(),
    }));
}

fn answer(event: Value) {
    let Ok(request) = Request::from_event(event) else { return };
    let Some(signer) = &PARTS.signer else { panic!("no signer") };
    let answers = outcome(async {
        [
            http::list(&PARTS.store, signer, &request).await,
            http::add(&PARTS.store, &PARTS.objects, LARGEST, &request).await,
            http::delete(&PARTS.store, &PARTS.objects, &request).await,
        ]
    });
    for answer in answers.into_iter().flatten() {
        let Err(error) = answer else { panic!("an answer without AWS: {answer:?}") };
        answer_of(&error);
        assert_eq!(request.user().is_err(), matches!(error, Error::Forbidden), "{error:?}");
        assert!(!matches!(error, Error::Conflict(_) | Error::TooManyRequests), "{error:?}");
    }
}
