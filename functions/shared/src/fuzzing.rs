//! Laws of what reads a stranger's bytes. Each takes any bytes at all, and panics where the law does not hold.
//! Property tests call them in every test run, the fuzz target `shared` for as long as one likes: docs/fuzzing.md.

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value, json};

use crate::body::{self, Body, MAX_BYTES};
use crate::item::{Item, string};
use crate::params::{MAX_LIMIT, Params};
use crate::{Error, Request, Response, User, cursor, id};

/// A law, by the letter that an input for the fuzz target begins with.
pub type Law = (u8, fn(&[u8]));

const LAWS: [Law; 6] = [(b'b', body), (b'c', cursor), (b'e', event), (b'i', identifier), (b'q', query), (b'u', user)];

/// Checks the law that the first byte names.
pub fn check(data: &[u8]) {
    check_one_of(&LAWS, data);
}

/// Checks the law of these that the first byte names; other bytes name none.
pub fn check_one_of(laws: &[Law], data: &[u8]) {
    let Some((name, rest)) = data.split_first() else { return };
    if let Some((_, law)) = laws.iter().find(|(letter, _)| letter == name) {
        law(rest);
    }
}

/// Checks all of these laws with the same input.
pub fn check_all(laws: &[Law], data: &[u8]) {
    for (_, law) in laws {
        law(data);
    }
}

/// Reads a JSON object as an item of a table: texts and truth values as they are, everything else as a number, which it
/// need not be.
#[must_use]
pub fn item(data: &[u8]) -> Option<Item> {
    let attribute = |value| match value {
        Value::String(text) => string(text),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        other => AttributeValue::N(other.to_string()),
    };
    let attributes: Map<String, Value> = serde_json::from_slice(data).ok()?;
    Some(attributes.into_iter().map(|(name, value)| (name, attribute(value))).collect())
}

/// A damaged item is nobody's mistake but ours.
///
/// # Panics
///
/// Where the error blames somebody else, as a law does.
pub fn is_damage(error: &Error) {
    assert_eq!(error.status(), 500);
    answer_of(error);
}

/// Checks the laws with the seeds of a fuzz target, past findings among them.
///
/// # Panics
///
/// Where a law does not hold, or has no seed.
pub fn check_seeds(laws: &[Law], target: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let seeds: Vec<Vec<u8>> = files.filter_map(|file| std::fs::read(file.path()).ok()).collect();
    for (name, law) in laws {
        let seeds: Vec<_> = seeds.iter().filter(|seed| seed.first() == Some(name)).collect();
        assert!(!seeds.is_empty(), "`{}` has no seed for `{}`", folder.display(), char::from(*name));
        for seed in seeds {
            law(&seed[1..]);
        }
    }
}

/// An error becomes an answer of the contract, whatever caused it.
///
/// # Panics
///
/// Where it does not.
pub fn answer_of(error: &Error) {
    let response = Response::of_error(error, "req-1");
    let body: Value = serde_json::from_str(response.body()).unwrap_or_default();
    assert_eq!(response.status(), error.status());
    assert_eq!(body["error"]["code"], error.code());
    assert_eq!(matches!(error, Error::Unprocessable(_)), body["error"]["fields"].is_object());
    let headers = serde_json::to_value(&response).unwrap_or_default()["headers"].take();
    assert_eq!(headers.get("retry-after"), matches!(error, Error::TooManyRequests).then_some(&json!("1")));
    if matches!(error, Error::Internal(_)) {
        let told = json!({"error": {"code": "internal", "message": "internal error (request req-1)"}});
        assert_eq!(body, told, "an internal error tells of its cause");
    }
}

/// A gateway's event: the user is the token's, the path's only where the two are the same; a body is the client's bytes.
fn event(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(data) else { return };
    let request = match Request::from_event(event.clone()) {
        Ok(request) => request,
        Err(error) => return answer_of(&error),
    };
    match request.user() {
        Ok(user) => assert_eq!(event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"], user.as_str()),
        Err(error) => assert_eq!(error.status(), 403),
    }
    if let Ok(user) = request.user_of_path() {
        assert_eq!(event["pathParameters"]["userID"], user.as_str());
    }
    match request.body() {
        Ok(bytes) if event["isBase64Encoded"] == true => {
            assert_eq!(BASE64_STANDARD.encode(bytes), event["body"].as_str().unwrap_or_default());
        }
        Ok(bytes) => assert_eq!(bytes, event["body"].as_str().unwrap_or_default().as_bytes()),
        Err(error) => answer_of(&error),
    }
    if let Some(key) = request.header("idempotency-key") {
        let headers = event["headers"].as_object();
        assert!(headers.is_some_and(|all| all.values().any(|value| value == key)));
    }
    query(event["rawQueryString"].as_str().unwrap_or_default().as_bytes());
}

/// A body is an object within the limit or refused, and every field of it is asked for or told.
fn body(data: &[u8]) {
    let mut body = match Body::parse(data) {
        Ok(body) => body,
        Err(error) => {
            assert_eq!(error.status(), if data.len() > MAX_BYTES { 413 } else { 400 });
            return answer_of(&error);
        }
    };
    let mut fields: Map<String, Value> = serde_json::from_slice(data).unwrap_or_default();
    let known = [body.optional("a", body::flag).is_some(), body.optional("b", |v| body::text(v).map(drop)).is_some()];
    assert_eq!(known, [fields.get("a").is_some_and(Value::is_boolean), fields.get("b").is_some_and(Value::is_string)]);
    for (name, known) in ["a", "b"].into_iter().zip(known) {
        if known {
            fields.shift_remove(name);
        }
    }
    match body.finish() {
        Ok(()) => assert!(fields.is_empty()),
        Err(error) => {
            answer_of(&error);
            let Error::Unprocessable(problems) = error else { panic!("no 422: {error:?}") };
            assert!(problems.keys().eq(fields.keys().collect::<BTreeSet<_>>()));
        }
    }
}

/// A page has 1 to 100 items, whatever the query string says.
fn query(data: &[u8]) {
    let mut params = Params::parse(&String::from_utf8_lossy(data));
    assert!((1..=MAX_LIMIT).contains(&params.limit()));
    if let Err(error) = params.finish() {
        assert_eq!(error.status(), 422);
        answer_of(&error);
    }
}

/// A text is the one cursor of its position, or no cursor; every position has a cursor.
fn cursor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(position) = cursor::decode(&text, |position| Some(position.to_owned())) {
        assert_eq!(cursor::encode(&position), text);
    }
    assert_eq!(cursor::decode(&cursor::encode(&text), |position| Some(position.to_owned())), Ok(text.into_owned()));
}

/// An identifier has one spelling.
fn identifier(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match id::from_path(&text) {
        Ok(id) => assert_eq!(id.to_string(), text),
        Err(error) => assert_eq!(error.status(), 404),
    }
}

/// A user's name in keys is the subject itself, without a separator of keys.
fn user(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match User::from_subject(&text) {
        Ok(user) => assert!(user.as_str() == text && !text.is_empty() && !text.contains(['#', '/', '%', ' '])),
        Err(error) => assert_eq!(error.status(), 403),
    }
}

#[cfg(test)]
mod tests;
