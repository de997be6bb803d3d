//! An environment as a whole: what account and region share, and what its stacks say.

use std::collections::BTreeMap;

use super::stack::{Outcome, apply};
use crate::aws::stacks::{self, StackInput};
use crate::aws::{Aws, objects};
use crate::config::{Config, Outputs};
use crate::error::Problem;
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};
use crate::ui::Ui;

/// Creates or updates the bootstrap stacks: the account's permissions boundary, the region's artifact bucket.
pub async fn bootstrap(ui: &Ui, aws: &Aws, config: &Config) -> anyhow::Result<()> {
    let renderer = Renderer::load(&config.root)?;
    let (account, region) = tokio::try_join!(
        one(ui, aws, config, &renderer, BOOTSTRAP_ACCOUNT),
        one(ui, aws, config, &renderer, BOOTSTRAP_REGION),
    )?;
    for (name, outcome) in [(BOOTSTRAP_ACCOUNT, account), (BOOTSTRAP_REGION, region)] {
        if outcome != Outcome::Unchanged {
            ui.step("Deployed", stack_name(config, name));
        }
    }
    Ok(())
}

async fn one(ui: &Ui, aws: &Aws, config: &Config, renderer: &Renderer, name: &str) -> anyhow::Result<Outcome> {
    let input = StackInput {
        name: stack_name(config, name),
        template: renderer.bootstrap(config, name)?,
        template_url: None,
        parameters: BTreeMap::new(),
        tags: BTreeMap::from([("app".to_owned(), config.app.app.clone())]),
    };
    Ok(apply(ui, &aws.cloudformation, &input, config.env.endpoint().is_none()).await?.outcome)
}

/// Shared by all environments of an account: no environment in the name.
fn stack_name(config: &Config, name: &str) -> String {
    format!("{}-{name}", config.app.app)
}

/// Says what to run where the account or the region is not prepared.
pub(super) async fn require_bootstrap(aws: &Aws, config: &Config) -> anyhow::Result<()> {
    let bucket = config.artifact_bucket();
    let account = stack_name(config, BOOTSTRAP_ACCOUNT);
    let (bucket_there, boundary) =
        tokio::try_join!(objects::bucket_exists(&aws.s3, &bucket), stacks::describe(&aws.cloudformation, &account),)?;
    if bucket_there && boundary.is_some() {
        return Ok(());
    }
    let missing = if bucket_there { format!("stack `{account}`") } else { format!("artifact bucket `{bucket}`") };
    Err(Problem::failed(format!(
        "account {} is not prepared for region {}: there is no {missing}",
        config.env.account(),
        config.env.region
    ))
    .hint(format!("cargo xtask bootstrap --env {}", config.env.name))
    .into())
}

/// The outputs of every stack of the environment that is there.
pub async fn observe_outputs(aws: &Aws, config: &Config) -> anyhow::Result<Outputs> {
    let mut outputs = Outputs::new();
    for service in config.app.services.keys() {
        if let Some(live) = stacks::describe(&aws.cloudformation, &config.stack_name(service)).await? {
            outputs.insert(service.clone(), live.outputs);
        }
    }
    Ok(outputs)
}
