//! The laws under bytes at random, under what is shaped like the real thing, and under the fuzz target's seeds.

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::fuzzing::{check_all, check_seeds};

use super::*;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// An id that is one more often than not.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(ID.to_owned()), 1 => ".{0,6}", 1 => "[0-9a-fA-F-]{36}"]
}

fn user() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z0-9-]{1,8}", 1 => ".{0,4}"]
}

fn records(all: &[Value]) -> Vec<u8> {
    json!({"Records": all}).to_string().into_bytes()
}

proptest! {
    #[test]
    fn every_law_holds_for_any_bytes(data: Vec<u8>) {
        check_all(&LAWS, &data);
    }

    #[test]
    fn every_law_holds_for_any_text(text in "(?s).{0,40}") {
        check_all(&LAWS, text.as_bytes());
    }

    #[test]
    fn uploads_hold(name in prop_oneof!["\\PC{1,260}", ".{0,12}"], kind in "[a-z!#$&'*+^_`|~.-]{0,4}/?[a-z; =]{1,4}", size in -1_i64..200_000_000, hash: [u8; 32]) {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        for kind in [kind.as_str(), "text/html"] {
            let body = json!({"fileName": name, "contentType": kind, "size": size, "sha256": BASE64_STANDARD.encode(hash)});
            item::upload(body.to_string().as_bytes());
        }
    }

    #[test]
    fn records_hold(id in "[0-9a-f]{32}", status in "pending|available|x", expires in prop_oneof![any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from), Just(json!("1"))], size: i64, name in ".{0,4}") {
        let item = json!({
            "ownerTodo": "o", "fileID": id, "fileName": name, "contentType": "a/b", "size": size, "sha256": HASH,
            "status": status, "dateUploaded": "d", "expiresAt": expires,
        });
        item::item(item.to_string().as_bytes());
    }

    #[test]
    fn scanned_items_hold(user in user(), todo in id(), file in id(), status in "pending|available|x", since in "2026-01-0[1-9]T00:00:00.000Z|.{0,3}", expires in prop_oneof![any::<i64>().prop_map(Value::from), Just(json!("1"))]) {
        let item = json!({
            "ownerTodo": format!("{user}#{todo}"), "fileID": file, "status": status, "dateUploaded": since, "expiresAt": expires,
        });
        item::scanned(item.to_string().as_bytes());
    }

    #[test]
    fn orders_hold(dry: Option<bool>, older: Option<u32>, walk in "objects|records|x", after in proptest::option::of(".{0,4}"), judged: Option<bool>) {
        let from = shared::cursor::encode(&json!({"walk": walk, "after": after, "judged": judged}).to_string());
        let mut order = json!({"from": from});
        if let Some(dry) = dry {
            order["dryRun"] = json!(dry);
        }
        if let Some(older) = older {
            order["olderThan"] = json!(older);
        }
        background::order(order.to_string().as_bytes());
    }

    #[test]
    fn object_keys_hold(user in user(), todo in id(), file in id(), more in "/?") {
        item::key(format!("{user}/{todo}/{file}{more}").as_bytes());
    }

    #[test]
    fn cursors_hold(id in id()) {
        item::cursor(shared::cursor::encode(&id).as_bytes());
    }

    #[test]
    fn notifications_hold(keys in prop::collection::vec((user(), id(), id()), 0..3)) {
        let record = |(user, todo, file): &(String, String, String)| json!({"s3": {"object": {"key": format!("{user}/{todo}/{file}")}}});
        background::notification(&records(&keys.iter().map(record).collect::<Vec<_>>()));
    }

    #[test]
    fn batches_of_the_stream_hold(changes in prop::collection::vec(("REMOVE|INSERT", user(), id()), 0..3)) {
        let record = |(name, user, todo): &(String, String, String)| {
            json!({"eventName": name, "dynamodb": {"Keys": {"userID": {"S": user}, "todoID": {"S": todo}}}})
        };
        background::stream(&records(&changes.iter().map(record).collect::<Vec<_>>()));
    }

    #[test]
    fn messages_hold(todos in prop::collection::vec((user(), id(), any::<bool>()), 0..3)) {
        let record = |(user, todo, whole): &(String, String, bool)| {
            let body = json!({"userID": user, "todoID": todo}).to_string();
            json!({"messageId": user, "body": if *whole { body.as_str() } else { &body[1..] }})
        };
        background::messages(&records(&todos.iter().map(record).collect::<Vec<_>>()));
    }

    #[test]
    fn calls_hold(todo in id(), file in id(), query in "(limit|cursor)?=?.{0,3}", name in ".{0,4}", size in -1_i64..9) {
        let body = json!({"fileName": name, "contentType": "a/b", "size": size, "sha256": HASH}).to_string();
        route::request([todo, file, query, body].join("\n").as_bytes());
    }
}

#[test]
fn every_law_holds_for_its_seeds() {
    check_seeds(&LAWS, "files");
}
