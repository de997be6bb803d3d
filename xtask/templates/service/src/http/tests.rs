//! Routes against a table that is not there.

mod table;

use serde_json::{Value, json};

use super::*;
use table::Table;

const ALICE: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const BOB: &str = "bbbbbbbb-0000-4000-8000-000000000000";
const ITEM: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Status and body of the answer to Alice, who calls this user's path.
async fn answer(route: Route, table: &Table, path_user: &str, more: Value) -> (u16, Value) {
    let mut event = json!({
        "pathParameters": {"userID": path_user},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": ALICE}}}},
    });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    match route.answer(&table.store(), &Request::from_event(event).expect("an event")).await {
        Ok(response) => (response.status(), serde_json::from_str(response.body()).expect("JSON")),
        Err(error) => (error.status(), Value::Null),
    }
}

fn refusal(code: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}")}))
}

fn body(text: &str) -> Value {
    json!({"body": json!({"text": text}).to_string()})
}

#[test]
fn every_route_is_found_by_its_handler() {
    for route in Route::ALL {
        assert_eq!(Route::from_handler(route.name()).ok(), Some(route));
    }
    assert!(Route::from_handler("bootstrap").expect_err("unknown").to_string().contains("`bootstrap`"));
}

#[tokio::test]
async fn every_route_refuses_another_users_path_before_it_looks_at_anything_else() {
    for route in Route::ALL {
        let more = json!({"body": "{", "rawQueryString": "limit=0"});
        assert_eq!(answer(route, &Table::default(), BOB, more).await.0, 403, "{route:?}");
    }
}

#[tokio::test]
async fn an_item_is_added_to_the_users_own_partition() {
    // The second answer is that of a call which the SDK sent twice, since the first answer got lost.
    let table = Table::with([(200, json!({})), refusal("ConditionalCheckFailedException")]);
    for _ in 0..2 {
        let (status, item) = answer(Route::Add, &table, ALICE, body(" a ")).await;
        assert_eq!((status, &item["text"]), (201, &json!("a")));
    }
    let call = &table.calls()[0];
    assert_eq!(call["Item"]["userID"], json!({"S": ALICE}));
    assert_eq!(call["ConditionExpression"], "attribute_not_exists(itemID)");
    for bad in ["", "{", "[]", "{}"] {
        let status = answer(Route::Add, &Table::default(), ALICE, json!({"body": bad})).await.0;
        assert!([400, 422].contains(&status), "{bad}: {status}");
    }
}

#[tokio::test]
async fn a_page_ends_with_a_cursor_where_there_is_more() {
    let record = |id: &str| json!({"userID": {"S": ALICE}, "itemID": {"S": id}, "text": {"S": "a"}});
    let two = [record(ITEM), record("01890a5d-ac96-774b-bcce-b302099a8058")];
    let table = Table::with([(200, json!({"Items": two})), (200, json!({"Items": []}))]);
    let first = answer(Route::List, &table, ALICE, json!({"rawQueryString": "limit=1"})).await;
    let items = [json!({"itemID": ITEM, "text": "a"})];
    assert_eq!(first, (200, json!({"items": items, "nextCursor": cursor::encode(ITEM)})));
    let next = format!("cursor={}", cursor::encode(ITEM));
    assert_eq!(answer(Route::List, &table, ALICE, json!({"rawQueryString": next})).await, (200, json!({"items": []})));
    let [first, next] = &table.calls()[..] else { panic!("two calls") };
    assert_eq!((&first["Limit"], &first["ConsistentRead"]), (&json!(2), &json!(true)));
    assert_eq!(first["ExpressionAttributeValues"], json!({":user": {"S": ALICE}}));
    assert_eq!(next["ExclusiveStartKey"], json!({"userID": {"S": ALICE}, "itemID": {"S": ITEM}}));
    let bad = json!({"rawQueryString": "cursor=x&limit=0"});
    assert_eq!(answer(Route::List, &Table::default(), ALICE, bad).await.0, 422);
}

#[tokio::test]
async fn throttling_is_told_as_such() {
    let table = Table::with([refusal("ProvisionedThroughputExceededException")]);
    assert_eq!(answer(Route::Add, &table, ALICE, body("a")).await.0, 429);
}
