//! Guarded resources that are new to a stack. One that refuses its deletion could not be taken back where the update that adds it
//! fails: the stack would end as `UPDATE_ROLLBACK_FAILED`. So the first update has all but the guards of what is new, and the second one those, too. Pure.

use anyhow::Context;
use serde_yaml::{Mapping, Value};

/// The wanted template, but with those resources that the live one lacks as `unguarded` has them; nothing where all is as wanted.
pub(super) fn first(live: &str, wanted: &str, unguarded: &str) -> anyhow::Result<Option<String>> {
    let (live, mut wanted, unguarded) = (read(live)?, read(wanted)?, read(unguarded)?);
    let mut changed = false;
    let resources = wanted.get_mut("Resources").and_then(Value::as_mapping_mut);
    for (id, resource) in resources.into_iter().flatten() {
        let Some(other) = of(&unguarded).and_then(|all| all.get(id)) else { continue };
        if other != resource && !of(&live).is_some_and(|all| all.contains_key(id)) {
            *resource = other.clone();
            changed = true;
        }
    }
    changed.then(|| serde_yaml::to_string(&wanted).context("cannot write a template")).transpose()
}

fn read(text: &str) -> anyhow::Result<Value> {
    serde_yaml::from_str(text).context("a template is no YAML")
}

fn of(template: &Value) -> Option<&Mapping> {
    template.get("Resources").and_then(Value::as_mapping)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "Resources: {Old: {Type: T, Properties: {Guard: true}}}";

    fn template(guard: bool) -> String {
        format!(
            "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n  Old: {{Type: T, Properties: {{Guard: {guard}}}}}\n  \
             New: {{Type: T, Properties: {{Guard: {guard}, Name: !Sub '${{AWS::StackName}}-new', Arn: !GetAtt Old.Arn, Code: '0644'}}}}\n  \
             Role: {{Type: R}}\n"
        )
    }

    #[test]
    fn only_what_is_new_goes_without_its_guard_and_all_else_is_as_wanted() {
        let text = first(LIVE, &template(true), &template(false)).unwrap().unwrap();
        let guard = |text: &str, id: &str| {
            let template: Value = serde_yaml::from_str(text).unwrap();
            template["Resources"][id]["Properties"]["Guard"].as_bool().unwrap()
        };
        assert_eq!((guard(&text, "Old"), guard(&text, "New")), (true, false));
        let [read, wanted] = [text.replace("Guard: false", "Guard: true"), template(true)]
            .map(|text| serde_yaml::from_str::<Value>(&text).unwrap());
        assert_eq!(read, wanted, "tags and texts that look like numbers stay what they are");
        assert_eq!(first(&text, &template(true), &template(false)).unwrap(), None, "the next update guards it");
    }

    #[test]
    fn a_stack_that_has_all_its_guarded_resources_is_updated_at_once() {
        assert_eq!(first(&template(true), &template(true), &template(false)).unwrap(), None);
        assert_eq!(first(&template(false), &template(true), &template(false)).unwrap(), None);
    }
}
