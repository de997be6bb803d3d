//! What the operator orders, and the place where an interrupted walk goes on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{Error, cursor};

use crate::store::Place;

/// A day, the lifetime of an announced upload: by then every event that was to come has come, and has been tried again.
const OLDER_THAN: u32 = 24 * 60 * 60;
/// By then, in seconds, an upload is confirmed or given up: Lambda repeats a failed event after one and after two minutes
/// (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation").
const CONFIRMED_WITHIN: u32 = 15 * 60;

/// The event. Unknown fields are refused: a misspelt `dryRun` must not be taken for its default, nor for its opposite.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Order {
    /// Only say what would be repaired.
    #[serde(default = "yes")]
    pub(super) dry_run: bool,
    /// Leave alone what is younger, in seconds. There is no floor. The order of the app's own writes makes 0 safe (a
    /// record is there before its upload can begin, and a file's object goes before its record does), though a file that is
    /// just being deleted may be found. What it guards against is what nobody has thought of.
    #[serde(default = "a_day")]
    pub(super) older_than: u32,
    /// `next` of an earlier answer.
    #[serde(default)]
    from: Option<String>,
}

/// Where a walk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "walk", rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Position {
    /// In the bucket, after this key.
    Objects { after: Option<String> },
    /// In the table, after this item, whose folder's todo was already looked up.
    Records { after: Option<Place>, judged: bool },
}

impl Order {
    pub(crate) fn read(event: Value) -> Result<Self, Error> {
        // A list would be read as the fields in their order.
        if !event.is_object() {
            return Err(Error::internal("this event is no order: it is no JSON object"));
        }
        serde_json::from_value(event).map_err(|error| Error::internal(format!("this event is no order: {error}")))
    }

    pub(crate) fn from(&self) -> Result<Position, Error> {
        let Some(text) = &self.from else { return Ok(Position::Objects { after: None }) };
        let position = cursor::decode(text, |json| serde_json::from_str(json).ok());
        position.map_err(|_| Error::internal("this event is no order: `from` is no `next` of an earlier answer"))
    }

    /// What changed later than this is left alone.
    pub(crate) fn cutoff(&self, now: Timestamp) -> Timestamp {
        before(now, self.older_than)
    }

    /// What arrived later than this may still be confirmed by its own event. Not a day: the announcement is over by then.
    pub(crate) fn unconfirmed_cutoff(&self, now: Timestamp) -> Timestamp {
        before(now, self.older_than.min(CONFIRMED_WITHIN))
    }
}

impl Position {
    pub(crate) fn encode(&self) -> Result<String, Error> {
        serde_json::to_string(self).map(|json| cursor::encode(&json)).map_err(Error::internal)
    }
}

fn before(now: Timestamp, seconds: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MIN)
}

fn yes() -> bool {
    true
}

fn a_day() -> u32 {
    OLDER_THAN
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(event: Value) -> String {
        let error = Order::read(event).and_then(|order| order.from().map(|_| order)).expect_err("refused");
        shared::error::chain(&error)
    }

    #[test]
    fn nothing_ordered_is_a_dry_run_from_the_start_with_a_day_of_grace() {
        let order = Order::read(json!({})).expect("an order");
        assert!(order.dry_run);
        assert_eq!(order.from().expect("a place"), Position::Objects { after: None });
        let now = Timestamp::from_second(100_000).expect("a time");
        assert_eq!(order.cutoff(now).as_second(), 100_000 - 86_400);
        assert_eq!(order.unconfirmed_cutoff(now).as_second(), 100_000 - 900);
        let order = Order::read(json!({"olderThan": 7})).expect("an order");
        assert_eq!(order.unconfirmed_cutoff(now), order.cutoff(now));
    }

    #[test]
    fn a_misspelt_field_is_refused_with_the_known_ones() {
        let error = error(json!({"dryrun": false}));
        assert!(error.contains("`dryrun`") && error.contains("`dryRun`") && error.contains("`olderThan`"), "{error}");
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for event in [
            json!(null),
            json!([]),
            json!([false]),
            json!({"dryRun": null}),
            json!({"dryRun": "no"}),
            json!({"olderThan": -1}),
        ] {
            assert!(error(event).contains("no order"));
        }
        let (not_json, not_ours) = (cursor::encode("x"), cursor::encode(r#"{"walk":"elsewhere"}"#));
        for from in ["", "!", not_json.as_str(), not_ours.as_str()] {
            assert!(error(json!({"from": from})).contains("`from`"), "{from}");
        }
    }

    #[test]
    fn a_place_comes_back_from_an_answer() {
        let place = Place { owner_todo: "alice#1".into(), file_id: "2".into() };
        for position in [
            Position::Objects { after: Some("a/b/c".into()) },
            Position::Records { after: None, judged: false },
            Position::Records { after: Some(place), judged: true },
        ] {
            let order = Order::read(json!({"from": position.encode().expect("text")})).expect("an order");
            assert_eq!(order.from().expect("a place"), position);
        }
    }

    #[test]
    fn the_longest_grace_is_no_panic() {
        let order = Order::read(json!({"olderThan": u32::MAX})).expect("an order");
        assert!(order.cutoff(Timestamp::MIN) == Timestamp::MIN);
    }
}
