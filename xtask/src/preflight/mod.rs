//! What stands in the way of a deploy, found before the first write and told all at once. `names` and `template` are pure.

mod names;
mod quota;
mod taken;
mod template;
pub mod tools;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde_yaml::Value;

use crate::aws::{self, Aws, objects, stacks};
use crate::config::Config;
use crate::deploy::shared::{self, SharedStack};
use crate::deploy::{Seen, Source, World};
use crate::error::Problem;
use crate::keys::Facts;
use crate::render::Renderer;
use crate::ui::Ui;
use names::Named;

/// What a finding does to a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It would let the deploy fail, or lose data: the deploy does not begin.
    Stops,
    /// A person should know it; a deploy can do well all the same.
    Notice,
}

/// Something about a deploy that is known before it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it does to the deploy.
    pub weight: Weight,
    /// The stack that it is about, or `account` or `machine`.
    pub stack: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// A stack about to be created or changed.
struct Wanted {
    stack: String,
    text: String,
    template: Value,
    /// The template in force; none where the stack is new.
    live: Option<Value>,
}

/// Refuses an environment some name of which is too long for AWS, before anybody is asked anything.
///
/// # Errors
/// All names that are too long, or a template that cannot be rendered.
pub fn lengths(config: &Config) -> anyhow::Result<()> {
    let renderer = Renderer::load(&config.root)?;
    let mut findings = Vec::new();
    for service in config.app.services.keys() {
        let stack = config.stack_name(service);
        let template = serde_yaml::from_str(&renderer.offline(config, service)?)?;
        let long = names::too_long(&names::of(config, &stack, &template)).into_iter();
        let stops = |(problem, remedy)| Finding { weight: Weight::Stops, stack: stack.clone(), problem, remedy };
        findings.extend(long.map(stops));
    }
    Ok(stop(&format!("a deploy to `{}`", config.env.name), &findings.iter().collect::<Vec<_>>())?)
}

/// The templates of these services as a source has them, for who has no plan to take them from.
///
/// # Errors
/// Where a template cannot be rendered.
pub fn templates(
    config: &Config,
    source: &Source,
    services: &BTreeSet<String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let one = |service: &String| {
        let keys = Facts::placeholders(&config.app.services[service]);
        Ok((service.clone(), source.template(config, service, &keys)?))
    };
    services.iter().map(one).collect()
}

/// Code that stacks in force name and that is no longer there.
///
/// # Errors
/// Where AWS cannot be asked.
pub async fn lost_code(aws: &Aws, config: &Config, world: &World) -> anyhow::Result<Vec<Finding>> {
    let code = world.services.iter().filter_map(|(service, seen)| {
        let of = |name: &str| seen.live.parameters.get(name).cloned();
        Some((config.stack_name(service), of("ArtifactBucket")?, of("CodeKey")?))
    });
    missing(aws, code.collect()).await
}

/// Of stack, bucket and key, those whose object is missing.
async fn missing(aws: &Aws, code: Vec<(String, String, String)>) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (stack, bucket, key) in code {
        if !objects::exists(&aws.s3, &bucket, &key).await? {
            findings.push(Finding {
                weight: Weight::Stops,
                stack,
                problem: format!("its code is not in the bucket: no `s3://{bucket}/{key}`"),
                remedy: "deploy this clone, which builds and uploads it, or go to another release".to_owned(),
            });
        }
    }
    Ok(findings)
}

/// Looks at the stacks whose template is not what is in force; the others cost nothing. `templates` are by service.
///
/// # Errors
/// Where AWS cannot be asked; what stands in the way is no error yet.
pub async fn look(
    aws: &Aws,
    config: &Config,
    templates: &BTreeMap<String, String>,
    seen: &BTreeMap<String, Seen>,
) -> anyhow::Result<Vec<Finding>> {
    let wanted = templates.iter().map(|(service, text)| wanted(&config.stack_name(service), text, seen.get(service)));
    let wanted: Vec<Wanted> = wanted.filter_map(Result::transpose).collect::<anyhow::Result<_>>()?;
    let mut findings = look_at(aws, config, &wanted).await?;
    if config.env.endpoint().is_none() && !wanted.is_empty() {
        findings.extend(quota::look(aws, &added(&wanted)).await?);
    }
    Ok(findings)
}

/// Looks at what `bootstrap` would make, each stack in its region.
///
/// # Errors
/// As `look`.
pub async fn look_at_shared(aws: &Aws, config: &Config, stacks: &[SharedStack]) -> anyhow::Result<Vec<Finding>> {
    let (mut findings, mut all) = (Vec::new(), Vec::new());
    for stack in stacks {
        let Some(one) = wanted(&stack.wanted.name, &stack.wanted.template, stack.seen.as_ref())? else { continue };
        let there = Aws { cloudformation: shared::client(aws, config, stack), ..aws.clone() };
        findings.extend(look_at(&there, config, std::slice::from_ref(&one)).await?);
        all.push(one);
    }
    if config.env.endpoint().is_none() {
        findings.extend(quota::room(aws, &added(&all)).await?);
    }
    Ok(findings)
}

/// What stacks add, all together.
fn added(wanted: &[Wanted]) -> quota::Added {
    let mut all = quota::Added::new();
    for (kind, more) in wanted.iter().flat_map(|one| quota::added(&one.template, one.live.as_ref())) {
        *all.entry(kind).or_default() += more;
    }
    all
}

async fn look_at(aws: &Aws, config: &Config, wanted: &[Wanted]) -> anyhow::Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = wanted.iter().flat_map(|one| still(config, one)).collect();
    let mut ours: BTreeSet<Named> = BTreeSet::new();
    for live in wanted.iter().filter_map(|one| one.live.as_ref()) {
        ours.extend(names::of(config, "", live));
    }
    let new = wanted.iter().flat_map(|one| {
        let names = names::of(config, &one.stack, &one.template).into_iter();
        names.filter(|name| !ours.contains(name)).map(|name| (one.stack.clone(), name)).collect::<Vec<_>>()
    });
    findings.extend(taken::look(aws, new.collect()).await?);
    let valid = try_join_all(wanted.iter().map(|one| valid(aws, one))).await?;
    findings.extend(valid.into_iter().flatten());
    Ok(findings)
}

/// What CloudFormation itself says of a template: unknown types, references to nothing. It reads up to 51,200 bytes from a
/// call (API reference, `ValidateTemplate`); more it reads from a bucket only, which is a write.
async fn valid(aws: &Aws, wanted: &Wanted) -> anyhow::Result<Option<Finding>> {
    let finding = |weight, problem, remedy: &str| {
        Some(Finding { weight, stack: wanted.stack.clone(), problem, remedy: remedy.to_owned() })
    };
    if wanted.text.len() > stacks::INLINE_TEMPLATE {
        let problem =
            format!("its template of {} bytes is too long to be checked before the deploy", wanted.text.len());
        return Ok(finding(Weight::Notice, problem, "its change set will tell whether CloudFormation takes it"));
    }
    let answer = stacks::validate(&aws.cloudformation, &wanted.text).await;
    Ok(match known(answer)? {
        Ok(None) => None,
        Ok(Some(reason)) => finding(
            Weight::Stops,
            format!("CloudFormation does not take its template: {reason}"),
            "mend the template in stacks/; `cargo xtask render` prints it as CloudFormation gets it",
        ),
        Err(denied) => finding(Weight::Notice, format!("whether its template is valid is not known: {denied}"), ASK),
    })
}

/// What helps where a question was not allowed.
const ASK: &str = "the deploy goes on; give who deploys the right to read this, to know it beforehand";

/// An answer, or why it is not known where AWS does not let us ask: that says nothing about the deploy itself.
fn known<T>(answer: anyhow::Result<T>) -> anyhow::Result<Result<T, String>> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) if aws::is_denied(&error) => Ok(Err(format!("{error:#}"))),
        Err(error) => Err(error),
    }
}

/// Tells what a person should know, and refuses what something stands in the way of, such as a deploy.
///
/// # Errors
/// All that stops the deploy in one.
pub fn refuse(ui: &Ui, what: &str, findings: &[Finding]) -> Result<(), Problem> {
    let (stops, notices): (Vec<_>, Vec<_>) = findings.iter().partition(|one| one.weight == Weight::Stops);
    for one in notices {
        ui.warn(format!("`{}`: {}; {}", one.stack, one.problem, one.remedy));
    }
    stop(what, &stops)
}

/// All that stops something in one error.
fn stop(what: &str, stops: &[&Finding]) -> Result<(), Problem> {
    if stops.is_empty() {
        return Ok(());
    }
    let list = stops.iter().map(|one| format!("\n  `{}`: {}\n    {}", one.stack, one.problem, one.remedy));
    let count = match stops.len() {
        1 => "one thing stands".to_owned(),
        more => format!("{more} things stand"),
    };
    let text = format!("{count} in the way of {what}:{}", list.collect::<String>());
    Err(Problem::failed(text).hint("nothing was changed; mend what is listed, then run this again"))
}

/// A stack that would be created or changed. One in between two states is none: what it has is not known.
fn wanted(stack: &str, text: &str, seen: Option<&Seen>) -> anyhow::Result<Option<Wanted>> {
    let live = match seen {
        None => None,
        Some(Seen { template: None, .. }) => return Ok(None),
        Some(Seen { live, .. }) if live.status.as_str().ends_with("_FAILED") => return Ok(None),
        Some(Seen { template: Some(live), .. }) if live.trim_end() == text.trim_end() => return Ok(None),
        Some(Seen { template: Some(live), .. }) => Some(serde_yaml::from_str(live)?),
    };
    Ok(Some(Wanted { stack: stack.to_owned(), text: text.to_owned(), template: serde_yaml::from_str(text)?, live }))
}

/// What can be said of a template without asking anybody.
fn still(config: &Config, wanted: &Wanted) -> Vec<Finding> {
    let mut problems = template::over(&wanted.text, &wanted.template);
    problems.extend(names::too_long(&names::of(config, &wanted.stack, &wanted.template)));
    let found = problems.into_iter();
    found
        .map(|(problem, remedy)| Finding { weight: Weight::Stops, stack: wanted.stack.clone(), problem, remedy })
        .collect()
}

/// The physical names in a template, as far as they are known before the deploy.
#[cfg(test)]
pub(crate) fn names_of(config: &Config, stack: &str, template: &Value) -> Vec<String> {
    names::of(config, stack, template).into_iter().map(|one| one.name).collect()
}

#[cfg(test)]
mod tests;
