//! JSON bodies: read once, taken apart field by field, refused with everything that is wrong with them.

use serde_json::{Map, Value};

use crate::Error;
use crate::error::Fields;

/// The largest body that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The fields of a body that nobody has asked for yet, and what was found wrong with the others.
#[derive(Debug)]
pub struct Body {
    fields: Map<String, Value>,
    problems: Fields,
}

impl Body {
    /// Reads a JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::PayloadTooLarge);
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self { fields, problems: Fields::new() }),
            Ok(_) => Err(Error::InvalidRequest("the body must be a JSON object")),
            Err(_) => Err(Error::InvalidRequest("the body is not valid JSON")),
        }
    }

    /// Like [`Self::parse`], where no body at all means no fields.
    pub fn parse_optional(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.is_empty() { Self::parse(b"{}") } else { Self::parse(bytes) }
    }

    /// Takes a field that may be absent. A bad value is noted, and counts as absent until [`Self::finish`].
    pub fn optional<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        let value = self.fields.shift_remove(name)?;
        match read(&value) {
            Ok(field) => Some(field),
            Err(problem) => {
                self.problems.insert(name.to_owned(), problem);
                None
            }
        }
    }

    /// Takes a field that must be there. `None` means that [`Self::refusal`] has something to say.
    pub fn required<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        if !self.fields.contains_key(name) {
            self.problems.insert(name.to_owned(), "is required".to_owned());
        }
        self.optional(name, read)
    }

    /// 422 if a field was bad, or if one is left that nobody has asked for.
    pub fn finish(self) -> Result<(), Error> {
        if self.fields.is_empty() && self.problems.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// The 422 with every problem.
    #[must_use]
    pub fn refusal(self) -> Error {
        let mut problems = self.problems;
        for (name, _) in self.fields {
            problems.insert(name, "is not a known field".to_owned());
        }
        Error::Unprocessable(problems)
    }
}

/// Reads a string.
pub fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".to_owned())
}

/// Reads a whole number, in whatever way it is written: `5.0` and `5e0` are the number 5 to JSON Schema and to every
/// client that knows one kind of number only.
pub fn whole(value: &Value) -> Result<i64, String> {
    value.as_i64().or_else(|| value.as_f64().and_then(exact)).ok_or_else(|| "must be a whole number".to_owned())
}

/// A number without a fraction, if it is one of those that a double tells apart from its neighbours.
#[expect(clippy::cast_possible_truncation, reason = "there is no fraction, and the size is checked")]
fn exact(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(number as i64)
}

/// Reads a truth value.
pub fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(error: Error) -> Fields {
        let Error::Unprocessable(fields) = error else { panic!("not a 422: {error:?}") };
        fields
    }

    #[test]
    fn what_is_no_json_object_is_an_invalid_request() {
        for bytes in [&b""[..], b"{", b"[]", b"null", b"\"x\"", b"\xff", b"{\"a\":\"\\ud800\"}"] {
            assert!(matches!(Body::parse(bytes), Err(Error::InvalidRequest(_))), "{bytes:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_overflowing_the_stack() {
        let deep = [b"{\"a\":".as_slice(), &b"[".repeat(20_000)].concat();
        assert!(matches!(Body::parse(&deep), Err(Error::InvalidRequest(_))));
    }

    #[test]
    fn the_size_limit_is_sharp() {
        let body = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8)).into_bytes();
        assert_eq!(body(MAX_BYTES).len(), MAX_BYTES);
        assert!(Body::parse(&body(MAX_BYTES)).is_ok());
        assert!(matches!(Body::parse(&body(MAX_BYTES + 1)), Err(Error::PayloadTooLarge)));
    }

    #[test]
    fn missing_bad_and_unknown_fields_are_told_at_once() {
        let mut body = Body::parse(br#"{"bad":1,"odd":2}"#).expect("an object");
        assert_eq!(body.required("missing", |v| text(v).map(str::to_owned)), None);
        assert_eq!(body.optional("bad", |v| text(v).map(str::to_owned)), None);
        assert_eq!(body.optional("absent", flag), None);
        let problems = problems(body.finish().expect_err("three problems"));
        assert_eq!(problems.keys().collect::<Vec<_>>(), ["bad", "missing", "odd"]);
    }

    #[test]
    fn null_is_not_absence() {
        let mut body = Body::parse(br#"{"a":null}"#).expect("an object");
        assert_eq!(body.optional("a", flag), None);
        assert!(problems(body.refusal()).contains_key("a"));
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let read = |text: &str| whole(&serde_json::from_str(text).expect("a number"));
        for (text, number) in [("5", 5), ("5.0", 5), ("5e0", 5), ("0.5e1", 5), ("-0", 0), ("-7.0", -7)] {
            assert_eq!(read(text), Ok(number), "{text}");
        }
        for text in ["1.5", "1e300", "9007199254740993.0", "18446744073709551615", "\"5\"", "true", "null"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("9223372036854775807"), Ok(i64::MAX));
    }

    #[test]
    fn an_optional_body_may_be_empty() {
        assert!(Body::parse_optional(b"").and_then(Body::finish).is_ok());
    }
}
