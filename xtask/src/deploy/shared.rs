//! What `bootstrap` makes: the stacks that environments share, and one for each role of CI. Elsewhere than locally no deploy
//! touches them.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::environment::shared_stack;
use super::review::Review;
use super::stack::{Hands, Outcome, Policy, apply};
use super::world::{self, Seen, look, shared_name};
use crate::aws::Aws;
use crate::aws::stacks::StackInput;
use crate::config::Config;
use crate::iam;
use crate::recorder::{self, Kind};
use crate::render::Renderer;
use crate::ui::Ui;

/// A stack that `bootstrap` makes, beside what is there.
#[derive(Clone, Debug)]
pub struct SharedStack {
    /// `bootstrap-account`, `bootstrap-region`, `bootstrap-deploy-dev` and the like.
    pub key: String,
    /// What it shall be.
    pub wanted: StackInput,
    /// What it is.
    pub seen: Option<Seen>,
    /// The ARN of the role in it, if it is that of a role.
    pub role: Option<String>,
}

/// The stacks of the roles of CI, as they shall be.
///
/// # Errors
/// Where a template cannot be rendered, or a role would be larger than IAM lets it be.
pub fn wanted_roles(config: &Config) -> anyhow::Result<Vec<SharedStack>> {
    let renderer = Renderer::load(&config.root)?;
    let classes = iam::classes(config).into_iter();
    let stack = |class: crate::config::RoleClass| {
        let role = iam::role(config, &renderer, &class)?;
        let key = role.name.replacen(&config.app.app, "bootstrap", 1);
        let wanted = StackInput {
            name: shared_name(config, &key),
            template: renderer.role(config, &role)?,
            template_url: None,
            creation: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::from([("app".to_owned(), config.app.app.clone())]),
            kept: None,
        };
        Ok(SharedStack { key, wanted, seen: None, role: Some(class.arn(&config.app, &config.env)) })
    };
    classes.map(stack).collect()
}

/// All stacks that `bootstrap` makes, as they shall be: what others build upon comes first.
///
/// # Errors
/// As `wanted_roles`.
pub fn wanted_all(config: &Config) -> anyhow::Result<Vec<SharedStack>> {
    let renderer = Renderer::load(&config.root)?;
    let shared = |key: &str| {
        let wanted = shared_stack(config, &renderer, key, None)?;
        anyhow::Ok(SharedStack { key: key.to_owned(), wanted, seen: None, role: None })
    };
    let mut all = world::shared(config).into_iter().map(|(key, _)| shared(key)).collect::<anyhow::Result<Vec<_>>>()?;
    all.extend(wanted_roles(config)?);
    Ok(all)
}

/// Looks at each, all at a time.
///
/// # Errors
/// Where CloudFormation cannot be asked.
pub async fn look_at(aws: &Aws, config: &Config, mut stacks: Vec<SharedStack>) -> anyhow::Result<Vec<SharedStack>> {
    let mut tasks = JoinSet::new();
    for (place, stack) in stacks.iter().enumerate() {
        let (client, name) = (client(aws, config, stack), stack.wanted.name.clone());
        tasks.spawn(async move { anyhow::Ok((place, look(&client, &name).await?)) });
    }
    while let Some(done) = tasks.join_next().await {
        let (place, seen) = done??;
        stacks[place].seen = seen;
    }
    Ok(stacks)
}

/// Makes each what it shall be, one after the other: IAM is small, and a failure says then what it is of.
///
/// # Errors
/// The first that fails; those before it are made.
pub async fn make(
    ui: &Ui,
    aws: &Aws,
    config: &Config,
    stacks: &[SharedStack],
) -> anyhow::Result<BTreeMap<String, Outcome>> {
    let emulated = config.env.endpoint().is_some();
    let policy = Policy { protect: !emulated, keep: false };
    let mut outcomes = BTreeMap::new();
    for stack in stacks {
        let review = Review { emulated, ..Review::of(&stack.key) };
        let client = client(aws, config, stack);
        let hands = Hands { ui, client: &client, bucket: (aws, config), policy, review: &review };
        let doing = apply(hands, &stack.wanted, stack.seen.clone());
        let applied = recorder::span(Kind::Stack, &stack.wanted.name, doing).await?;
        if applied.outcome != Outcome::Unchanged {
            ui.step("Deployed", &stack.wanted.name);
        }
        outcomes.insert(stack.wanted.name.clone(), applied.outcome);
    }
    Ok(outcomes)
}

/// Roles are where the account's own stack is.
pub(crate) fn client(aws: &Aws, config: &Config, stack: &SharedStack) -> aws_sdk_cloudformation::Client {
    let shared = world::shared(config);
    let region = shared.iter().find(|(key, _)| *key == stack.key).map_or(config.app.home_region.as_str(), |one| one.1);
    aws.cloudformation_in(region)
}
