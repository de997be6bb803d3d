//! From an environment to nothing: observe, show, ask, back up, empty, delete, audit. Killed anywhere, the next run goes
//! on, because each run starts from what it observes. `scope` and `order` are pure.

mod audit;
mod empty;
mod observe;
mod order;
mod scope;
mod stack;
mod strays;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use anyhow::Context;
use tokio::task::JoinSet;

use crate::aws::{Aws, names};
use crate::backup::{self, Place};
use crate::commands::Ctx;
use crate::config::Config;
use crate::error::Problem;
use crate::plan::counted;
use crate::releases::Ledger;
use crate::ui::Ui;
use crate::{hotswap, local, previews};
use observe::Observed;
use scope::Scope;
use strays::Stray;

/// What becomes of what outlives its stack and may be somebody's data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retained {
    /// Where there is any, nothing is destroyed before somebody has said what becomes of it.
    #[default]
    Refuse,
    /// It stays, and is listed.
    Keep,
    /// It goes as well.
    Remove,
}

/// Destroys an environment, or says what keeps it.
///
/// # Errors
/// A protected environment is refused before the first call, as a wrong configuration (exit code 2).
pub async fn run(ctx: &Ctx, config: &Config, retained: Retained, backup: Option<&str>) -> anyhow::Result<()> {
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
    let place = backup.map(|text| Place::parse(text, &aws.s3)).transpose()?;
    let observed = observe::observe(&aws, config).await?;
    let records = previews::Store::of(&aws.s3, config);
    if observed.is_empty() {
        previews::end(&records, name, None, &identity.arn).await?;
        forget(&aws, config).await?;
        audit::audit(&aws, config, &observed.scope, &[]).await?;
        previews::forget(&records, name).await?;
        ctx.ui.step("Finished", format!("there is nothing of `{name}` to destroy"));
        return Ok(());
    }
    refuse_terminated(&observed, name)?;
    for line in observed.lines() {
        ctx.ui.about(line);
    }
    let (strays, kept) = choose(&observed, retained, name)?;
    for name in &kept {
        ctx.ui.about(format!("Stays, as asked for: {name}"));
    }
    ctx.ui.about(format!(
        "Stays: the artifact bucket `{}` and the bootstrap stacks, which belong to the account.",
        config.artifact_bucket()
    ));
    confirm(&ctx.ui, &observed, &identity.account, name)?;
    if let Some(place) = &place {
        let saved = backup::export(&ctx.ui, &aws, config, place).await;
        saved.context("nothing was deleted, since the backup did not come to its end")?;
    }
    // From here on nobody deploys into a branch's environment.
    previews::end(&records, name, None, &identity.arn).await?;
    let (stacks, secrets) = (observed.stacks.len(), observed.secrets.len());
    delete(ctx, &aws, config, (observed, strays), &kept).await?;
    previews::forget(&records, name).await?;
    let kept = if kept.is_empty() { String::new() } else { format!(" but {} kept", kept.len()) };
    let counts = format!("{}, {}", counted(stacks, "stack"), counted(secrets, "secret"));
    ctx.ui.step("Destroyed", format!("{name}: {counts}; the audit finds nothing left{kept}"));
    Ok(())
}

/// The typed name. Where the environment was protected once, a person types it: `--yes` was not meant for that.
fn confirm(ui: &Ui, observed: &Observed, account: &str, name: &str) -> Result<(), Problem> {
    let question = format!("This deletes all of it, for good, from account {account}");
    if observed.guarded {
        let otherwise = "a release says that it was protected once: run this on a terminal, `--yes` is no answer";
        return ui.confirm_in_person(&question, name, otherwise);
    }
    ui.confirm(&question, name)
}

/// What is to be deleted by its name once the stacks have gone, and the names of what is kept.
fn choose(
    observed: &Observed,
    retained: Retained,
    environment: &str,
) -> Result<(BTreeSet<Stray>, Vec<String>), Problem> {
    let data = observed.retained();
    let list = || data.iter().map(|(kind, name)| format!("{kind} {name}")).collect::<Vec<_>>().join("\n  ");
    match retained {
        Retained::Refuse if !data.is_empty() => {
            let text = format!("some of `{environment}` outlives its stacks:\n  {}", list());
            Err(Problem::failed(text).hint("pass `--keep-retained` or `--remove-retained`; nothing was deleted yet"))
        }
        Retained::Remove => observed.removable().map(|strays| (strays, vec![])).map_err(|stuck| {
            let text = format!("only its stack can delete what it keeps:\n  {}", stuck.join("\n  "));
            let hint =
                format!("set its `DeletionPolicy` to `Delete` and `cargo xtask deploy --env {environment}` first");
            Problem::failed(text).hint(hint)
        }),
        Retained::Refuse | Retained::Keep => {
            let strays = observed.strays.iter().filter(|stray| !stray.kind.holds_data()).cloned().collect();
            Ok((strays, data.into_iter().map(|(_, name)| name).collect()))
        }
    }
}

async fn delete(
    ctx: &Ctx,
    aws: &Aws,
    config: &Config,
    (observed, mut strays): (Observed, BTreeSet<Stray>),
    kept: &[String],
) -> anyhow::Result<()> {
    order::delete_all(ctx, aws, config, observed.stacks).await?;
    // What came meanwhile, such as the log group of a function's last words.
    let late = strays::named(aws, &observed.scope).await?.into_iter();
    strays.extend(late.filter(|stray| !stray.kind.holds_data() && !kept.contains(&stray.name)));
    let mut tasks = JoinSet::new();
    for stray in strays {
        let (ui, aws) = (ctx.ui.clone(), aws.clone());
        tasks.spawn(async move { strays::remove(&ui, &aws, &stray).await });
    }
    for secret in observed.secrets {
        let (ui, aws) = (ctx.ui.clone(), aws.clone());
        tasks.spawn(async move {
            names::delete_secret(&aws, &secret).await?;
            ui.step("Deleted", format!("secret {secret}"));
            Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect::<anyhow::Result<()>>()?;
    forget(aws, config).await?;
    audit::audit(aws, config, &observed.scope, kept)
        .await
        .context("the stacks are deleted, but not everything has gone")
}

/// The environment's own records in the artifact bucket, after all that they speak of. The bytes that they named are
/// shared by content with every other environment: `releases prune` collects what nobody names.
async fn forget(aws: &Aws, config: &Config) -> anyhow::Result<()> {
    hotswap::forget(aws, config).await?;
    let links = local::links(config);
    if links.is_dir() {
        std::fs::remove_dir_all(&links).with_context(|| format!("cannot delete `{}`", links.display()))?;
    }
    Ledger::of(&aws.s3, config).forget().await
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

/// What the environment's names are told by.
fn scope(config: &Config, stacks: &std::collections::BTreeMap<String, crate::aws::stacks::LiveStack>) -> Scope {
    let others = stacks.values().filter(|live| live.tags.get("app") == Some(&config.app.app));
    let others = others.filter_map(|live| live.tags.get("environment").cloned());
    Scope::new(&config.app.app, &config.env.name, others.chain(crate::config::environments(&config.root)))
}
