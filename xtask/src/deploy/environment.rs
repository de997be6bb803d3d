//! An environment as a whole: what account and region share, and what its stacks say.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::provider::as_decided;
use super::review::Review;
use super::stack::{Hands, Outcome, Policy, apply};
use super::world::{self, Seen, World, shared_name};
use crate::aws::Aws;
use crate::aws::stacks::{self, LiveStack, StackInput};
use crate::config::Config;
use crate::error::Problem;
use crate::plan;
use crate::recorder::{self, Kind::Stack};
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};
use crate::ui::Ui;

/// Creates or updates an emulator's bootstrap stacks: the account's permissions boundary and headers policies, the region's
/// artifact bucket. Gives their outputs.
pub(super) async fn bootstrap(
    ui: &Ui,
    aws: &Aws,
    config: &Config,
    world: &World,
) -> anyhow::Result<BTreeMap<String, String>> {
    let renderer = Renderer::load(&config.root)?;
    let home = aws.cloudformation_in(&config.app.home_region);
    let policy = Policy { protect: false, keep: false };
    let account = shared_stack(config, &renderer, BOOTSTRAP_ACCOUNT, None)?;
    let region = shared_stack(config, &renderer, BOOTSTRAP_REGION, None)?;
    let seen = |name: &str| world.shared.get(name).cloned();
    let [one, other] = [BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION].map(|name| Review { emulated: true, ..Review::of(name) });
    let one = Hands { ui, client: &home, bucket: (aws, config), policy, review: &one };
    let other = Hands { ui, client: &aws.cloudformation, bucket: (aws, config), policy, review: &other };
    let (one, other) = tokio::try_join!(
        recorder::span(Stack, &account.name, apply(one, &account, seen(BOOTSTRAP_ACCOUNT))),
        recorder::span(Stack, &region.name, apply(other, &region, seen(BOOTSTRAP_REGION))),
    )?;
    for (input, applied) in [(account, &one), (region, &other)] {
        if applied.outcome != Outcome::Unchanged {
            ui.step("Deployed", input.name);
        }
    }
    Ok(one.outputs.into_iter().chain(other.outputs).collect())
}

/// A stack that environments build upon, as it shall be. `seen` is what is there, where that decides who has
/// made the OIDC provider.
pub(crate) fn shared_stack(
    config: &Config,
    renderer: &Renderer,
    name: &str,
    seen: Option<&Seen>,
) -> anyhow::Result<StackInput> {
    let seen = seen.filter(|_| name == BOOTSTRAP_ACCOUNT);
    Ok(StackInput {
        name: shared_name(config, name),
        template: renderer.bootstrap(&as_decided(config, seen), name)?,
        template_url: None,
        creation: None,
        parameters: BTreeMap::new(),
        tags: BTreeMap::from([("app".to_owned(), config.app.app.clone())]),
        kept: None,
    })
}

/// Says what to run where the account or the region is not prepared, or no longer as this version wants it.
pub(super) fn require_bootstrap(ui: &Ui, config: &Config, world: &World) -> anyhow::Result<()> {
    let renderer = Renderer::load(&config.root)?;
    let remedy = format!("cargo xtask bootstrap --env {}", config.env.name);
    for (name, region) in world::shared(config) {
        let wanted = shared_stack(config, &renderer, name, world.shared.get(name))?;
        let Some(seen) = world.shared.get(name).filter(|seen| !seen.live.outputs.is_empty()) else {
            let (account, place) = (config.env.account(), &config.env.region);
            let text =
                format!("account {account} is not prepared for region {place}: no stack `{}` in {region}", wanted.name);
            return Err(Problem::failed(text).hint(remedy).into());
        };
        if seen.template.as_deref().map(str::trim_end) != Some(wanted.template.trim_end()) {
            refuse_older(&wanted, &seen.live, &remedy)?;
            ui.warn(format!("stack `{}` is not what this version would make it: run `{remedy}`", wanted.name));
        }
    }
    Ok(())
}

/// Refuses a shared stack that lacks an output of this version's: templates may ask for it.
fn refuse_older(wanted: &StackInput, live: &LiveStack, remedy: &str) -> anyhow::Result<()> {
    let mut names = plan::declared::outputs(&wanted.template)?.into_iter();
    let Some(missing) = names.find(|name| !live.outputs.contains_key(name)) else { return Ok(()) };
    let text =
        format!("stack `{}` is of an earlier version: it has no `{missing}`, which templates may need", wanted.name);
    Err(Problem::failed(text).hint(remedy.to_owned()).into())
}

/// Every stack of the environment that is there, by service; all are asked at once.
pub async fn observe(aws: &Aws, config: &Config) -> anyhow::Result<BTreeMap<String, LiveStack>> {
    let mut tasks = JoinSet::new();
    for service in config.app.services.keys().cloned() {
        let (client, name) = (aws.cloudformation.clone(), config.stack_name(&service));
        tasks.spawn(async move { anyhow::Ok((service, stacks::describe(&client, &name).await?)) });
    }
    let mut found = BTreeMap::new();
    while let Some(one) = tasks.join_next().await {
        let (service, live) = one??;
        found.extend(live.map(|live| (service, live)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::types::StackStatus;

    #[test]
    fn a_shared_stack_that_lacks_an_output_of_this_version_is_refused_before_anything_fails_for_it() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("dev")).unwrap();
        let renderer = Renderer::load(&root).unwrap();
        let wanted = shared_stack(&config, &renderer, BOOTSTRAP_ACCOUNT, None).unwrap();
        let names = plan::declared::outputs(&wanted.template).unwrap();
        let mut live = LiveStack {
            id: "arn".into(),
            status: StackStatus::UpdateComplete,
            reason: String::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            outputs: names.into_iter().map(|name| (name, "value".to_owned())).collect(),
            termination_protection: false,
        };
        refuse_older(&wanted, &live, "cargo xtask bootstrap --env dev").unwrap();
        let (missing, _) = live.outputs.pop_first().unwrap();
        let error = refuse_older(&wanted, &live, "cargo xtask bootstrap --env dev").unwrap_err();
        assert!(error.to_string().contains(&format!("it has no `{missing}`")), "{error}");
        assert_eq!(crate::error::hints(&error).collect::<Vec<_>>(), ["cargo xtask bootstrap --env dev"]);
    }
}
