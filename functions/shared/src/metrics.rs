//! Metrics as part of a log line: the `_aws` member that makes `CloudWatch` take them out of it (Amazon `CloudWatch` User
//! Guide, "Specification: Embedded metric format"). No call, no agent, nothing that could fail.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;

/// The variable that names where the metrics go; without it a line carries none.
const NAMESPACE: &str = "METRICS_NAMESPACE";
/// The member of a line that tells functions apart.
const DIMENSION: &str = "handler";
/// The class of failures that neither AWS's 5xx nor its errors count: the one that an alarm asks of the service as a whole.
const THROTTLED: &str = "throttled";
/// The member of a line that every call has.
const LATENCY: &str = "latencyMs";

/// Where a function's metrics go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    namespace: Option<String>,
}

impl Metrics {
    pub(crate) fn from_env() -> Self {
        Self { namespace: std::env::var(NAMESPACE).ok() }
    }

    /// Says which members of a line are metrics: the latency, and every count. A zero is no news, and a metric costs.
    pub(crate) fn directive<'a>(&'a self, members: &'a Map<String, Value>) -> Option<Directive<'a>> {
        let namespace = self.namespace.as_deref()?;
        let latency = Metric { name: LATENCY, unit: "Milliseconds" };
        let counts = members.iter().filter(|(_, value)| value.as_u64().is_some_and(|count| count > 0));
        let counts = counts.map(|(name, _)| Metric { name, unit: "Count" });
        let metrics: Vec<Metric> = std::iter::once(latency).chain(counts).collect();
        let throttled = metrics.iter().copied().find(|metric| metric.name == THROTTLED);
        let whole = throttled.map(|metric| Set { namespace, dimensions: [&[]], metrics: vec![metric] });
        let own = Set { namespace, dimensions: [&[DIMENSION]], metrics };
        Some(Directive {
            timestamp: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis(),
            cloud_watch_metrics: std::iter::once(own).chain(whole).collect(),
        })
    }
}

/// The `_aws` member.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Directive<'a> {
    timestamp: u128,
    cloud_watch_metrics: Vec<Set<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Set<'a> {
    namespace: &'a str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric<'a>>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric<'a> {
    name: &'a str,
    unit: &'static str,
}

/// What a line tells beyond what all lines tell: what the handler did, and the class of a failure.
pub(crate) fn members(detail: Value, error: Option<&Error>, failed: bool) -> Map<String, Value> {
    let mut members = match detail {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let class = match error.map(Error::status) {
        Some(500..) => "faults",
        Some(429) => THROTTLED,
        Some(_) => "refused",
        None if failed => "faults",
        None => return members,
    };
    members.insert(class.to_owned(), 1.into());
    members
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_directive_names_members_of_the_line_and_their_units() {
        let metrics = Metrics { namespace: Some("demo-dev".to_owned()) };
        let members = members(json!({"confirmed": 2, "deleted": 0, "causes": ["x"]}), None, false);
        let directive = serde_json::to_value(metrics.directive(&members)).expect("JSON");
        assert_eq!(
            directive["CloudWatchMetrics"],
            json!([{
                "Namespace": "demo-dev",
                "Dimensions": [["handler"]],
                "Metrics": [{"Name": "latencyMs", "Unit": "Milliseconds"}, {"Name": "confirmed", "Unit": "Count"}],
            }])
        );
        assert!(directive["Timestamp"].as_u64().is_some_and(|millis| millis > 1_600_000_000_000));
    }

    #[test]
    fn throttling_is_counted_for_the_service_too() {
        let metrics = Metrics { namespace: Some("demo-dev".to_owned()) };
        let members = members(Value::Null, Some(&Error::TooManyRequests), false);
        let directive = serde_json::to_value(metrics.directive(&members)).expect("JSON");
        let own = [json!({"Name": "latencyMs", "Unit": "Milliseconds"}), json!({"Name": "throttled", "Unit": "Count"})];
        assert_eq!(
            directive["CloudWatchMetrics"],
            json!([
                {"Namespace": "demo-dev", "Dimensions": [["handler"]], "Metrics": own},
                {"Namespace": "demo-dev", "Dimensions": [[]], "Metrics": own[1..]},
            ])
        );
    }

    #[test]
    fn without_a_namespace_there_are_no_metrics() {
        assert!(Metrics::default().directive(&Map::new()).is_none());
    }

    #[test]
    fn a_failure_is_counted_by_its_class() {
        let class = |error: &Error| members(Value::Null, Some(error), false).keys().next().cloned();
        assert_eq!(class(&Error::internal("x")).as_deref(), Some("faults"));
        assert_eq!(class(&Error::TooManyRequests).as_deref(), Some("throttled"));
        assert_eq!(class(&Error::NotFound).as_deref(), Some("refused"));
        assert_eq!(json!(members(json!({"purged": 1}), None, true)), json!({"purged": 1, "faults": 1}));
        assert!(members(Value::Null, None, false).is_empty());
    }
}
