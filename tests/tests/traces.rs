//! What a whole test run has left in the logs. It runs last: cargo runs programs by name.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::routes::routes;
use tests::{Deployment, aws, logs};

/// Shorter texts occur by chance.
const SHORTEST: usize = 6;

/// Every value of these attributes in a table, as far as it is long enough.
fn texts(table: &str, attributes: &[&str]) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let mut request = json!({"TableName": table});
    loop {
        let page = aws::dynamodb("Scan", &request);
        for item in page["Items"].as_array().unwrap() {
            let values = attributes.iter().filter_map(|name| item[name]["S"].as_str());
            texts.extend(values.filter(|text| text.len() >= SHORTEST).map(str::to_owned));
        }
        if page["LastEvaluatedKey"].is_null() {
            return texts;
        }
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}

/// Every address and every `sub` of the pool.
fn people() -> BTreeSet<String> {
    let mut people = BTreeSet::new();
    let mut request = json!({"UserPoolId": Deployment::get().output("auth", "UserPoolId"), "Limit": 60});
    loop {
        let page = aws::cognito("ListUsers", &request);
        for user in page["Users"].as_array().unwrap() {
            let known = user["Attributes"].as_array().unwrap().iter();
            let known = known.filter(|one| one["Name"] == "sub" || one["Name"] == "email");
            people.extend(known.map(|one| one["Value"].as_str().unwrap().to_owned()));
        }
        match &page["PaginationToken"] {
            Value::String(token) => request["PaginationToken"] = json!(token),
            _ => return people,
        }
    }
}

#[test]
fn no_log_names_a_person_a_token_or_what_somebody_wrote() {
    let deployment = Deployment::get();
    let people = people();
    assert!(people.len() > 20, "the tests' users: {people:?}");
    let mut secrets = texts(deployment.output("todos", "TableName"), &["title", "description", "notes"]);
    secrets.extend(texts(deployment.output("files", "TableName"), &["fileName", "sha256"]));
    secrets.extend(people);
    // What every JSON web token begins with, and every presigned address contains.
    secrets.extend(["eyJ", "X-Amz-Signature", "@example.com"].map(str::to_owned));
    for group in logs::groups() {
        let events = logs::of(&group, "");
        let functions = !group.contains("apigateway");
        assert!(!functions || !events.is_empty(), "{group} is empty: was anything run?");
        let all: String = events.into_iter().map(|event| event.message + "\n").collect();
        for secret in &secrets {
            if let Some(place) = all.find(secret.as_str()) {
                let line = all[place..].lines().next().unwrap();
                panic!("{group} holds `{secret}`: {line}");
            }
        }
    }
}

/// `CloudWatch` takes the metrics out of these lines, which nothing does here: that they are there is seen here or nowhere.
#[test]
fn every_function_tells_its_calls_in_one_line_with_their_metrics() {
    let routes = routes("{userID}", "{todoID}", "{fileID}").into_iter();
    let routes: BTreeMap<_, _> = routes.map(|one| (one.function, format!("{} {}", one.method, one.path))).collect();
    let mut told = BTreeSet::new();
    let groups = logs::groups().into_iter().filter(|group| group.starts_with("/aws/lambda/"));
    for group in groups {
        let (stack, handler) = group.rsplit('/').next().unwrap().rsplit_once('-').unwrap();
        let lines: Vec<Value> =
            logs::of(&group, "").iter().filter_map(|event| serde_json::from_str(&event.message).ok()).collect();
        let calls: Vec<&Value> = lines.iter().filter(|line| line["handler"] == handler).collect();
        assert!(!calls.is_empty(), "{group} tells of no call");
        for line in calls {
            if let Some(route) = routes.get(handler) {
                // What the gateway did not send, such as an event of a test, has no route and no user.
                if !line["route"].is_null() {
                    assert_eq!(line["route"], route.as_str(), "{group}");
                    assert!(line["user"].as_str().is_some_and(is_hash), "{group}: {line}");
                    told.insert(handler.to_owned());
                }
            } else {
                assert!(line["route"].is_null() && line["user"].is_null(), "{group}: {line}");
            }
            assert!(line["requestId"].is_string() && line["outcome"].is_string(), "{group}: {line}");
            let metrics = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(
                (&metrics["Namespace"], &metrics["Dimensions"]),
                (&json!(stack), &json!([["handler"]])),
                "{line}"
            );
            for metric in metrics["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{group}: {line}");
            }
        }
    }
    assert_eq!(told.iter().map(String::as_str).collect::<Vec<_>>(), routes.keys().copied().collect::<Vec<_>>());
}

/// Whether a text can be what a log may know of a user.
fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
