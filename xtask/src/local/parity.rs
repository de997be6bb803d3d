//! What a deploy to the emulator cannot prove: the entries of `parity.yaml` that some template is about. Pure.

use std::collections::BTreeSet;

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
    // As AWS would get them: what the emulator's branches leave out is unproven too.
    let mut config = config.clone();
    config.env.target = Target::Account(config.env.account().to_owned());
    let shared = [BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION].map(|name| (name, renderer.bootstrap(&config, name)));
    let services = config.app.services.keys().map(|service| (service.as_str(), renderer.offline(&config, service)));
    let mut templates = Vec::new();
    for (name, text) in services.chain(shared) {
        let parsed = serde_yaml::from_str(&text?).with_context(|| format!("cannot read the template of `{name}`"))?;
        templates.push((name, parsed));
    }
    Ok(about(known()?, &templates))
}

fn about(gaps: Vec<Gap>, templates: &[(&str, Value)]) -> Vec<Unproven> {
    let with_services = gaps.into_iter().map(|gap| {
        let used = templates.iter().filter(|(_, template)| uses(template, &gap));
        Unproven { services: used.map(|(service, _)| (*service).to_owned()).collect(), gap }
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
        for gap in known().unwrap() {
            assert_eq!(gap.gap == Difference::Elsewhere, !gap.branches.is_empty(), "{} {}", gap.resource, gap.property);
        }
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
