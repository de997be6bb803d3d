//! What a stack is sent: template, parameters from other stacks' outputs, artifact and keys, tags. Pure.

use std::collections::BTreeMap;

use crate::aws::stacks::StackInput;
use crate::build::Artifact;
use crate::config::{Config, OutputRef, Outputs};
use crate::error::Problem;

/// The value of a reference.
pub(super) fn resolve<'a>(outputs: &'a Outputs, to: &OutputRef) -> Result<&'a str, Problem> {
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
pub(super) fn wired(config: &Config, service: &str, outputs: &Outputs) -> Result<BTreeMap<String, String>, Problem> {
    let spec = &config.app.services[service];
    spec.inputs.iter().map(|(name, to)| Ok((name.clone(), resolve(outputs, to)?.to_owned()))).collect()
}

/// Everything that a service's stack is sent.
pub(super) fn stack_input(
    config: &Config,
    service: &str,
    template: String,
    mut parameters: BTreeMap<String, String>,
    artifact: Option<&Artifact>,
) -> StackInput {
    if let Some(artifact) = artifact {
        parameters.insert("ArtifactBucket".into(), artifact.bucket.clone());
        parameters.insert("CodeKey".into(), artifact.key.clone());
    }
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

/// Only what never changes: a changed tag is an update of every resource.
pub(super) fn tags(config: &Config, service: &str) -> BTreeMap<String, String> {
    let facts = [("app", config.app.app.as_str()), ("environment", &config.env.name), ("service", service)];
    facts.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
