//! The events that start the background functions, reduced to what is read. Every part may be absent, so that any
//! event can be read, and what makes no sense is judged one record at a time.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::Error;

/// An event with records, in Lambda's usual envelope.
#[derive(Debug, Deserialize)]
#[serde(bound = "R: Deserialize<'de>")]
struct Envelope<R> {
    #[serde(rename = "Records", default = "Vec::new")]
    records: Vec<R>,
}

/// The records of an event.
pub(crate) fn records<R: for<'de> Deserialize<'de>>(event: Value) -> Result<Vec<R>, Error> {
    let envelope: Envelope<R> = serde_json::from_value(event).map_err(Error::internal)?;
    Ok(envelope.records)
}

/// A notification of S3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ObjectCreated {
    s3: S3,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct S3 {
    object: Object,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    key: String,
}

impl ObjectCreated {
    /// The object's key, which the event has form-encoded.
    pub(crate) fn key(&self) -> String {
        let spaced = self.s3.object.key.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    }
}

/// A change of the todos table, keys only.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TableChange {
    event_name: String,
    dynamodb: Change,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Change {
    #[serde(rename = "Keys")]
    keys: Keys,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Keys {
    #[serde(rename = "userID")]
    user_id: Text,
    #[serde(rename = "todoID")]
    todo_id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Text {
    #[serde(rename = "S")]
    s: String,
}

impl TableChange {
    /// The user and the id of what was removed; none for any other change.
    pub(crate) fn removed(&self) -> Option<(&str, &str)> {
        let keys = &self.dynamodb.keys;
        (self.event_name == "REMOVE").then_some((keys.user_id.s.as_str(), keys.todo_id.s.as_str()))
    }
}

/// A message of the purge queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) message_id: String,
    body: String,
}

impl Message {
    pub(crate) fn todo(&self) -> Result<DeletedTodo<'_>, Error> {
        serde_json::from_str(&self.body).map_err(Error::internal)
    }
}

/// A deleted todo, as the purge queue carries it.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct DeletedTodo<'a> {
    #[serde(rename = "userID", borrow)]
    pub(crate) user_id: Cow<'a, str>,
    #[serde(rename = "todoID", borrow)]
    pub(crate) todo_id: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_objects_key_is_decoded() {
        let event = json!({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "a%2Bb+c%C3%A9/d", "size": 1}}}]});
        let records: Vec<ObjectCreated> = records(event).expect("records");
        assert_eq!(records[0].key(), "a+b cé/d");
    }

    #[test]
    fn only_removals_are_removals() {
        let keys = json!({"userID": {"S": "u"}, "todoID": {"S": "t"}});
        let change = |name: &str| json!({"eventName": name, "dynamodb": {"Keys": keys, "StreamViewType": "KEYS_ONLY"}});
        let event = json!({"Records": [change("INSERT"), change("REMOVE"), change("MODIFY")]});
        let changes: Vec<TableChange> = records(event).expect("records");
        let removed: Vec<_> = changes.iter().filter_map(TableChange::removed).collect();
        assert_eq!(removed, [("u", "t")]);
    }

    #[test]
    fn events_without_records_have_none() {
        for event in [json!({}), json!({"Event": "s3:TestEvent"}), json!({"Records": []})] {
            assert!(records::<ObjectCreated>(event).expect("no records").is_empty());
        }
    }

    #[test]
    fn events_of_another_shape_are_errors_and_no_panic() {
        for event in [json!(null), json!(1), json!({"Records": 1}), json!({"Records": [{"s3": 1}]})] {
            assert!(records::<ObjectCreated>(event).is_err());
        }
    }

    #[test]
    fn a_message_must_name_user_and_todo() {
        let message = |body: &str| Message { message_id: "m".into(), body: body.into() };
        assert!(message(r#"{"userID":"u","todoID":"t"}"#).todo().is_ok());
        for body in ["", "{}", "[]", r#"{"userID":1,"todoID":"t"}"#] {
            assert!(message(body).todo().is_err(), "{body}");
        }
    }
}
