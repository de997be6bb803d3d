//! The laws under bytes at random, under what is shaped like the real thing, and under the fuzz target's seeds.

use proptest::prelude::*;

use super::*;

/// JSON of any shape, whose names are those that readers look for.
fn json_of(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[a-zA-Z0-9._-]{1,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(names), inner), 0..5)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// An event that gets past the authorizer more often than not.
fn gateway_event() -> impl Strategy<Value = Value> {
    let name = prop_oneof![4 => "[a-z]{1,3}", 1 => ".{0,4}"];
    (name.clone(), name, ".{0,20}", any::<bool>(), ".{0,20}").prop_map(|(subject, user, query, encoded, body)| {
        json!({
            "pathParameters": {"userID": user},
            "requestContext": {"authorizer": {"jwt": {"claims": {"sub": subject}}}},
            "rawQueryString": query,
            "headers": {"Idempotency-Key": body},
            "isBase64Encoded": encoded,
            "body": if encoded && body.len() % 2 == 0 { BASE64_STANDARD.encode(&body) } else { body },
        })
    })
}

proptest! {
    #[test]
    fn every_law_holds_for_any_bytes(data: Vec<u8>) {
        check_all(&LAWS, &data);
    }

    #[test]
    fn every_law_holds_for_any_text(text in "\\PC{0,40}") {
        check_all(&LAWS, text.as_bytes());
    }

    #[test]
    fn events_of_any_shape_hold(value in json_of(&[
        "requestContext", "authorizer", "jwt", "claims", "sub", "pathParameters", "userID", "headers", "idempotency-key",
        "body", "isBase64Encoded", "rawQueryString",
    ])) {
        event(value.to_string().as_bytes());
    }

    #[test]
    fn events_of_the_gateways_shape_hold(value in gateway_event()) {
        event(value.to_string().as_bytes());
    }

    #[test]
    fn bodies_of_any_shape_hold(value in json_of(&["a", "b", "c"])) {
        body(value.to_string().as_bytes());
    }

    #[test]
    fn limits_hold(limit in "[+-]?[0-9]{0,4}", more in "[a-z&=%+]{0,8}") {
        query(format!("limit={limit}&{more}").as_bytes());
    }

    #[test]
    fn what_is_almost_a_cursor_or_an_identifier_holds(cursor_text in "[A-Za-z0-9_=-]{0,24}", id_text in "[0-9a-fA-F-]{32,38}") {
        cursor(cursor_text.as_bytes());
        identifier(id_text.as_bytes());
    }
}

#[test]
fn every_law_holds_for_its_seeds() {
    check_seeds(&LAWS, "shared");
}
