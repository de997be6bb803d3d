//! Which outputs of a stack may get another value by a change of its template or of its inputs. Pure.

use std::collections::BTreeSet;

use super::references::references;
use super::template::Template;

/// The outputs whose value may change from one rendered template to another, where the values of `inputs`, parameters of
/// the stack, may change, too. An output moves with all that it refers to: whether a change of a resource reaches the
/// attribute that is asked for is not known before, so each is taken to. An output that is new or gone has moved.
pub fn moved_outputs(before: &str, after: &str, inputs: &BTreeSet<String>) -> anyhow::Result<BTreeSet<String>> {
    let (before, after) = (Template::parse(before)?, Template::parse(after)?);
    let mut moved = inputs.clone();
    if before.sections != after.sections || before.defaults != after.defaults {
        moved.extend(after.resources.keys().chain(after.defaults.keys()).cloned());
    }
    let changed = after.resources.iter().filter(|(id, resource)| before.resources.get(*id) != Some(*resource));
    moved.extend(changed.map(|(id, _)| id.clone()));
    // A resource moves with those that it refers to, until no further one does.
    loop {
        let refers = |value: &serde_json::Value| references(value).iter().any(|to| moved.contains(&to.resource));
        let next: Vec<String> = after
            .resources
            .iter()
            .filter(|(id, resource)| !moved.contains(*id) && resource.properties.values().any(refers))
            .map(|(id, _)| id.clone())
            .collect();
        if next.is_empty() {
            break;
        }
        moved.extend(next);
    }
    let names: BTreeSet<&String> = before.outputs.keys().chain(after.outputs.keys()).collect();
    let differs = |name: &str| match (before.outputs.get(name), after.outputs.get(name)) {
        (Some(old), Some(new)) => old != new || references(new).iter().any(|to| moved.contains(&to.resource)),
        _ => true,
    };
    Ok(names.into_iter().filter(|name| differs(name)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "Parameters: {Origin: {Type: String}}\n\
        Resources:\n  A: {Type: T, Properties: {X: 1}}\n  B: {Type: T, Properties: {Of: {Ref: A}}}\n  C: {Type: T, Properties: {O: {Ref: Origin}}}\n  D: {Type: T}\n\
        Outputs:\n  OfA: {Value: {Ref: A}}\n  OfB: {Value: {'Fn::GetAtt': [B, Arn]}}\n  OfC: {Value: {'Fn::Sub': 'x-${C}'}}\n  OfD: {Value: {Ref: D}}\n";

    fn moved(after: &str, inputs: &[&str]) -> Vec<String> {
        let inputs = inputs.iter().map(|name| (*name).to_owned()).collect();
        moved_outputs(BEFORE, after, &inputs).unwrap().into_iter().collect()
    }

    #[test]
    fn an_output_moves_with_all_that_it_refers_to_and_no_other_does() {
        assert_eq!(moved(BEFORE, &[]), [""; 0]);
        assert_eq!(moved(&BEFORE.replace("X: 1", "X: 2"), &[]), ["OfA", "OfB"]);
        assert_eq!(moved(&BEFORE.replace("'x-${C}'", "'y-${C}'"), &[]), ["OfC"]);
        assert_eq!(moved(BEFORE, &["Origin"]), ["OfC"]);
        assert_eq!(moved(&BEFORE.replace("OfD", "New"), &[]), ["New", "OfD"]);
    }

    #[test]
    fn conditions_and_mappings_may_move_everything() {
        assert_eq!(moved(&format!("{BEFORE}Conditions: {{Y: true}}\n"), &[]), ["OfA", "OfB", "OfC", "OfD"]);
    }
}
