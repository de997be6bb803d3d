//! Another user's id and an unknown one cost the same calls in the same order, so that no time tells them apart.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{ConditionCheck, Put};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Value, json};
use shared::item::{Item, number, string};

use super::*;

const ALICE: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const BOB: &str = "bbbbbbbb-0000-4000-8000-000000000000";
const BOBS_TODO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const BOBS_FILE: &str = "01890a5d-ac96-774b-bcce-b302099a8059";
const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// The requests that reached the table: what they do, and with which partition.
type Calls = Arc<Mutex<Vec<String>>>;

fn bobs_file() -> Item {
    let texts = [
        ("ownerTodo", format!("{BOB}#{BOBS_TODO}")),
        ("fileID", BOBS_FILE.to_owned()),
        ("fileName", "his".to_owned()),
        ("contentType", "text/plain".to_owned()),
        ("sha256", HASH.to_owned()),
        ("status", "available".to_owned()),
        ("dateUploaded", "x".to_owned()),
    ];
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), string(text)));
    texts.chain([("size".to_owned(), number(0))]).collect()
}

fn partition(item: Option<&Item>) -> String {
    item.and_then(|item| item.get("ownerTodo")).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// A table with one file, Bob's, and a bucket that must not be asked at all: none of these routes gets that far.
fn stores(calls: &Calls) -> (Store, Objects) {
    let seen = |calls: &Calls| {
        let calls = Arc::clone(calls);
        move |call: String| calls.lock().expect("no panic").push(call)
    };
    let (got, listed, written) = (seen(calls), seen(calls), seen(calls));
    let rules = [
        mock!(aws_sdk_dynamodb::Client::get_item).then_compute_output(move |get: &GetItemInput| {
            let place = partition(get.key());
            got(format!("get {place}"));
            GetItemOutput::builder().set_item(place.starts_with(BOB).then(bobs_file)).build()
        }),
        mock!(aws_sdk_dynamodb::Client::query).then_compute_output(move |query: &QueryInput| {
            let values = query.expression_attribute_values();
            let place = values.and_then(|all| all.get(":folder")).and_then(|value| value.as_s().ok()).cloned();
            let place = place.unwrap_or_default();
            listed(format!("query {place}"));
            QueryOutput::builder().set_items(place.starts_with(BOB).then(|| vec![bobs_file()])).build()
        }),
        mock!(aws_sdk_dynamodb::Client::transact_write_items).then_compute_output(
            move |write: &TransactWriteItemsInput| {
                for item in write.transact_items() {
                    let check = item.condition_check().map(ConditionCheck::key);
                    written(format!("write {}", partition(check.or(item.put().map(Put::item)))));
                }
                TransactWriteItemsOutput::builder().build()
            },
        ),
    ];
    let store = Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, &rules), "files".to_owned());
    let bucket = aws_sdk_s3::Config::builder().with_test_defaults_v2().build();
    (store, Objects::new(aws_sdk_s3::Client::from_conf(bucket), "bucket".to_owned()))
}

/// What Alice is told, without the new id and the signature, and the calls that it took.
async fn asked(function: &str, todo: &str, file: &str) -> (u16, Value, Vec<String>) {
    let body = json!({"fileName": "a", "contentType": "text/plain", "size": 0, "sha256": HASH});
    let event = json!({
        "pathParameters": {"todoID": todo, "fileID": file},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": ALICE}}}},
        "body": body.to_string(),
    });
    let request = Request::from_event(event).expect("an event");
    let calls = Calls::default();
    let (store, objects) = stores(&calls);
    let answer = match function {
        "list" => {
            let pem = SigningKey::generate().to_pkcs8_pem(LineEnding::LF).expect("a PEM");
            let signer = Signer::new(&pem, 900, "K".into(), "https://cdn.example".into()).expect("a signer");
            super::list(&store, &signer, &request).await
        }
        "add" => super::add(&store, &objects, 100, &request).await,
        _ => super::delete(&store, &objects, &request).await,
    };
    let (status, told) = match answer {
        Ok(response) => (response.status(), serde_json::from_str(response.body()).unwrap_or_default()),
        Err(error) => (error.status(), json!(error.to_string())),
    };
    let told = if function == "add" { told["file"]["fileName"].clone() } else { told };
    let calls = calls.lock().expect("no panic").iter().map(|call| call.replace(todo, "the id")).collect();
    (status, told, calls)
}

#[tokio::test]
async fn another_users_ids_cost_the_calls_of_unknown_ones_in_ones_own_partition() {
    for (function, expected) in [("list", "query"), ("add", "write"), ("delete", "get")] {
        let foreign = asked(function, BOBS_TODO, BOBS_FILE).await;
        assert_eq!(foreign, asked(function, UNKNOWN, UNKNOWN).await, "{function}");
        assert!(!foreign.2.is_empty(), "{function}");
        for call in &foreign.2 {
            assert_eq!(call, &format!("{expected} {ALICE}#the id"), "{function}");
        }
    }
}

#[tokio::test]
async fn another_users_file_in_ones_own_folder_is_not_found_by_the_same_call() {
    let foreign = asked("delete", UNKNOWN, BOBS_FILE).await;
    assert_eq!(foreign, asked("delete", UNKNOWN, UNKNOWN).await);
    assert_eq!((foreign.0, foreign.2.len()), (404, 1));
}
