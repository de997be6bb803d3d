//! What stands in the way of a deploy, found before the first write and told all at once. `names` and `template` are pure.

mod names;
mod quota;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use crate::aws::{Aws, existing, objects};
use crate::config::Config;
use crate::deploy::{Seen, Source, World};
use crate::error::Problem;
use crate::keys::Facts;
use crate::render::Renderer;
use names::Named;

/// Something that would let the deploy fail, or lose data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stack that it is about.
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
        findings.extend(long.map(|(problem, remedy)| Finding { stack: stack.clone(), problem, remedy }));
    }
    Ok(refuse(&config.env.name, &findings)?)
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
    let wanted = wanted(config, templates, seen)?;
    let mut findings: Vec<Finding> = wanted.iter().flat_map(|one| still(config, one)).collect();
    let mut ours: BTreeSet<Named> = BTreeSet::new();
    for live in wanted.iter().filter_map(|one| one.live.as_ref()) {
        ours.extend(names::of(config, "", live));
    }
    for one in &wanted {
        for name in names::of(config, &one.stack, &one.template) {
            if !ours.contains(&name) && existing::has(aws, name.kind, &name.name).await? {
                findings.push(taken(&one.stack, &name));
            }
        }
    }
    if config.env.endpoint().is_none() && !wanted.is_empty() {
        let policies = wanted.iter().map(|one| quota::new_headers_policies(&one.template, one.live.as_ref())).sum();
        findings.extend(quota::look(aws, policies).await?);
    }
    Ok(findings)
}

/// Refuses a deploy that something stands in the way of.
///
/// # Errors
/// All findings in one.
pub fn refuse(environment: &str, findings: &[Finding]) -> Result<(), Problem> {
    if findings.is_empty() {
        return Ok(());
    }
    let list = findings.iter().map(|one| format!("\n  `{}`: {}\n    {}", one.stack, one.problem, one.remedy));
    let count = match findings.len() {
        1 => "one thing stands".to_owned(),
        more => format!("{more} things stand"),
    };
    let text = format!("{count} in the way of a deploy to `{environment}`:{}", list.collect::<String>());
    Err(Problem::failed(text).hint("nothing was changed; mend what is listed, then run this again"))
}

/// Stacks that a deploy would create or change. A stack in between two states is none: what it has is not known.
fn wanted(
    config: &Config,
    templates: &BTreeMap<String, String>,
    seen: &BTreeMap<String, Seen>,
) -> anyhow::Result<Vec<Wanted>> {
    let mut wanted = Vec::new();
    for (service, text) in templates {
        let live = match seen.get(service) {
            None => None,
            Some(Seen { template: None, .. }) => continue,
            Some(Seen { live, .. }) if live.status.as_str().ends_with("_FAILED") => continue,
            Some(Seen { template: Some(live), .. }) if live.trim_end() == text.trim_end() => continue,
            Some(Seen { template: Some(live), .. }) => Some(serde_yaml::from_str(live)?),
        };
        let stack = config.stack_name(service);
        wanted.push(Wanted { stack, text: text.clone(), template: serde_yaml::from_str(text)?, live });
    }
    Ok(wanted)
}

/// What can be said of a template without asking anybody.
fn still(config: &Config, wanted: &Wanted) -> Vec<Finding> {
    let mut problems = template::over(&wanted.text, &wanted.template);
    problems.extend(names::too_long(&names::of(config, &wanted.stack, &wanted.template)));
    let found = problems.into_iter();
    found.map(|(problem, remedy)| Finding { stack: wanted.stack.clone(), problem, remedy }).collect()
}

fn taken(stack: &str, name: &Named) -> Finding {
    Finding {
        stack: stack.to_owned(),
        problem: format!("{} `{}` is there already, and no stack of this environment owns it", name.what(), name.name),
        remedy: format!("keep what it holds elsewhere and delete it, import it into `{stack}`, or choose another name"),
    }
}

/// The physical names in a template, as far as they are known before the deploy.
#[cfg(test)]
pub(crate) fn names_of(config: &Config, stack: &str, template: &Value) -> Vec<String> {
    names::of(config, stack, template).into_iter().map(|one| one.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stacks::LiveStack;
    use crate::config::environments;
    use aws_sdk_s3::operation::head_bucket::HeadBucketOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use std::path::Path;

    #[test]
    fn several_findings_are_told_together_each_with_what_to_do() {
        let one =
            |stack: &str| Finding { stack: stack.into(), problem: "too long".into(), remedy: "shorten it".into() };
        let error = refuse("dev", &[one("a"), one("b")]).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r"
        2 things stand in the way of a deploy to `dev`:
          `a`: too long
            shorten it
          `b`: too long
            shorten it
        ");
        assert!(refuse("dev", &[]).is_ok());
    }

    #[test]
    fn nothing_stands_in_the_way_of_the_templates_of_any_environment() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let renderer = Renderer::load(root).unwrap();
        let mut named = 0;
        for environment in environments(root) {
            let config = Config::load(root, Some(&environment)).unwrap();
            let services = config.app.services.keys();
            let templates = services.map(|name| (name.clone(), renderer.offline(&config, name).unwrap())).collect();
            for one in wanted(&config, &templates, &BTreeMap::new()).unwrap() {
                assert_eq!(still(&config, &one), []);
                named += names::of(&config, &one.stack, &one.template).len();
            }
        }
        assert!(named > 100, "only {named} names");
    }

    /// What is found of a stack with one bucket, beside what is in force, and how often S3 was asked.
    async fn bucket(live: Option<&str>) -> (Vec<Finding>, usize) {
        let template = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: demo}}}";
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let config = Config::load(root, Some("local")).unwrap();
        let there = mock!(aws_sdk_s3::Client::head_bucket).then_output(|| HeadBucketOutput::builder().build());
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&there]);
        let aws = Aws { s3, ..Aws::connect(&config.env).await };
        let live = live.map(|text| Seen { live: stack(), template: Some(text.to_owned()) });
        let seen = live.map(|seen| ("orders".to_owned(), seen)).into_iter().collect();
        let templates = BTreeMap::from([("orders".to_owned(), template.to_owned())]);
        (look(&aws, &config, &templates, &seen).await.unwrap(), there.num_calls())
    }

    fn stack() -> LiveStack {
        LiveStack {
            id: String::new(),
            status: aws_sdk_cloudformation::types::StackStatus::CreateComplete,
            reason: String::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            outputs: BTreeMap::new(),
            termination_protection: false,
        }
    }

    #[tokio::test]
    async fn a_bucket_that_no_stack_of_ours_owns_is_in_the_way() {
        let (found, _) = bucket(None).await;
        assert!(found[0].problem.contains("S3 Bucket `demo` is there already"), "{found:?}");
        let other = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: another}}}";
        assert_eq!(bucket(Some(other)).await.0.len(), 1);
    }

    #[tokio::test]
    async fn what_our_stack_owns_is_in_nobodys_way_and_an_unchanged_stack_costs_no_call() {
        let same = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: demo}}}";
        assert_eq!(bucket(Some(same)).await, (vec![], 0));
        assert_eq!(bucket(Some(&format!("{same}\nOutputs: {{}}"))).await, (vec![], 0));
    }
}
