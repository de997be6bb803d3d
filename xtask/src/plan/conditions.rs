//! `Conditions` of a template whose parameters are filled in: what they leave out of it, and which branch of an `Fn::If` they
//! take. What cannot be known from the template and its parameters stays as it is. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::references::is_unknown;
use super::template::Template;

/// Every condition by name; `None` where only CloudFormation knows (values of the deploy, pseudo
/// parameters of a stack that is not there yet).
#[must_use]
pub(super) fn evaluate(template: &Template) -> BTreeMap<String, Option<bool>> {
    let Some(Value::Object(all)) = template.sections.get("Conditions") else { return BTreeMap::new() };
    all.keys().map(|name| (name.clone(), named(name, all, &mut BTreeSet::new()))).collect()
}

fn named(name: &str, all: &Map<String, Value>, open: &mut BTreeSet<String>) -> Option<bool> {
    // A condition that needs itself is CloudFormation's to refuse.
    if !open.insert(name.to_owned()) {
        return None;
    }
    let found = all.get(name).and_then(|condition| holds(condition, all, open));
    open.remove(name);
    found
}

fn holds(condition: &Value, all: &Map<String, Value>, open: &mut BTreeSet<String>) -> Option<bool> {
    let Value::Object(map) = condition else { return None };
    let (function, given) = map.iter().next().filter(|_| map.len() == 1)?;
    if function == "Condition" {
        return named(given.as_str()?, all, open);
    }
    let given = given.as_array()?;
    match function.as_str() {
        "Fn::Equals" => match given.as_slice() {
            [one, other] if one == other && !is_unknown(one) => Some(true),
            [Value::String(one), Value::String(other)] if !is_unknown(&given[0]) && !is_unknown(&given[1]) => {
                Some(one == other)
            }
            _ => None,
        },
        "Fn::Not" => match given.as_slice() {
            [one] => holds(one, all, open).map(|one| !one),
            _ => None,
        },
        // One that is enough decides, whatever else is unknown.
        "Fn::And" | "Fn::Or" => {
            let decides = function == "Fn::Or";
            let found: Vec<Option<bool>> = given.iter().map(|one| holds(one, all, open)).collect();
            if found.contains(&Some(decides)) {
                Some(decides)
            } else if found.contains(&None) {
                None
            } else {
                Some(!decides)
            }
        }
        _ => None,
    }
}

/// The template without what its conditions leave out.
#[must_use]
pub(super) fn settle(mut template: Template) -> Template {
    let known = evaluate(&template);
    let stays = |condition: Option<&str>| condition.and_then(|name| known.get(name)) != Some(&Some(false));
    template.resources.retain(|_, one| stays(one.attribute("Condition")));
    let conditional = template.conditional_outputs.clone();
    template.outputs.retain(|name, _| stays(conditional.get(name).map(String::as_str)));
    for resource in template.resources.values_mut() {
        choose_in(&mut resource.properties, &known);
    }
    for output in template.outputs.values_mut() {
        choose(output, &known);
    }
    template
}

/// Takes the branch of each `Fn::If` whose condition is known; `false` where that is `AWS::NoValue`: there is no value then.
fn choose(value: &mut Value, known: &BTreeMap<String, Option<bool>>) -> bool {
    while let Some(branch) = branch(value, known) {
        *value = branch;
    }
    match value {
        Value::Array(values) => values.retain_mut(|value| choose(value, known)),
        Value::Object(map) => {
            if map.len() == 1 && map.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue") {
                return false;
            }
            // The places of a function's arguments mean something: only whole values are left out.
            if map.len() == 1 && map.contains_key("Fn::If") {
                return true;
            }
            choose_in(map, known);
        }
        _ => {}
    }
    true
}

fn choose_in(map: &mut Map<String, Value>, known: &BTreeMap<String, Option<bool>>) {
    map.retain(|_, value| choose(value, known));
}

fn branch(value: &Value, known: &BTreeMap<String, Option<bool>>) -> Option<Value> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let [condition, then, otherwise] = map.get("Fn::If")?.as_array()?.as_slice() else { return None };
    let holds = (*known.get(condition.as_str()?)?)?;
    Some(if holds { then } else { otherwise }.clone())
}

/// The conditions of which nobody knows before the deploy whether they turn, and which resources or outputs go by.
#[must_use]
pub(super) fn open(before: &Template, after: &Template) -> BTreeSet<String> {
    let (old, new) = (evaluate(before), evaluate(after));
    let used: BTreeSet<&str> = [before, after]
        .into_iter()
        .flat_map(|one| one.resources.values().filter_map(|resource| resource.attribute("Condition")))
        .collect();
    // Where all that conditions are made from stays the same, they do not turn.
    let bases = ["Conditions", "Mappings"].map(|name| before.sections.get(name) == after.sections.get(name));
    let unknown = |name: &&str| new.get(*name) == Some(&None) || old.get(*name) == Some(&None);
    let same = bases == [true, true] && !after.sections.get("Conditions").is_some_and(is_unknown);
    used.into_iter().filter(|_| !same).filter(unknown).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::references::{pseudo, resolve, unknown};
    use super::*;

    const TEMPLATE: &str = r#"
Parameters: {Stage: {Type: String}}
Mappings: {Sizes: {prod: {Size: 2}}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Dev: !Not [!Condition Prod]
  Both: !And [!Condition Prod, !Condition Dev]
  Any: !Or [!Condition Dev, !Equals [!Ref "AWS::Region", eu-central-1]]
  Mapped: !Equals [!FindInMap [Sizes, !Ref Stage, Size], "2"]
  Circle: !Not [!Condition Circle]
Resources:
  Table: {Type: 'AWS::DynamoDB::Table', Condition: Prod}
  Alarm: {Type: 'AWS::CloudWatch::Alarm', Condition: Mapped}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      MemorySize: !If [Prod, 512, 256]
      Tracing: !If [Prod, on, !Ref AWS::NoValue]
      Layers: [!If [Dev, debug, !Ref AWS::NoValue], base]
      Timeout: !If [Mapped, 1, 2]
Outputs:
  TableName: {Value: !Ref Table, Condition: Prod}
  Arn: {Value: !GetAtt Function.Arn}
"#;

    fn with(stage: &str) -> Template {
        at(stage, "")
    }

    fn at(stage: &str, arn: &str) -> Template {
        let stage = BTreeMap::from([("Stage".to_owned(), stage.to_owned())]);
        resolve(&Template::parse(TEMPLATE).unwrap(), &stage, &pseudo("demo", arn))
    }

    fn values(template: &Template) -> Vec<(String, Option<bool>)> {
        evaluate(template).into_iter().collect()
    }

    #[test]
    fn conditions_follow_from_parameters_and_from_each_other_or_are_unknown() {
        let of = |pairs: [(&str, Option<bool>); 6]| pairs.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let (yes, no) = (Some(true), Some(false));
        let prod = [("Any", None), ("Both", no), ("Circle", None), ("Dev", no), ("Mapped", yes), ("Prod", yes)];
        assert_eq!(values(&with("prod")), of(prod));
        let dev = [("Any", yes), ("Both", no), ("Circle", None), ("Dev", yes), ("Mapped", None), ("Prod", no)];
        assert_eq!(values(&with("dev")), of(dev));
        assert!(values(&with(&unknown("auth.Stage"))).iter().all(|(_, value)| value.is_none()));
        for (region, any) in [("eu-central-1", yes), ("eu-west-1", no)] {
            let here = at("prod", &format!("arn:aws:cloudformation:{region}:111111111111:stack/demo/1"));
            assert_eq!(evaluate(&here)["Any"], any, "{region}");
        }
    }

    #[test]
    fn what_a_condition_leaves_out_is_not_there_and_what_is_unknown_stays() {
        let ids = |template: &Template| template.resources.keys().cloned().collect::<Vec<_>>();
        let (prod, dev) = (settle(with("prod")), settle(with("dev")));
        assert_eq!(ids(&prod), ["Alarm", "Function", "Table"]);
        assert_eq!(ids(&dev), ["Alarm", "Function"]);
        assert_eq!(dev.outputs.keys().collect::<Vec<_>>(), ["Arn"]);
        let properties = |template: &Template| Value::Object(template.resources["Function"].properties.clone());
        let open = json!({"Fn::If": ["Mapped", "1", "2"]});
        assert_eq!(
            properties(&prod),
            json!({"MemorySize": "512", "Tracing": "on", "Layers": ["base"], "Timeout": "1"})
        );
        assert_eq!(properties(&dev), json!({"MemorySize": "256", "Layers": ["debug", "base"], "Timeout": open}));
    }

    #[test]
    fn a_condition_that_cannot_be_known_is_named_only_where_it_may_turn() {
        assert_eq!(open(&with("prod"), &with("prod")), BTreeSet::new());
        assert_eq!(open(&with("prod"), &with("dev")), BTreeSet::from(["Mapped".to_owned()]));
        let later = with(&unknown("auth.Stage"));
        assert_eq!(open(&later, &later), BTreeSet::from(["Mapped".to_owned(), "Prod".to_owned()]));
    }
}
