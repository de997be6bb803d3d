//! From an environment to nothing: observe, show, ask, empty, delete, audit. Killed anywhere, the next run goes on,
//! because each run starts from what it observes. `scope` and `order` are pure.

mod audit;
mod empty;
mod observe;
mod order;
mod scope;
mod stack;

use anyhow::Context;

use crate::aws::{Aws, names};
use crate::commands::Ctx;
use crate::config::Config;
use crate::error::Problem;
use crate::{hotswap, local, previews};
use observe::Observed;
use scope::Scope;

/// Destroys an environment, or says what keeps it.
///
/// # Errors
/// A protected environment is refused before the first call, as a wrong configuration (exit code 2).
pub async fn run(ctx: &Ctx, config: &Config) -> anyhow::Result<()> {
    let name = &config.env.name;
    if config.env.protected {
        return Err(Problem::usage(format!("environment `{name}` is protected: it cannot be destroyed"))
            .hint(format!("to give it up: set `protected: false` in config/{name}.yaml, deploy that, then destroy"))
            .into());
    }
    local::ensure(ctx, config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    ctx.ui.step("Environment", format!("{name} in {} {} as {}", identity.account, config.env.region, identity.arn));
    let observed = observe::observe(&aws, config).await?;
    let records = previews::Store::of(&aws.s3, config);
    if observed.is_empty() {
        previews::end(&records, name, None, &identity.arn).await?;
        hotswap::forget(&aws, config).await?;
        audit::audit(&aws, config, &observed.scope).await?;
        previews::forget(&records, name).await?;
        ctx.ui.step("Finished", format!("there is nothing of `{name}` to destroy"));
        return Ok(());
    }
    refuse_terminated(&observed, name)?;
    for line in observed.lines() {
        ctx.ui.say(line);
    }
    ctx.ui.say(format!(
        "Stays: the artifact bucket `{}` and the bootstrap stacks, which belong to the account.",
        config.artifact_bucket()
    ));
    ctx.ui.confirm(&format!("This deletes all of it, for good, from account {}", identity.account), name)?;
    // From here on nobody deploys into a branch's environment.
    previews::end(&records, name, None, &identity.arn).await?;
    delete(ctx, &aws, config, observed).await?;
    previews::forget(&records, name).await
}

async fn delete(ctx: &Ctx, aws: &Aws, config: &Config, observed: Observed) -> anyhow::Result<()> {
    let (stacks, secrets) = (observed.stacks.len(), observed.secrets.len());
    order::delete_all(ctx, aws, config, observed.stacks).await?;
    // After the functions that it names.
    hotswap::forget(aws, config).await?;
    for secret in &observed.secrets {
        names::delete_secret(aws, secret).await?;
        ctx.ui.step("Deleted", format!("secret {secret}"));
    }
    audit::audit(aws, config, &observed.scope).await.context("the stacks are deleted, but not everything has gone")?;
    ctx.ui.step(
        "Destroyed",
        format!(
            "{}: {}, {}; the audit finds nothing left",
            config.env.name,
            counted(stacks, "stack"),
            counted(secrets, "secret")
        ),
    );
    Ok(())
}

/// The configuration may say `protected: false` already while the stacks do not.
fn refuse_terminated(observed: &Observed, environment: &str) -> Result<(), Problem> {
    let Some(stack) = observed.stacks.iter().find(|stack| stack.live.termination_protection) else { return Ok(()) };
    let hint = match stack.service {
        Some(_) => format!("cargo xtask deploy --env {environment}, which takes the protection away, then destroy"),
        None => format!(
            "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {}",
            stack.name
        ),
    };
    Err(Problem::failed(format!("stack `{}` is protected against deletion", stack.name)).hint(hint))
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What the environment's names are told by.
fn scope(config: &Config, stacks: &std::collections::BTreeMap<String, crate::aws::stacks::LiveStack>) -> Scope {
    let others = stacks.values().filter(|live| live.tags.get("app") == Some(&config.app.app));
    let others = others.filter_map(|live| live.tags.get("environment").cloned());
    Scope::new(&config.app.app, &config.env.name, others.chain(crate::config::environments(&config.root)))
}
