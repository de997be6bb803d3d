//! What a deploy to the emulator cannot prove: the entries of `parity.yaml` that some template is about. Pure.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_yaml::Value;

use crate::config::{Config, Target};
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};

const LIST: &str = include_str!("parity.yaml");

/// How the emulator differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Taken and without effect.
    Ignored,
    /// Kept, but nothing enforces it.
    Unchecked,
    /// Written otherwise, or left out, where the environment is emulated.
    Elsewhere,
}

/// A property of which the emulator proves nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// A type of resources, or `Outputs`.
    pub resource: String,
    /// A path below its properties.
    pub property: String,
    /// How the emulator differs.
    pub gap: Difference,
    /// What proves it instead.
    pub instead: String,
    /// The macros that write it otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
}

/// A gap with the services (or `bootstrap-account`, `bootstrap-region`) whose templates it is about.
#[derive(Clone, Debug, Serialize)]
pub struct Unproven {
    /// The gap.
    #[serde(flatten)]
    pub gap: Gap,
    /// By name.
    pub services: BTreeSet<String>,
}

/// Every known gap, used or not.
pub fn known() -> anyhow::Result<Vec<Gap>> {
    serde_yaml::from_str(LIST).context("cannot read the list of what the emulator lacks")
}

/// The gaps of an environment's templates; none where it is on AWS.
pub fn unproven(config: &Config, renderer: &Renderer) -> anyhow::Result<Vec<Unproven>> {
    if config.env.endpoint().is_none() {
        return Ok(Vec::new());
    }
    Ok(about(known()?, &templates(config, renderer)?))
}

/// Every property of an environment's templates: by type, the paths to their values. Below what anything may be called (variables,
/// tags, policies) there are none.
pub fn used(config: &Config, renderer: &Renderer) -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for template in templates(config, renderer)?.values() {
        for (_, resource) in template["Resources"].as_mapping().into_iter().flatten() {
            let kind = resource["Type"].as_str().unwrap_or_default();
            paths(&resource["Properties"], "", found.entry(kind.to_owned()).or_default());
        }
    }
    Ok(found)
}

/// Whether the list has a property, or what it is in; of an empty path, anything of its type.
#[must_use]
pub fn is_listed(gaps: &[Gap], resource: &str, path: &str) -> bool {
    let within =
        |gap: &Gap| path.strip_prefix(&gap.property).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    gaps.iter().any(|gap| gap.resource == resource && (path.is_empty() || within(gap)))
}

/// The templates by service, or by their names in `bootstrap`, as AWS would get them: what the emulator's branches leave out is
/// unproven, too.
fn templates(config: &Config, renderer: &Renderer) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut config = config.clone();
    config.env.target = Target::Account(config.env.account().to_owned());
    let shared = [BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION].map(|name| (name, renderer.bootstrap(&config, name)));
    let services = config.app.services.keys().map(|service| (service.as_str(), renderer.offline(&config, service)));
    let mut templates = BTreeMap::new();
    for (name, text) in services.chain(shared) {
        let parsed = serde_yaml::from_str(&text?).with_context(|| format!("cannot read the template of `{name}`"))?;
        templates.insert(name.to_owned(), parsed);
    }
    Ok(templates)
}

/// Below these, names are free.
const FREE: [&str; 4] = ["AssumeRolePolicyDocument", "PolicyDocument", "Tags", "Variables"];

fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Mapping(mapping)
            if !is_function(mapping) && !FREE.iter().any(|free| path.rsplit('.').next() == Some(free)) =>
        {
            for (key, inner) in mapping {
                let key = key.as_str().unwrap_or_default();
                paths(inner, &if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }, found);
            }
        }
        Value::Sequence(list) if list.iter().any(Value::is_mapping) => {
            for one in list {
                paths(one, path, found);
            }
        }
        _ if path.is_empty() => {}
        _ => drop(found.insert(path.to_owned())),
    }
}

/// A function of CloudFormation's is a value, and no mapping.
fn is_function(mapping: &serde_yaml::Mapping) -> bool {
    let key = mapping.keys().next().and_then(Value::as_str).unwrap_or_default();
    mapping.len() == 1 && (key == "Ref" || key.starts_with("Fn::"))
}

fn about(gaps: Vec<Gap>, templates: &BTreeMap<String, Value>) -> Vec<Unproven> {
    let with_services = gaps.into_iter().map(|gap| {
        let used = templates.iter().filter(|(_, template)| uses(template, &gap));
        Unproven { services: used.map(|(service, _)| service.clone()).collect(), gap }
    });
    with_services.filter(|one| !one.services.is_empty()).collect()
}

/// Whether a template has what a gap is about.
fn uses(template: &Value, gap: &Gap) -> bool {
    let path: Vec<&str> = gap.property.split('.').collect();
    if gap.resource == "Outputs" {
        return has(&template["Outputs"], &path);
    }
    let resources = template["Resources"].as_mapping();
    resources
        .into_iter()
        .flatten()
        .any(|(_, one)| one["Type"] == gap.resource.as_str() && has(&one["Properties"], &path))
}

fn has(value: &Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    match value {
        Value::Sequence(list) => list.iter().any(|one| has(one, path)),
        Value::Mapping(mapping) => mapping.get(*first).is_some_and(|inner| has(inner, rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environments;
    use std::path::{Path, PathBuf};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    /// One per account and URL: an emulator's account is nobody's, and has none.
    const OIDC: &str = "AWS::IAM::OIDCProvider";

    fn emulated() -> Vec<Config> {
        let all = environments(&root()).into_iter().map(|name| Config::load(&root(), Some(&name)).unwrap());
        all.filter(|config| config.env.endpoint().is_some()).collect()
    }

    #[test]
    fn every_entry_is_about_something_that_a_template_has() {
        let renderer = Renderer::load(&root()).unwrap();
        for config in emulated() {
            let names = |gaps: Vec<Gap>| -> Vec<String> {
                gaps.into_iter().map(|gap| format!("{} {}", gap.resource, gap.property)).collect()
            };
            let used = unproven(&config, &renderer).unwrap().into_iter().map(|one| one.gap).collect();
            assert_eq!(names(used), names(known().unwrap()), "{}", config.env.name);
        }
    }

    /// A branch that nobody lists would be a silent difference.
    #[test]
    fn every_macro_for_the_emulator_has_its_entry_and_every_entry_its_macro() {
        let text = std::fs::read_to_string(root().join("stacks/macros/emulated.yaml.tera")).unwrap();
        let macros = text.lines().filter_map(|line| line.strip_prefix("{% macro ")?.split('(').next());
        let macros: BTreeSet<String> = macros.map(str::to_owned).collect();
        assert!(macros.len() > 5, "{macros:?}");
        let listed: BTreeSet<String> = known().unwrap().into_iter().flat_map(|gap| gap.branches).collect();
        assert_eq!(listed, macros);
        let renderer = Renderer::load(&root()).unwrap();
        let account =
            emulated().iter().map(|config| renderer.bootstrap(config, BOOTSTRAP_ACCOUNT).unwrap()).collect::<String>();
        for gap in known().unwrap() {
            // Or left out where the template asks for something else.
            let elsewhere = !gap.branches.is_empty() || gap.resource == OIDC && !account.contains(OIDC);
            assert_eq!(gap.gap == Difference::Elsewhere, elsewhere, "{} {}", gap.resource, gap.property);
        }
    }

    #[test]
    fn the_paths_of_a_template_lead_to_values_and_end_where_names_are_free() {
        let properties: Value = serde_yaml::from_str(
            "{Name: !Ref A, Key: {Ref: B}, Rules: [{On: true, Days: {Fn::If: [C, 1, 2]}}, {Off: [x, y]}], \
             Environment: {Variables: {ANY: 1}}, PolicyDocument: {Statement: [{Action: a}]}, Tags: [{Key: a, Value: b}]}",
        )
        .unwrap();
        let mut found = BTreeSet::new();
        paths(&properties, "", &mut found);
        let expected =
            ["Environment.Variables", "Key", "Name", "PolicyDocument", "Rules.Days", "Rules.Off", "Rules.On", "Tags"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_property_is_listed_with_all_that_is_in_it_and_a_type_by_any_of_its_properties() {
        let gaps: Vec<Gap> = serde_yaml::from_str("[{resource: A, property: B.C, gap: ignored, instead: x}]").unwrap();
        let listed = |resource: &str, path: &str| is_listed(&gaps, resource, path);
        assert!(listed("A", "B.C") && listed("A", "B.C.D") && listed("A", ""));
        assert!(!listed("A", "B.CD") && !listed("A", "B") && !listed("E", "") && !listed("E", "B.C"));
    }

    #[test]
    fn an_environment_on_aws_leaves_nothing_unproven() {
        let name = environments(&root()).into_iter().find(|name| !emulated().iter().any(|one| one.env.name == *name));
        let config = Config::load(&root(), name.as_deref()).unwrap();
        assert!(unproven(&config, &Renderer::load(&root()).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_property_is_found_in_lists_and_only_of_its_type() {
        let template: Value = serde_yaml::from_str(
            "Resources: {A: {Type: 'X::Y::Z', Properties: {B: [{C: 1}, {D: !Ref E}]}}}\nOutputs: {Url: {Value: 1}}",
        )
        .unwrap();
        let gap = |resource: &str, property: &str| Gap {
            resource: resource.into(),
            property: property.into(),
            gap: Difference::Ignored,
            instead: String::new(),
            branches: Vec::new(),
        };
        assert!(uses(&template, &gap("X::Y::Z", "B.D")) && uses(&template, &gap("Outputs", "Url")));
        assert!(!uses(&template, &gap("X::Y::Z", "B.E")) && !uses(&template, &gap("X::Y::Other", "B")));
    }
}
