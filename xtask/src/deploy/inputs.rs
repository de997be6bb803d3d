//! What a stack is sent: template, parameters from other stacks' outputs, artifact and keys, tags. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::status;
use super::world::Seen;
use crate::aws::stacks::{LiveStack, StackInput};
use crate::build::Artifact;
use crate::config::{Config, OutputRef, Outputs};
use crate::error::Problem;
use crate::plan::declared::parameters;

/// The value of a reference.
fn resolve<'a>(outputs: &'a Outputs, to: &OutputRef) -> Result<&'a str, Problem> {
    let Some(stack) = outputs.get(&to.service) else {
        return Err(Problem::failed(format!("`{to}` is not known: stack `{}` is not deployed", to.service))
            .hint(format!("cargo xtask deploy --service {}", to.service)));
    };
    stack.get(&to.output).map(String::as_str).ok_or_else(|| {
        let known = stack.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        Problem::failed(format!("stack `{}` has no output `{}`, only {known}", to.service, to.output))
            .hint("correct the reference in config/app.yaml, or add the output to the stack's template")
    })
}

/// The parameters that come from other stacks.
pub(crate) fn wired(config: &Config, service: &str, outputs: &Outputs) -> Result<BTreeMap<String, String>, Problem> {
    let spec = &config.app.services[service];
    spec.inputs.iter().map(|(name, to)| Ok((name.clone(), resolve(outputs, to)?.to_owned()))).collect()
}

/// The parameters that are outputs of `bootstrap`'s stacks, such as what all environments of an account share. A template asks
/// for them by name; one that is in force needs no second look.
pub(crate) fn shared(
    template: &str,
    seen: Option<&Seen>,
    outputs: &BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let in_force = seen.filter(|seen| seen.template.as_deref().map(str::trim_end) == Some(template.trim_end()));
    let names = match in_force {
        Some(seen) => seen.live.parameters.keys().cloned().collect(),
        None => parameters(template)?,
    };
    let shared = outputs.iter().filter(|(name, _)| names.contains(*name));
    Ok(shared.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Everything that a service's stack is sent.
pub(crate) fn stack_input(
    config: &Config,
    service: &str,
    template: String,
    parameters: BTreeMap<String, String>,
) -> StackInput {
    StackInput {
        name: config.stack_name(service),
        template,
        template_url: None,
        creation: None,
        parameters,
        tags: tags(config, service),
        kept: None,
    }
}

/// With the code that the service's functions are to run.
pub(crate) fn with_code(mut input: StackInput, artifact: Option<&Artifact>) -> StackInput {
    if let Some(artifact) = artifact {
        input.parameters.insert("ArtifactBucket".into(), artifact.bucket.clone());
        input.parameters.insert("CodeKey".into(), artifact.key.clone());
    }
    input
}

/// A consumer that was not asked for keeps its template and code, and gets only inputs that changed; `None` where none did,
/// and where its stack is in a state out of which only a deploy of its own leads.
pub(crate) fn rewired(
    config: &Config,
    live: Option<&LiveStack>,
    service: &str,
    outputs: &Outputs,
) -> Result<Option<StackInput>, Problem> {
    let Some(live) = live.filter(|live| status::is_at_rest(live)) else { return Ok(None) };
    let mut parameters = live.parameters.clone();
    for (name, to) in &config.app.services[service].inputs {
        // An input that only the next template knows is that deploy's business.
        if let Some(value) = parameters.get_mut(name) {
            resolve(outputs, to)?.clone_into(value);
        }
    }
    let kept: BTreeSet<String> = parameters
        .iter()
        .filter(|(name, value)| live.parameters.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    if kept.len() == parameters.len() {
        return Ok(None);
    }
    Ok(Some(StackInput {
        name: config.stack_name(service),
        template: String::new(),
        template_url: None,
        creation: None,
        parameters,
        tags: live.tags.clone(),
        kept: Some(kept),
    }))
}

/// Only what never changes: a changed tag is an update of every resource.
fn tags(config: &Config, service: &str) -> BTreeMap<String, String> {
    let facts = [("app", config.app.app.as_str()), ("environment", &config.env.name), ("service", service)];
    let facts = facts.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    config.env.labels.clone().into_iter().chain(facts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use aws_sdk_cloudformation::types::StackStatus;

    fn live(parameters: &[&str]) -> LiveStack {
        LiveStack {
            id: "arn".into(),
            status: StackStatus::UpdateComplete,
            reason: String::new(),
            parameters: parameters.iter().map(|&name| (name.to_owned(), "old".to_owned())).collect(),
            tags: BTreeMap::new(),
            outputs: BTreeMap::new(),
            termination_protection: false,
        }
    }

    #[test]
    fn a_template_gets_what_environments_share_where_it_has_a_parameter_of_that_name() {
        let outputs = ["A", "B", "C"].map(|name| (name.to_owned(), format!("value of {name}"))).into();
        let wanted = BTreeMap::from([("B".to_owned(), "value of B".to_owned())]);
        let template = "Parameters: {B: {Type: String}, D: {Type: String}}";
        assert_eq!(shared(template, None, &outputs).unwrap(), wanted);
        let seen = |template: &str| Seen { live: live(&["A", "D"]), template: Some(template.to_owned()) };
        assert_eq!(shared(template, Some(&seen("Resources: {}")), &outputs).unwrap(), wanted);
        // Not read again: the stack knows its parameters.
        let in_force = shared(template, Some(&seen(template)), &outputs).unwrap();
        assert_eq!(in_force.into_keys().collect::<Vec<_>>(), ["A"]);
        assert!(shared("a: [", None, &outputs).is_err());
    }

    #[test]
    fn a_consumer_gets_new_inputs_only_where_its_stack_is_whole_or_will_be() {
        let config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), Some("dev")).unwrap();
        let wired = |spec: &&crate::config::Service| !spec.inputs.is_empty();
        let (service, spec) = config.app.services.iter().find(|(_, spec)| wired(spec)).unwrap();
        let mut outputs = Outputs::new();
        for to in spec.inputs.values() {
            outputs.entry(to.service.clone()).or_default().insert(to.output.clone(), "new".into());
        }
        let mut live = live(&spec.inputs.keys().map(String::as_str).collect::<Vec<_>>());
        for (status, gets) in [("UPDATE_COMPLETE", true), ("UPDATE_IN_PROGRESS", true), ("ROLLBACK_COMPLETE", false)] {
            live.status = StackStatus::from(status);
            let input = rewired(&config, Some(&live), service, &outputs).unwrap();
            assert_eq!(input.is_some(), gets, "{status}");
        }
    }
}
