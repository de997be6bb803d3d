//! What the functions of the environment have logged.

use serde_json::json;

use crate::{Deployment, aws};

/// A logged event.
#[derive(Debug)]
pub struct Event {
    /// The log group.
    pub group: String,
    /// The text.
    pub message: String,
}

/// The log groups of the environment: one per function, one per API.
#[must_use]
pub fn groups() -> Vec<String> {
    let prefix = Deployment::get().prefix();
    let of = |start: &str| {
        let answer = aws::logs("DescribeLogGroups", &json!({"logGroupNamePrefix": format!("{start}/{prefix}-")}));
        assert!(answer["nextToken"].is_null(), "more than a page of log groups");
        let names = answer["logGroups"].as_array().unwrap().iter();
        names.map(|group| group["logGroupName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    [of("/aws/lambda"), of("/aws/vendedlogs/apigateway")].concat()
}

/// Every event of every log group.
#[must_use]
pub fn events() -> Vec<Event> {
    groups().iter().flat_map(|group| of(group, "")).collect()
}

/// A group's events that hold all words of the pattern, or all there are.
#[must_use]
pub fn of(group: &str, pattern: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut request = json!({"logGroupName": group, "limit": 10_000});
    if !pattern.is_empty() {
        request["filterPattern"] = json!(format!("\"{pattern}\""));
    }
    loop {
        let answer = aws::logs("FilterLogEvents", &request);
        let found = answer["events"].as_array().unwrap().iter();
        events.extend(
            found
                .map(|event| Event { group: group.to_owned(), message: event["message"].as_str().unwrap().to_owned() }),
        );
        if answer["nextToken"].is_null() {
            return events;
        }
        request["nextToken"] = answer["nextToken"].clone();
    }
}
