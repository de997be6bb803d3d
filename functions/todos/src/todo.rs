//! A todo, and how a new one comes to be.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::body::{self, Body};
use shared::{Error, User, clock};
use uuid::Uuid;

use crate::due::DueDate;
use crate::order::Place;

/// Longest title, in Unicode scalar values, after trimming.
pub(crate) const MAX_TITLE: usize = 200;
/// Longest description and longest notes, in Unicode scalar values.
const MAX_PROSE: usize = 4_000;

/// A todo as the API tells it. Optional texts are empty where absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Todo {
    #[serde(rename = "todoID")]
    pub(crate) id: Uuid,
    #[serde(rename = "userID")]
    pub(crate) user_id: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) notes: String,
    #[serde(rename = "dateDue", serialize_with = "due_date")]
    pub(crate) date_due: DueDate,
    #[serde(rename = "dateCreated")]
    pub(crate) date_created: String,
    pub(crate) completed: bool,
}

impl Todo {
    pub(crate) fn place(&self) -> Place {
        Place { completed: self.completed, date_due: self.date_due.clone(), todo_id: self.id }
    }
}

/// What the caller says about a new todo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    title: String,
    description: String,
    date_due: DueDate,
}

impl Draft {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut body = Body::parse(bytes)?;
        let title = body.required("title", title);
        let description = body.optional("description", prose);
        let date_due = body.optional("dateDue", DueDate::from_json);
        let Some(title) = title else { return Err(body.refusal()) };
        body.finish()?;
        Ok(Self { title, description: description.unwrap_or_default(), date_due: date_due.unwrap_or_default() })
    }

    /// The todo that this draft becomes. Everything but the draft follows from the user and the id, whose time is
    /// the creation date: so a repeated request can be answered from its id alone, even after the todo's deletion.
    pub(crate) fn into_todo(self, user: &User, id: Uuid) -> Result<Todo, Error> {
        Ok(Todo {
            id,
            user_id: user.as_str().to_owned(),
            title: self.title,
            description: self.description,
            notes: String::new(),
            date_due: self.date_due,
            date_created: clock::rfc3339(created(id)?),
            completed: false,
        })
    }

    /// Tells drafts apart; spelling differences of the JSON don't count.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.title, &self.description, self.date_due.as_str()] {
            // The length keeps two fields from being mistaken for others with the same concatenation.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }
}

/// The time in a `UUIDv7`: its first 48 bits, in milliseconds (RFC 9562, section 5.7).
fn created(id: Uuid) -> Result<Timestamp, Error> {
    let (high, _) = id.as_u64_pair();
    let millis = i64::try_from(high >> 16).map_err(Error::internal)?;
    Timestamp::from_millisecond(millis).map_err(Error::internal)
}

/// Reads a title.
pub(crate) fn title(value: &Value) -> Result<String, String> {
    let text = body::text(value)?.trim();
    match text.chars().count() {
        1..=MAX_TITLE => Ok(text.to_owned()),
        _ => Err(format!("must have 1 to {MAX_TITLE} characters")),
    }
}

/// Reads a description or notes.
pub(crate) fn prose(value: &Value) -> Result<String, String> {
    let text = body::text(value)?;
    if text.chars().count() > MAX_PROSE {
        return Err(format!("must have at most {MAX_PROSE} characters"));
    }
    Ok(text.to_owned())
}

fn due_date<S: serde::Serializer>(date: &DueDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(date.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(body: &Value) -> Result<Draft, Error> {
        Draft::parse(body.to_string().as_bytes())
    }

    fn refused(body: &Value) -> Vec<String> {
        let Err(Error::Unprocessable(fields)) = draft(body) else { panic!("accepted: {body}") };
        fields.into_keys().collect()
    }

    #[test]
    fn a_title_is_trimmed_and_counted_in_characters() {
        assert_eq!(draft(&json!({"title": " \u{3000}x\n"})).expect("fine").title, "x");
        assert!(draft(&json!({"title": "🦀".repeat(200)})).is_ok());
        assert!(draft(&json!({"title": format!(" {} ", "x".repeat(200))})).is_ok());
        for title in [json!(""), json!("  "), json!("x".repeat(201)), json!(1), json!(null)] {
            assert_eq!(refused(&json!({"title": title})), ["title"]);
        }
    }

    #[test]
    fn a_description_may_be_empty_and_has_a_sharp_limit() {
        assert!(draft(&json!({"title": "x", "description": ""})).is_ok());
        assert!(draft(&json!({"title": "x", "description": "é".repeat(4_000)})).is_ok());
        assert_eq!(refused(&json!({"title": "x", "description": "é".repeat(4_001)})), ["description"]);
    }

    #[test]
    fn every_bad_field_is_named() {
        let body = json!({"description": 1, "dateDue": "2026-02-30", "completed": true, "userID": "x"});
        assert_eq!(refused(&body), ["completed", "dateDue", "description", "title", "userID"]);
    }

    #[test]
    fn a_new_todo_is_told_with_every_field() {
        let user = User::from_subject("alice").expect("a subject");
        let id = Uuid::try_parse("01890a5d-ac96-774b-bcce-b302099a8057").expect("an id");
        let todo = draft(&json!({"title": "x"})).and_then(|draft| draft.into_todo(&user, id)).expect("a todo");
        assert_eq!(
            serde_json::to_value(todo).expect("JSON"),
            json!({
                "todoID": "01890a5d-ac96-774b-bcce-b302099a8057", "userID": "alice", "title": "x", "description": "",
                "notes": "", "dateDue": "", "dateCreated": "2023-06-30T03:34:18.518Z", "completed": false,
            })
        );
    }

    #[test]
    fn the_creation_date_is_the_ids_time() {
        let before = Timestamp::now().as_millisecond();
        let date = created(Uuid::now_v7()).expect("a date").as_millisecond();
        assert!((before..=Timestamp::now().as_millisecond()).contains(&date));
    }

    #[test]
    fn the_digest_sees_content_and_not_spelling() {
        let digest = |text: &str| Draft::parse(text.as_bytes()).expect("a draft").digest();
        let plain = digest(r#"{"title":"a","description":""}"#);
        assert_eq!(plain, digest(r#"{ "description": "", "title": " \u0061 " }"#));
        assert_eq!(plain, digest(r#"{"title":"a"}"#));
        assert_ne!(plain, digest(r#"{"title":"a","dateDue":"2026-01-01"}"#));
        assert_ne!(digest(r#"{"title":"ab","description":"c"}"#), digest(r#"{"title":"a","description":"bc"}"#));
    }
}
