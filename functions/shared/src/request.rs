//! An API Gateway HTTP API event (payload format 2.0), reduced to what handlers use.
//!
//! Read by hand rather than as `lambda_http`'s request: that one rebuilds a URI from the event and panics where the
//! client's raw query string is not one, and it brings in every other event shape besides.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::params::Params;
use crate::{Error, User};

/// One call of a route. Every part that an event may lack has a default, so that any event can be read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Request {
    route_key: Option<String>,
    raw_query_string: Option<String>,
    path_parameters: Option<HashMap<String, String>>,
    headers: Option<HashMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: bool,
    #[serde(rename = "requestContext")]
    context: Context,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    authorizer: Option<Authorizer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Authorizer {
    jwt: Option<Jwt>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Jwt {
    claims: Map<String, Value>,
}

impl Request {
    /// Reads an event.
    pub fn from_event(event: Value) -> Result<Self, Error> {
        serde_json::from_value(event).map_err(|_| Error::InvalidRequest("the event is not an HTTP API request"))
    }

    /// The route as the gateway knows it, such as `GET /things/{id}`.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route_key.as_deref()
    }

    /// The token's subject; 403 without one.
    pub fn user(&self) -> Result<User, Error> {
        let jwt = self.context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
        let subject = jwt.and_then(|jwt| jwt.claims.get("sub")).and_then(Value::as_str);
        User::from_subject(subject.ok_or(Error::Forbidden)?)
    }

    /// The token's subject, where the path carries it as `{userID}` too: 403 if the two differ.
    pub fn user_of_path(&self) -> Result<User, Error> {
        let user = self.user()?;
        if self.path("userID") == user.as_str() { Ok(user) } else { Err(Error::Forbidden) }
    }

    /// A path parameter; empty where the route has none of that name.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.path_parameters.as_ref().and_then(|all| all.get(name)).map_or("", String::as_str)
    }

    /// A header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.headers.as_ref()?;
        all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The query parameters.
    #[must_use]
    pub fn params(&self) -> Params {
        Params::parse(self.raw_query_string.as_deref().unwrap_or_default())
    }

    /// The body's bytes; the gateway encodes those as base64 whose content type it doesn't take for text.
    pub fn body(&self) -> Result<Cow<'_, [u8]>, Error> {
        let text = self.body.as_deref().unwrap_or_default();
        if !self.is_base64_encoded {
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| Error::InvalidRequest("the body is not valid base64"))?;
        Ok(Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALICE: &str = "aaaaaaaa-0000-4000-8000-000000000000";

    fn request(event: Value) -> Request {
        Request::from_event(event).expect("an event of the right shape")
    }

    fn signed_in(path_user: &str) -> Request {
        request(json!({
            "pathParameters": {"userID": path_user},
            "requestContext": {"authorizer": {"jwt": {"claims": {"sub": ALICE, "username": "other"}, "scopes": null}}},
        }))
    }

    #[test]
    fn the_user_is_the_tokens_subject() {
        assert_eq!(signed_in(ALICE).user_of_path().expect("her own path").as_str(), ALICE);
    }

    #[test]
    fn another_users_path_is_forbidden() {
        for path in ["", "other", "bbbbbbbb-0000-4000-8000-000000000000", &ALICE.to_uppercase()] {
            assert!(matches!(signed_in(path).user_of_path(), Err(Error::Forbidden)), "{path}");
        }
    }

    #[test]
    fn no_subject_is_forbidden_wherever_else_a_user_is_named() {
        let events = [
            json!({}),
            json!({"requestContext": {"authorizer": null}}),
            json!({"requestContext": {"authorizer": {"jwt": null}}}),
            json!({"requestContext": {"authorizer": {"jwt": {"claims": {"sub": 7}}}}}),
            json!({"headers": {"authorization": "Bearer x", "sub": ALICE}, "pathParameters": {"userID": ALICE}}),
        ];
        for event in events {
            assert!(matches!(request(event).user_of_path(), Err(Error::Forbidden)));
        }
    }

    #[test]
    fn a_body_may_be_plain_or_base64() {
        let plain = request(json!({"body": "{}"}));
        let encoded = request(json!({"body": "e30=", "isBase64Encoded": true}));
        let broken = request(json!({"body": "!", "isBase64Encoded": true}));
        assert_eq!(plain.body().expect("plain").as_ref(), b"{}");
        assert_eq!(encoded.body().expect("encoded").as_ref(), b"{}");
        assert!(matches!(broken.body(), Err(Error::InvalidRequest(_))));
        assert!(request(json!({"body": null})).body().expect("none").is_empty());
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let request = request(json!({"headers": {"Idempotency-Key": "k"}}));
        assert_eq!(request.header("idempotency-key"), Some("k"));
        assert_eq!(request.header("other"), None);
    }

    #[test]
    fn an_event_of_another_shape_is_an_error_and_no_panic() {
        for event in [json!(null), json!("x"), json!({"body": 7}), json!({"requestContext": 1})] {
            assert!(matches!(Request::from_event(event), Err(Error::InvalidRequest(_))));
        }
    }
}
