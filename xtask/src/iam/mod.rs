//! The rights of CI's roles, derived: what CloudFormation's handlers call for the types in the rendered templates, and what
//! the deployer calls itself (`aws/rights.rs`), each on the resources of the environment. Pure but for reading `stacks/`.

mod document;
mod features;
mod place;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::rights::{self, Need};
use crate::config::{Config, PREVIEW_PREFIX, RoleClass};
use crate::error::Problem;
use crate::render::Renderer;
use document::Gathered;
pub use document::{Condition, Document, Effect, POLICIES_MAX, POLICY_MAX, Statement, pack};
use place::Scope;

/// A role of CI, as `stacks/bootstrap-role.yaml.tera` gets it.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it is for, in words.
    pub purpose: String,
    /// Values of the token's `sub` that it trusts; `*` stands for any text.
    pub subjects: Vec<String>,
    /// Whether none of them is a pattern.
    pub exact: bool,
    /// Its managed policies.
    pub policies: Vec<Document>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "source")]
    _source: String,
    types: std::collections::BTreeMap<String, Vec<String>>,
}

static HANDLERS: LazyLock<Option<Table>> = LazyLock::new(|| serde_json::from_str(include_str!("handlers.json")).ok());

/// The classes of roles that `bootstrap` makes for an environment: its own; that of plans, which is the same for every
/// environment of an account; and where branches' environments live, theirs. None without `github` in config/app.yaml.
#[must_use]
pub fn classes(config: &Config) -> Vec<RoleClass> {
    if config.app.github.is_none() {
        return vec![];
    }
    let mut classes = vec![RoleClass::Deploy(config.env.name.clone()), RoleClass::Plan];
    if config.app.previews.as_ref().is_some_and(|previews| previews.like == config.env.name) {
        classes.push(RoleClass::Preview);
    }
    classes
}

/// A role with all that it may do.
///
/// # Errors
/// Where a template cannot be rendered, names a type whose actions are not known, or where the role would be larger than
/// IAM lets it be.
pub fn role(config: &Config, renderer: &Renderer, class: &RoleClass) -> anyhow::Result<Role> {
    let name = class.role(&config.app);
    let github = config.app.github.as_ref().context("no `github` in config/app.yaml")?;
    let policies = pack(statements(config, renderer, class)?);
    if policies.len() > POLICIES_MAX {
        let text = format!("the role `{name}` would have {} policies, a role has {POLICIES_MAX}", policies.len());
        return Err(Problem::failed(text).hint("split the application, or have the quota raised").into());
    }
    let purpose = match class {
        RoleClass::Deploy(environment) => format!("Deploys the environment {environment}."),
        RoleClass::Preview => "Makes and ends environments of branches.".to_owned(),
        RoleClass::Plan => "Reads what plans are made of.".to_owned(),
    };
    let subjects = github.subjects(class, &config.env);
    Ok(Role { exact: !subjects.iter().any(|one| one.contains('*')), name, purpose, subjects, policies })
}

fn statements(config: &Config, renderer: &Renderer, class: &RoleClass) -> anyhow::Result<Vec<Statement>> {
    let need = if *class == RoleClass::Plan { Need::Plan } else { Need::Deploy };
    let mut actions: BTreeSet<String> = rights::actions(need).map(str::to_owned).collect();
    let templates = match need {
        Need::Plan => vec![],
        Need::Deploy => templates(config, renderer)?,
    };
    for template in &templates {
        actions.extend(of_template(template)?);
    }
    let scope = scope(config, class, &templates);
    let mut gathered = Gathered::default();
    for action in &actions {
        for (resources, condition) in scope.place(action) {
            gathered.allow(action, resources, condition);
        }
    }
    let mut all = gathered.statements();
    if need == Need::Deploy {
        all.insert(0, untouchable(config, &scope));
    }
    Ok(all)
}

/// Whatever else allows it: nobody changes the boundary or the roles of CI with a role of CI, or frees a role of its boundary.
fn untouchable(config: &Config, scope: &Scope) -> Statement {
    let global = |rest: &str| format!("arn:{}:iam::{}:{rest}", config.env.partition(), config.env.account());
    let app = &config.app.app;
    let roles = ["deploy-*", "preview", "plan"].map(|name| global(&format!("role/{app}-{name}")));
    let policies = ["deploy-*", "preview-*", "plan-*"].map(|name| global(&format!("policy/{app}-{name}")));
    let stacks =
        format!("arn:{}:cloudformation:*:{}:stack/{app}-bootstrap-*/*", config.env.partition(), config.env.account());
    Statement {
        effect: Effect::Deny,
        action: ["Attach*", "Create*", "Delete*", "Detach*", "Put*", "Set*", "Tag*", "Untag*", "Update*"]
            .map(|verb| format!("iam:{verb}"))
            .into_iter()
            .chain(
                ["Continue*", "Create*", "Delete*", "Execute*", "Rollback*", "Set*", "Update*"]
                    .map(|verb| format!("cloudformation:{verb}")),
            )
            .collect(),
        resource: [vec![scope.boundary(), stacks], roles.to_vec(), policies.to_vec()].concat(),
        condition: Condition::new(),
    }
}

/// The templates of all services, guarded as the environment wants it.
fn templates(config: &Config, renderer: &Renderer) -> anyhow::Result<Vec<Value>> {
    let texts = config.app.services.keys().map(|service| renderer.offline(config, service));
    texts.map(|text| plain(&text?)).collect()
}

/// A template without its tags: what is below `!Sub` is as good as any text here.
fn plain(text: &str) -> anyhow::Result<Value> {
    fn untag(value: serde_yaml::Value) -> anyhow::Result<Value> {
        Ok(match value {
            serde_yaml::Value::Tagged(tagged) => untag(tagged.value)?,
            serde_yaml::Value::Sequence(list) => Value::Array(list.into_iter().map(untag).collect::<Result<_, _>>()?),
            serde_yaml::Value::Mapping(map) => {
                let pair = |(key, value): (serde_yaml::Value, serde_yaml::Value)| {
                    anyhow::Ok((key.as_str().unwrap_or_default().to_owned(), untag(value)?))
                };
                Value::Object(map.into_iter().map(pair).collect::<Result<_, _>>()?)
            }
            scalar => serde_json::to_value(scalar)?,
        })
    }
    untag(serde_yaml::from_str(text)?)
}

fn resources(template: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    all.map(|(_, one)| (one.get("Type").and_then(Value::as_str).unwrap_or_default(), &one["Properties"]))
}

/// The actions of a template's types, as far as the properties in use need them.
fn of_template(template: &Value) -> anyhow::Result<BTreeSet<String>> {
    let table = HANDLERS.as_ref().context("xtask/src/iam/handlers.json is broken")?;
    let mut found = BTreeSet::new();
    for (kind, properties) in resources(template) {
        let handlers = table.types.get(kind).ok_or_else(|| {
            Problem::failed(format!("nobody knows what a role needs for `{kind}`: not in xtask/src/iam/handlers.json"))
                .hint("cargo xtask test --only lint: the linter prints the command that adds the type")
        })?;
        let uses = |property: &str| mentions(properties, property);
        found.extend(handlers.iter().filter(|action| features::needs(kind, action, &uses)).cloned());
        found.extend(features::more(kind, &uses).map(str::to_owned));
    }
    Ok(found)
}

/// Whether a property stands anywhere below.
fn mentions(value: &Value, property: &str) -> bool {
    match value {
        Value::Object(map) => map.contains_key(property) || map.values().any(|one| mentions(one, property)),
        Value::Array(list) => list.iter().any(|one| mentions(one, property)),
        _ => false,
    }
}

fn scope(config: &Config, class: &RoleClass, templates: &[Value]) -> Scope {
    let env = &config.env;
    let (environments, region) = match class {
        RoleClass::Deploy(name) => (name.clone(), env.region.clone()),
        RoleClass::Preview => (format!("{PREVIEW_PREFIX}*"), env.region.clone()),
        RoleClass::Plan => ("*".to_owned(), "*".to_owned()),
    };
    let services = &config.app.services;
    let principals = templates.iter().flat_map(resources).filter(|(kind, _)| *kind == "AWS::IAM::Role");
    let trusted: BTreeSet<String> = principals
        .flat_map(|(_, properties)| {
            properties["AssumeRolePolicyDocument"]["Statement"].as_array().into_iter().flatten()
        })
        .filter_map(|statement| statement["Principal"]["Service"].as_str().map(str::to_owned))
        .collect();
    let zone = env.domain.as_ref().and_then(|domain| domain.hosted_zone_id.clone());
    Scope {
        app: config.app.app.clone(),
        environments,
        partition: env.partition().to_owned(),
        account: env.account().to_owned(),
        region,
        sites: services.iter().filter(|(_, one)| one.site.is_some()).map(|(name, _)| name.clone()).collect(),
        zones: zone.filter(|_| matches!(class, RoleClass::Deploy(_))).into_iter().collect(),
        trusted: trusted.into_iter().collect(),
        reads: *class == RoleClass::Plan,
    }
}

#[cfg(test)]
mod tests;
