//! `promote`: the very bytes of one environment's release in another environment, with that one's configuration.

use std::collections::BTreeMap;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::PromoteArgs;
use crate::config::{Config, Environment};
use crate::deploy::{self, Manner, Part, Source};
use crate::error::Problem;
use crate::local;
use crate::plan::Allowed;
use crate::releases::parts::{self, Origin};
use crate::releases::record::{Action, Release};
use crate::releases::{self, Ledger, bring, show};

/// Releases that are looked at for the newest whole one.
const LOOKED_AT: usize = 20;

pub(super) async fn run(args: PromoteArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let from = Config::load(&ctx.root, Some(&args.from))?;
    let to = Config::load(&ctx.root, Some(&args.to))?;
    if from.env.name == to.env.name {
        return Err(Problem::usage(format!("`{}` is both the source and the target", to.env.name))
            .hint("to go back within an environment: cargo xtask rollback")
            .into());
    }
    for config in [&from, &to] {
        local::ensure(ctx, config).await?;
    }
    let (source, target) = (Aws::connect(&from.env).await, Aws::connect(&to.env).await);
    let (ours, _) = tokio::try_join!(source.identify(&from.env), target.identify(&to.env))?;
    let ledger = Ledger::of(&source.s3, &from);
    let release = chosen(&ledger, &from, args.release).await?;
    refuse_architecture(&release, &to)?;

    let origin = Origin { aws: &source, bucket: ledger.bucket.clone(), target: &to, from: Some(&from.env.name) };
    let mut parts = BTreeMap::new();
    for (service, record) in &release.services {
        parts.insert(service.clone(), parts::part(ctx, &origin, service, record).await?);
    }
    let before = Ledger::of(&target.s3, &to).newest().await?;
    show(ctx, (&from.env, &to.env), (&release, before.as_ref()), &parts);
    let brought = bring::read(&origin, &target, &mut parts).await?;
    let (name, account) = (&to.env.name, to.env.account());
    let manner = Manner {
        allowed: Allowed { otherwise: Some(releases::KEEP), ..Allowed::default() },
        asks: Some(format!("Promote release {} of `{}` to `{name}` in {account}", release.id, from.env.name)),
        ..Manner::default()
    };
    let composed = parts::composed(&to, &parts)?;
    let action = Action::Promote { from: from.env.name.clone(), account: ours.account, release: release.id };
    let services: Vec<String> = parts.keys().cloned().collect();
    let source = Source::Release { action, parts, brought };
    let report = Box::pin(deploy::run_in(ctx, composed, &services, source, manner)).await?;
    super::deploy::finish(ctx, &report, args.json)
}

/// The release asked for, or the newest that came to its end.
async fn chosen(ledger: &Ledger, from: &Config, asked: Option<u64>) -> anyhow::Result<Release> {
    let name = &from.env.name;
    let found = match asked {
        Some(id) => ledger.read(id).await?,
        None => ledger.history(LOOKED_AT).await?.into_values().rev().find(|release| release.complete),
    };
    let what = asked.map_or("no whole release".to_owned(), |id| format!("no release {id}"));
    let release = found.ok_or_else(|| {
        let hint = format!("cargo xtask releases --env {name}");
        Problem::failed(format!("environment `{name}` has {what}")).hint(hint)
    })?;
    if release.complete {
        return Ok(release);
    }
    let text = format!("release {} of `{name}` is of a deploy that failed: it is not promoted", release.id);
    Err(Problem::failed(text).hint(format!("choose a whole one: cargo xtask releases --env {name}")).into())
}

fn refuse_architecture(release: &Release, to: &Config) -> Result<(), Problem> {
    let wanted = to.env.architecture;
    let other = release.services.iter().find(|(_, record)| record.code.is_some() && record.architecture != wanted);
    let Some((service, record)) = other else { return Ok(()) };
    Err(Problem::failed(format!(
        "the code of `{service}` is for {}, environment `{}` runs {}",
        record.architecture.name(),
        to.env.name,
        wanted.name()
    ))
    .hint(format!(
        "give both environments the same `architecture`, or deploy: cargo xtask deploy --env {}",
        to.env.name
    )))
}

fn show(
    ctx: &Ctx,
    (from, to): (&Environment, &Environment),
    (release, before): (&Release, Option<&Release>),
    parts: &BTreeMap<String, Part>,
) {
    ctx.ui.step(
        "Promoting",
        format!("release {} of {} ({}) to {} ({})", release.id, from.name, from.account(), to.name, to.account()),
    );
    for (service, part) in parts {
        let now = before.and_then(|release| release.services.get(service));
        ctx.ui.say(show::service(service, &show::differences(now, &part.record)));
    }
    let dirty = |part: &&Part| part.record.commit.as_ref().is_none_or(|commit| commit.dirty);
    if parts.values().any(|part| dirty(&part)) {
        ctx.ui.warn("this release was built from a clone with changes that are in no commit");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;
    use crate::releases::samples::release;

    #[test]
    fn code_for_another_processor_is_refused_and_named() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut to = Config::load(&folder, Some("prod")).unwrap();
        to.env.architecture = Architecture::Arm64;
        refuse_architecture(&release(1).with("orders", "1"), &to).unwrap();
        to.env.architecture = Architecture::X86_64;
        let error = refuse_architecture(&release(1).with("orders", "1"), &to).unwrap_err().to_string();
        assert_eq!(error, "the code of `orders` is for arm64, environment `prod` runs x86_64");
    }
}
