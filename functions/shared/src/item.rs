//! Reads and writes `DynamoDB` attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Error;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// A string attribute.
#[must_use]
pub fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
#[must_use]
pub fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A string that every item of this kind has.
pub fn text(item: &Item, name: &str) -> Result<String, Error> {
    optional_text(item, name).filter(|text| !text.is_empty()).ok_or_else(|| damaged(name))
}

/// A string that may be absent.
#[must_use]
pub fn optional_text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

/// A number that every item of this kind has.
pub fn integer(item: &Item, name: &str) -> Result<i64, Error> {
    optional_integer(item, name).ok_or_else(|| damaged(name))
}

/// A number that may be absent.
#[must_use]
pub fn optional_integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok())
}

fn damaged(name: &str) -> Error {
    Error::internal(format!("an item's attribute `{name}` is missing or of the wrong type"))
}
