//! What differs between two values, place by place. Pure; applying a difference to the one gives the other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::replacement::Replacement;

/// A step of a path: a key, or a place in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Step {
    /// Place in a list, from 0. Where the list grows or shrinks: the place in the list that has the element.
    Index(usize),
    /// Key of a mapping.
    Key(String),
}

/// One place that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Where, from the outermost key on.
    pub path: Vec<Step>,
    /// What is there; absent where the place is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What will be there; absent where the place goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Whether this change makes CloudFormation replace the resource.
    #[serde(default, skip_serializing_if = "Replacement::is_never")]
    pub replacement: Replacement,
}

impl Difference {
    /// The path as people write it: `Code.S3Key`, `Policies[0].PolicyName`.
    #[must_use]
    pub fn place(&self) -> String {
        let step = |(place, step): (usize, &Step)| match step {
            Step::Index(index) => format!("[{index}]"),
            Step::Key(key) if place == 0 => key.clone(),
            Step::Key(key) => format!(".{key}"),
        };
        self.path.iter().enumerate().map(step).collect()
    }
}

/// The places where two mappings differ, in the order of the first one's keys, then of the second one's new ones.
#[must_use]
pub(super) fn diff(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    mappings(&mut Vec::new(), before, after, &mut found);
    found
}

fn mappings(
    path: &mut Vec<Step>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    for (key, old) in before {
        path.push(Step::Key(key.clone()));
        match after.get(key) {
            Some(new) => values(path, old, new, found),
            None => found.push(difference(path, Some(old), None)),
        }
        path.pop();
    }
    for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        path.push(Step::Key(key.clone()));
        found.push(difference(path, None, Some(new)));
        path.pop();
    }
}

fn values(path: &mut Vec<Step>, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        _ if before == after => {}
        // A function of CloudFormation is one value, not a mapping to look into.
        (Value::Object(old), Value::Object(new)) if !is_function(old) && !is_function(new) => {
            mappings(path, old, new, found);
        }
        (Value::Array(old), Value::Array(new)) => lists(path, old, new, found),
        _ => found.push(difference(path, Some(before), Some(after))),
    }
}

/// What both lists begin and end with stays; the rest is compared in pairs, and what is left over was added or removed.
fn lists(path: &mut Vec<Step>, before: &[Value], after: &[Value], found: &mut Vec<Difference>) {
    let start = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let (old, new) = (&before[start..], &after[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    for place in 0..old.len().max(new.len()) {
        path.push(Step::Index(start + place));
        match (old.get(place), new.get(place)) {
            (Some(old), Some(new)) => values(path, old, new, found),
            (old, new) => found.push(difference(path, old, new)),
        }
        path.pop();
    }
}

fn is_function(mapping: &Map<String, Value>) -> bool {
    mapping.len() == 1 && mapping.keys().all(|key| key.starts_with("Fn::") || key == "Ref")
}

fn difference(path: &[Step], before: Option<&Value>, after: Option<&Value>) -> Difference {
    Difference { path: path.to_vec(), before: before.cloned(), after: after.cloned(), replacement: Replacement::Never }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Carries out differences: changes, then removals from the last on, then additions.
    fn apply(before: &Map<String, Value>, differences: &[Difference]) -> Map<String, Value> {
        let mut root = Value::Object(before.clone());
        let kind = |removal: bool, addition: bool| {
            move |one: &&Difference| one.after.is_none() == removal && one.before.is_none() == addition
        };
        for one in differences.iter().filter(kind(false, false)) {
            *root.pointer_mut(&pointer(&one.path)).unwrap() = one.after.clone().unwrap();
        }
        for one in differences.iter().rev().filter(kind(true, false)) {
            let (step, parent) = one.path.split_last().unwrap();
            match (root.pointer_mut(&pointer(parent)).unwrap(), step) {
                (Value::Object(map), Step::Key(key)) => drop(map.remove(key).unwrap()),
                (Value::Array(list), Step::Index(index)) => drop(list.remove(*index)),
                other => panic!("{other:?}"),
            }
        }
        for one in differences.iter().filter(kind(false, true)) {
            let (step, parent) = one.path.split_last().unwrap();
            let value = one.after.clone().unwrap();
            match (root.pointer_mut(&pointer(parent)).unwrap(), step) {
                (Value::Object(map), Step::Key(key)) => assert!(map.insert(key.clone(), value).is_none()),
                (Value::Array(list), Step::Index(index)) => list.insert(*index, value),
                other => panic!("{other:?}"),
            }
        }
        root.as_object().unwrap().clone()
    }

    fn pointer(path: &[Step]) -> String {
        let text = |step: &Step| match step {
            Step::Index(index) => index.to_string(),
            Step::Key(key) => key.replace('~', "~0").replace('/', "~1"),
        };
        path.iter().flat_map(|step| ["/".to_owned(), text(step)]).collect()
    }

    fn value() -> impl Strategy<Value = Value> {
        let key = prop_oneof![Just("A"), Just("B"), Just("C"), Just("Ref"), Just("a/b~")];
        let leaf = prop_oneof![Just(json!("x")), Just(json!("y")), Just(json!({})), Just(json!([]))];
        leaf.prop_recursive(4, 40, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::btree_map(key.clone(), inner, 0..4)
                    .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ]
        })
    }

    fn mapping() -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::btree_map("[A-D]", value(), 0..5).prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #[test]
        fn equal_mappings_have_no_difference(one in mapping()) {
            prop_assert_eq!(diff(&one, &one), []);
        }

        #[test]
        fn applying_the_difference_gives_the_wanted_mapping(before in mapping(), after in mapping()) {
            let differences = diff(&before, &after);
            prop_assert_eq!(apply(&before, &differences), after);
        }
    }

    #[test]
    fn an_element_in_the_middle_of_a_list_is_one_difference() {
        let (before, after) = (json!({"L": ["a", "b", "c"]}), json!({"L": ["a", "x", "b", "c"]}));
        let found = diff(before.as_object().unwrap(), after.as_object().unwrap());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].place().as_str(), &found[0].before, &found[0].after), ("L[1]", &None, &Some(json!("x"))));
    }

    #[test]
    fn a_function_changes_as_a_whole() {
        let (before, after) = (json!({"P": {"Ref": "A"}}), json!({"P": {"Ref": "B"}}));
        let found = diff(before.as_object().unwrap(), after.as_object().unwrap());
        assert_eq!(found[0].place(), "P");
        assert_eq!(found[0].after, Some(json!({"Ref": "B"})));
    }
}
