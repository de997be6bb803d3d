//! An item of a table as one line of DynamoDB's own JSON. The same item gives the same line, so lines can be compared. Pure.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// An item by attribute.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The item's line, without a line feed.
///
/// # Errors
/// Where DynamoDB has a type that this version does not know.
pub(super) fn line(item: &Item) -> anyhow::Result<String> {
    Ok(map(item)?.to_string())
}

/// The item of a line.
///
/// # Errors
/// Where it is none.
pub(super) fn parse(line: &str) -> anyhow::Result<Item> {
    let value: Value = serde_json::from_str(line).context("no JSON")?;
    read_map(&value)
}

/// Sorted by name: a map of the SDK has no order.
fn map(item: &Item) -> anyhow::Result<Value> {
    let sorted: BTreeMap<&String, &AttributeValue> = item.iter().collect();
    let all: Result<serde_json::Map<String, Value>, anyhow::Error> =
        sorted.into_iter().map(|(name, one)| Ok((name.clone(), value(one)?))).collect();
    Ok(Value::Object(all?))
}

fn value(one: &AttributeValue) -> anyhow::Result<Value> {
    Ok(match one {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::B(bytes) => json!({"B": STANDARD.encode(bytes)}),
        AttributeValue::Bool(truth) => json!({"BOOL": truth}),
        AttributeValue::Null(truth) => json!({"NULL": truth}),
        AttributeValue::M(item) => json!({"M": map(item)?}),
        AttributeValue::L(list) => json!({"L": list.iter().map(value).collect::<anyhow::Result<Vec<_>>>()?}),
        AttributeValue::Ss(set) => json!({"SS": sorted(set.clone())}),
        AttributeValue::Ns(set) => json!({"NS": sorted(set.clone())}),
        AttributeValue::Bs(set) => json!({"BS": sorted(set.iter().map(|bytes| STANDARD.encode(bytes)).collect())}),
        other => bail!("an attribute of a type that this version does not know: {other:?}"),
    })
}

fn sorted(mut set: Vec<String>) -> Vec<String> {
    set.sort();
    set
}

fn read_map(value: &Value) -> anyhow::Result<Item> {
    let all = value.as_object().context("no object")?.iter();
    all.map(|(name, one)| Ok((name.clone(), read(one).with_context(|| format!("attribute `{name}`"))?))).collect()
}

fn read(value: &Value) -> anyhow::Result<AttributeValue> {
    let (kind, value) = value.as_object().and_then(|all| all.iter().next()).context("no type")?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    let blob = |value: &Value| anyhow::Ok(Blob::new(STANDARD.decode(text(value)?)?));
    let list = || value.as_array().context("no list");
    Ok(match kind.as_str() {
        "S" => AttributeValue::S(text(value)?),
        "N" => AttributeValue::N(text(value)?),
        "B" => AttributeValue::B(blob(value)?),
        "BOOL" => AttributeValue::Bool(value.as_bool().context("neither true nor false")?),
        "NULL" => AttributeValue::Null(value.as_bool().context("neither true nor false")?),
        "M" => AttributeValue::M(read_map(value)?),
        "L" => AttributeValue::L(list()?.iter().map(read).collect::<anyhow::Result<_>>()?),
        "SS" => AttributeValue::Ss(list()?.iter().map(text).collect::<anyhow::Result<_>>()?),
        "NS" => AttributeValue::Ns(list()?.iter().map(text).collect::<anyhow::Result<_>>()?),
        "BS" => AttributeValue::Bs(list()?.iter().map(blob).collect::<anyhow::Result<_>>()?),
        other => bail!("no type `{other}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attribute() -> impl Strategy<Value = AttributeValue> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..8);
        let leaf = prop_oneof![
            ".{0,8}".prop_map(AttributeValue::S),
            any::<i64>().prop_map(|number| AttributeValue::N(number.to_string())),
            bytes().prop_map(|bytes| AttributeValue::B(Blob::new(bytes))),
            any::<bool>().prop_map(AttributeValue::Bool),
            Just(AttributeValue::Null(true)),
            proptest::collection::btree_set("[a-z]{1,4}", 1..4)
                .prop_map(|set| AttributeValue::Ss(set.into_iter().collect())),
            proptest::collection::btree_set(bytes(), 1..4)
                .prop_map(|set| AttributeValue::Bs(set.into_iter().map(Blob::new).collect())),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
                proptest::collection::hash_map("[a-zA-Z\"\\\\]{1,4}", inner, 0..4).prop_map(AttributeValue::M),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_item_comes_back_and_gives_the_same_line(item in proptest::collection::hash_map(".{1,6}", attribute(), 0..6)) {
            let text = line(&item).unwrap();
            let back = parse(&text).unwrap();
            prop_assert_eq!(line(&back).unwrap(), &text[..]);
            prop_assert_eq!(back.len(), item.len());
            prop_assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn the_order_of_a_set_makes_no_other_line() {
        let item = |set: &[&str]| {
            let set = set.iter().map(|one| (*one).to_owned()).collect();
            line(&HashMap::from([("a".to_owned(), AttributeValue::Ss(set))])).unwrap()
        };
        assert_eq!(item(&["x", "y"]), item(&["y", "x"]));
        assert_eq!(item(&["x"]), r#"{"a":{"SS":["x"]}}"#);
    }

    #[test]
    fn what_is_no_item_is_said_with_its_attribute() {
        let error = parse(r#"{"a": {"Q": 1}}"#).unwrap_err();
        assert_eq!(format!("{error:#}"), "attribute `a`: no type `Q`");
        assert!(parse("{").is_err());
    }
}
