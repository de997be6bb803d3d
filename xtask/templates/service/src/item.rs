//! An item, and how a new one comes to be. Rename it to what the service is about.

use serde::Serialize;
use serde_json::Value;
use shared::Error;
use shared::body::{self, Body};
use uuid::Uuid;

/// Longest text, in Unicode scalar values, after trimming.
const MAX_TEXT: usize = 200;

/// An item as the API tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    #[serde(rename = "itemID")]
    pub(crate) id: Uuid,
    pub(crate) text: String,
}

/// What the caller says about a new item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    text: String,
}

impl Draft {
    /// Reads a body: 400 where it is no JSON object, 422 with every field that is not acceptable.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut body = Body::parse(bytes)?;
        let Some(text) = body.required("text", text) else { return Err(body.refusal()) };
        body.finish()?;
        Ok(Self { text })
    }

    /// The item that this draft becomes under an id.
    pub(crate) fn into_item(self, id: Uuid) -> Item {
        Item { id, text: self.text }
    }
}

fn text(value: &Value) -> Result<String, String> {
    let text = body::text(value)?.trim();
    match text.chars().count() {
        1..=MAX_TEXT => Ok(text.to_owned()),
        _ => Err(format!("must have 1 to {MAX_TEXT} characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_neither_empty_nor_too_long() {
        let text = |text: String| Draft::parse(serde_json::json!({"text": text}).to_string().as_bytes());
        assert_eq!(text(" a ".to_owned()).expect("a draft"), Draft { text: "a".to_owned() });
        assert!(text("ä".repeat(MAX_TEXT)).is_ok());
        for bad in [String::new(), "  ".to_owned(), "ä".repeat(MAX_TEXT + 1)] {
            assert!(matches!(text(bad), Err(Error::Unprocessable(_))));
        }
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused() {
        let error = Draft::parse(br#"{"text": "a", "owner": "b"}"#).expect_err("refused");
        let Error::Unprocessable(fields) = error else { panic!("not a 422: {error:?}") };
        assert_eq!(fields.into_keys().collect::<Vec<_>>(), ["owner"]);
    }
}
