//! What a template declares of its parameters: defaults that CloudFormation fills in, and values that it never tells. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::template::Template;
use crate::error::Problem;

/// The parameters with the defaults of those that are not given, as `DescribeStacks` lists them. A template that cannot be
/// read has no defaults: whoever needs more of it says what is wrong with it.
#[must_use]
pub(crate) fn filled(template: &str, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = Template::parse(template).map(|template| template.defaults).unwrap_or_default();
    all.extend(given.clone());
    all
}

/// The names of a template's parameters.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn parameters(template: &str) -> anyhow::Result<BTreeSet<String>> {
    Ok(Template::parse(template)?.parameters)
}

/// The names of a template's outputs.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn outputs(template: &str) -> anyhow::Result<BTreeSet<String>> {
    Ok(Template::parse(template)?.outputs.into_keys().collect())
}

/// Whether a template has a resource of a type; one that cannot be read has none.
#[must_use]
pub(crate) fn has(template: &str, kind: &str) -> bool {
    Template::parse(template).is_ok_and(|template| template.resources.values().any(|one| one.kind == kind))
}

/// Whether a template has a key in its `Metadata`; one that cannot be read has none.
#[must_use]
pub(crate) fn notes(template: &str, key: &str) -> bool {
    let metadata = |template: Template| template.sections.get("Metadata").is_some_and(|all| all.get(key).is_some());
    Template::parse(template).is_ok_and(metadata)
}

/// Refuses parameters whose values CloudFormation never gives back (`NoEcho`): nobody could tell whether they changed.
///
/// # Errors
/// Where the template has one, or cannot be read.
pub(crate) fn refuse_hidden(stack: &str, template: &str) -> anyhow::Result<()> {
    Ok(hidden(stack, &Template::parse(template)?)?)
}

pub(super) fn hidden(stack: &str, template: &Template) -> Result<(), Problem> {
    let names: Vec<String> = template.hidden.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return Ok(());
    }
    let problem = format!(
        "the template of `{stack}` has `NoEcho` on {}: CloudFormation never tells such a value, so no plan could compare it",
        names.join(", ")
    );
    Err(Problem::usage(problem).hint(
        "keep the value in Secrets Manager and name it where it is used: '{{resolve:secretsmanager:<secret>}}'; or leave \
         `NoEcho` out where it is no secret",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_stand_for_what_is_not_given() {
        let template = "Parameters: {A: {Type: String, Default: a}, B: {Type: Number, Default: 3}, C: {Type: String}}";
        let given = BTreeMap::from([("A".to_owned(), "own".to_owned())]);
        let expected = [("A", "own"), ("B", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(filled(template, &given), expected.into());
        assert_eq!(filled("a: [", &given), given);
    }

    #[test]
    fn a_value_that_is_never_told_is_refused_by_name() {
        let template = |echo: &str| format!("Parameters: {{Key: {{Type: String{echo}}}, B: {{Type: String}}}}");
        for echo in [", NoEcho: true", ", NoEcho: 'true'"] {
            let error = refuse_hidden("demo-dev-a", &template(echo)).unwrap_err().to_string();
            assert!(error.contains("`demo-dev-a` has `NoEcho` on `Key`"), "{error}");
        }
        for echo in ["", ", NoEcho: false"] {
            refuse_hidden("demo-dev-a", &template(echo)).unwrap();
        }
    }
}
