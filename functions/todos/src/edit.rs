//! Changes to a todo: which fields a request sets.

use shared::Error;
use shared::body::{self, Body};

use crate::due::DueDate;
use crate::todo::{Todo, prose, title};

/// New values for some fields; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) date_due: Option<DueDate>,
    pub(crate) completed: Option<bool>,
}

impl Edit {
    /// The body of `PATCH`: at least one of title, description and due date.
    pub(crate) fn of_fields(bytes: &[u8]) -> Result<Self, Error> {
        let mut body = Body::parse(bytes)?;
        let edit = Self {
            title: body.optional("title", title),
            description: body.optional("description", prose),
            date_due: body.optional("dateDue", DueDate::from_json),
            ..Self::default()
        };
        body.finish()?;
        if edit == Self::default() {
            return Err(Error::field("body", "must set at least one of title, description, dateDue"));
        }
        Ok(edit)
    }

    /// The body of `complete`: none, or whether the todo is completed.
    pub(crate) fn of_completion(bytes: &[u8]) -> Result<Self, Error> {
        let mut body = Body::parse_optional(bytes)?;
        let completed = body.optional("completed", body::flag);
        body.finish()?;
        Ok(Self { completed: Some(completed.unwrap_or(true)), ..Self::default() })
    }

    /// The body of `addnotes`.
    pub(crate) fn of_notes(bytes: &[u8]) -> Result<Self, Error> {
        let mut body = Body::parse(bytes)?;
        let notes = body.required("notes", prose);
        let Some(notes) = notes else { return Err(body.refusal()) };
        body.finish()?;
        Ok(Self { notes: Some(notes), ..Self::default() })
    }

    /// Whether the todo's place in the list may change.
    pub(crate) fn moves(&self) -> bool {
        self.date_due.is_some() || self.completed.is_some()
    }

    /// The todo with the new values.
    pub(crate) fn applied_to(&self, todo: &Todo) -> Todo {
        let mut todo = todo.clone();
        set(&mut todo.title, self.title.as_ref());
        set(&mut todo.description, self.description.as_ref());
        set(&mut todo.notes, self.notes.as_ref());
        set(&mut todo.date_due, self.date_due.as_ref());
        set(&mut todo.completed, self.completed.as_ref());
        todo
    }
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(result: Result<Edit, Error>) -> Vec<String> {
        let Err(Error::Unprocessable(fields)) = result else { panic!("not a 422: {result:?}") };
        fields.into_keys().collect()
    }

    #[test]
    fn a_patch_sets_what_it_names() {
        let edit = Edit::of_fields(br#"{"title":" a ","dateDue":""}"#).expect("fine");
        let expected = Edit { title: Some("a".into()), date_due: Some(DueDate::default()), ..Edit::default() };
        assert_eq!(edit, expected);
        assert!(edit.moves());
        assert!(!Edit::of_fields(br#"{"description":""}"#).expect("fine").moves());
    }

    #[test]
    fn a_patch_that_sets_nothing_or_too_much_is_refused() {
        assert_eq!(keys(Edit::of_fields(b"{}")), ["body"]);
        assert_eq!(keys(Edit::of_fields(br#"{"title":"","notes":"x"}"#)), ["notes", "title"]);
        assert!(matches!(Edit::of_fields(b""), Err(Error::InvalidRequest(_))));
    }

    #[test]
    fn completing_takes_no_body_or_a_flag() {
        for (body, completed) in
            [("", true), ("{}", true), (r#"{"completed":true}"#, true), (r#"{"completed":false}"#, false)]
        {
            assert_eq!(Edit::of_completion(body.as_bytes()).expect("fine").completed, Some(completed), "{body}");
        }
        assert_eq!(keys(Edit::of_completion(br#"{"completed":"no","x":1}"#)), ["completed", "x"]);
    }

    #[test]
    fn notes_are_required_and_may_be_empty() {
        assert_eq!(Edit::of_notes(br#"{"notes":""}"#).expect("fine").notes.as_deref(), Some(""));
        assert_eq!(keys(Edit::of_notes(b"{}")), ["notes"]);
        assert!(Edit::of_notes(format!("{{\"notes\":\"{}\"}}", "n".repeat(4_000)).as_bytes()).is_ok());
        assert_eq!(keys(Edit::of_notes(format!("{{\"notes\":\"{}\"}}", "n".repeat(4_001)).as_bytes())), ["notes"]);
    }
}
