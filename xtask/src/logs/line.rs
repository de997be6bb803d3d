//! One event as a line for people, or as JSON for programs.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json as value};

use crate::aws::logs::Entry;
use crate::ui::{self, steers};

/// Colours of functions, one after the other: none of them is the red of errors.
const COLOURS: [&str; 6] = ["36", "32", "35", "34", "33", "96"];
/// Members that a line tells without their names.
const PLAIN: [&str; 6] = ["level", "route", "status", "latencyMs", "message", "handler"];
/// The member that makes metrics of others (Amazon CloudWatch User Guide, "Embedded metric format").
const METRICS: &str = "_aws";

/// How Lambda's own lines begin; they step back.
const PLATFORM: [&str; 4] = ["START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START "];

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether the reader shows colours.
    pub colour: bool,
    /// Columns of the longest function's name.
    pub width: usize,
}

impl Look {
    /// The column at which what was logged begins, behind time, function and level.
    #[must_use]
    pub fn text(self) -> usize {
        "00:00:00.000  LEVEL ".len() + self.width + 1
    }
}

/// An event as a line: time in UTC, function, level, route, status, latency, message, the rest as `key=value`.
#[must_use]
pub fn line(look: Look, number: usize, label: &str, entry: &Entry) -> String {
    let paint = |code: &str, text: &str| ui::paint(look.colour, code, text);
    let (level, text) = match serde_json::from_str(&entry.message) {
        Ok(Value::Object(members)) => (level(&members), told(&members)),
        _ => (raw_level(&entry.message), visible(&entry.message)),
    };
    let failed = matches!(level.as_str(), "ERROR" | "FATAL");
    let time = Timestamp::from_millisecond(entry.at)
        .map_or_else(|_| entry.at.to_string(), |at| at.strftime("%T%.3f").to_string());
    let colour = match level.as_str() {
        _ if failed => "1;31",
        "WARN" => "1;33",
        _ => "2",
    };
    let name = paint(COLOURS[number % COLOURS.len()], &format!("{label:<width$}", width = look.width));
    let platform = is_platform(entry);
    let text = match (failed, platform) {
        (true, _) => paint("31", &text),
        (false, true) => paint("2", &text),
        (false, false) => text,
    };
    format!("{} {name} {} {text}", paint("2", &time), paint(colour, &format!("{level:<5}"))).trim_end().to_owned()
}

/// Whether an event is Lambda's own word on a call, not the function's.
#[must_use]
pub fn is_platform(entry: &Entry) -> bool {
    PLATFORM.iter().any(|word| entry.message.starts_with(word))
}

/// An event as one line of JSON: `{at, function, group, id, event}`, the event as it is where it is JSON, else its text.
#[must_use]
pub fn json(label: &str, group: &str, entry: &Entry) -> String {
    let at = Timestamp::from_millisecond(entry.at).map_or(Value::from(entry.at), |at| at.to_string().into());
    let event = serde_json::from_str(&entry.message).unwrap_or_else(|_| Value::from(entry.message.as_str()));
    value!({"at": at, "function": label, "group": group, "id": entry.id, "event": event}).to_string()
}

fn level(members: &Map<String, Value>) -> String {
    let level = members.get("level").and_then(Value::as_str).unwrap_or_default().to_uppercase();
    if level == "WARNING" { "WARN".to_owned() } else { visible(&level) }
}

/// Lambda's own words on a function that died (AWS Lambda Developer Guide, "Lambda function errors").
fn raw_level(text: &str) -> String {
    let died = ["Task timed out", "Runtime exited", "Runtime.ExitError", "panicked at"];
    if died.iter().any(|words| text.contains(words)) { "ERROR".to_owned() } else { String::new() }
}

fn told(members: &Map<String, Value>) -> String {
    let mut text = String::new();
    let mut add = |word: String| {
        if !word.is_empty() {
            let _ = write!(text, "{}{word}", if text.is_empty() { "" } else { "  " });
        }
    };
    let plain = |name: &str| members.get(name).map(bare).unwrap_or_default();
    let status = [plain("route"), plain("status")].join(" ");
    add(status.trim().to_owned());
    add(members.get("latencyMs").and_then(Value::as_f64).map_or(String::new(), |ms| format!("{ms:.1} ms")));
    add(plain("message"));
    let rest = members.iter().filter(|(name, _)| !PLAIN.contains(&name.as_str()) && *name != METRICS);
    let rest: Vec<String> = rest.map(|(name, value)| format!("{}={}", visible(name), quoted(value))).collect();
    add(rest.join(" "));
    text
}

fn bare(value: &Value) -> String {
    visible(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// As it stands where no blank could tear it apart, else as JSON.
fn quoted(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || steers(c)) => {
            text.to_owned()
        }
        _ => visible(&value.to_string()),
    }
}

/// A log holds what strangers sent: nothing of it may steer a terminal, and a text of several lines stays one.
fn visible(text: &str) -> String {
    ui::visible(text).replace('\n', "\n    ").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(message: &str) -> Entry {
        Entry { id: "1".into(), at: 1_764_022_222_345, message: message.into() }
    }

    fn told(message: &str) -> String {
        line(Look { colour: false, width: 9 }, 0, "addOrder", &entry(message))
    }

    #[test]
    fn a_call_is_told_by_what_matters_first() {
        let call = r#"{"level":"info","requestId":"a-1","handler":"addOrder","route":"POST /orders","user":"ab12",
            "status":201,"outcome":"ok","latencyMs":12.345,"lines":3,"_aws":{"CloudWatchMetrics":[]}}"#;
        let failed = r#"{"level":"error","requestId":"a-2","route":"POST /orders","status":500,"outcome":"internal",
            "latencyMs":3,"error":"cannot write: \"on fire\""}"#;
        let start = r#"{"level":"error","error":"no TABLE"}"#;
        let other = r#"{"level":"WARNING","message":"slow disk","took":[1,2]}"#;
        let died = "2026-11-24T22:10:22Z a-3 Task timed out after 3.00 seconds";
        let lines = [call, failed, start, other, died, "START RequestId: a-4", "[1]"].map(told).join("\n");
        insta::assert_snapshot!(lines, @r#"
        22:10:22.345 addOrder  INFO  POST /orders 201  12.3 ms  requestId=a-1 user=ab12 outcome=ok lines=3
        22:10:22.345 addOrder  ERROR POST /orders 500  3.0 ms  requestId=a-2 outcome=internal error="cannot write: \"on fire\""
        22:10:22.345 addOrder  ERROR error="no TABLE"
        22:10:22.345 addOrder  WARN  slow disk  took=[1,2]
        22:10:22.345 addOrder  ERROR 2026-11-24T22:10:22Z a-3 Task timed out after 3.00 seconds
        22:10:22.345 addOrder        START RequestId: a-4
        22:10:22.345 addOrder        [1]
        "#);
    }

    #[test]
    fn colours_tell_functions_and_failures_apart() {
        let look = Look { colour: true, width: 3 };
        let info = line(look, 0, "add", &entry(r#"{"level":"info"}"#));
        let other = line(look, 1, "get", &entry(r#"{"level":"info"}"#));
        let failed = line(look, 6, "add", &entry(r#"{"level":"error","error":"x"}"#));
        assert!(info.contains("\x1b[36madd") && other.contains("\x1b[32mget"), "{info} {other}");
        assert!(failed.contains("\x1b[36madd") && failed.contains("\x1b[1;31mERROR"), "{failed}");
    }

    #[test]
    fn nothing_in_a_log_steers_the_terminal() {
        for message in [
            "a\x1b[2Jb",
            "{\"message\":\"a\\u001b[2J\",\"k\\u001b\":\"\\u001b]0;x\",\"level\":\"\\u001b\"}",
            "a\rb",
            "{\"status\":[\"\u{9b}2J\u{202e}\"]}",
        ] {
            let line = told(message);
            assert!(!line.contains(steers), "{line:?}");
        }
        assert!(told("a\nb").ends_with("a\n    b"), "a text of several lines stays one");
    }

    #[test]
    fn json_has_the_event_as_it_was() {
        let line = json("addOrder", "/aws/lambda/x", &entry(r#"{"b":1,"a":"é"}"#));
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["event"], value!({"b": 1, "a": "é"}));
        assert_eq!(read["at"], "2025-11-24T22:10:22.345Z");
        assert_eq!(serde_json::from_str::<Value>(&json("f", "g", &entry("plain"))).unwrap()["event"], "plain");
    }
}
