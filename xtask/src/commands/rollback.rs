//! `rollback`: an environment, or some of its services, as an earlier release left it: stacks, code and site together.

use std::collections::{BTreeMap, BTreeSet};

use super::Ctx;
use crate::aws::Aws;
use crate::cli::RollbackArgs;
use crate::config::Config;
use crate::deploy::{self, Manner, Part, Source, World};
use crate::local;
use crate::plan::Allowed;
use crate::releases::parts::{self, Origin};
use crate::releases::record::{Action, Release};
use crate::releases::{self, Ledger, choice, known_services, show};

/// Releases that are looked at for the one to go back to.
const LOOKED_AT: usize = 100;

pub(super) async fn run(args: RollbackArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let ledger = Ledger::of(&aws.s3, &config);
    let mut history = ledger.history(LOOKED_AT).await?;
    if let Some(asked) = args.to {
        history.extend(ledger.read(asked).await?.map(|release| (asked, release)));
    }
    let services = args.service.iter().cloned().collect();
    let world = World::look(&aws, &config).await?;
    let unrecorded = unrecorded(&history, &world);
    let target = choice::target(&history, args.to, &services, &unrecorded)?;
    known_services(target, &args.service)?;
    let Some(current) = history.values().next_back() else { return Ok(()) };
    let asked: Vec<String> = if services.is_empty() { target.services.keys().cloned().collect() } else { args.service };

    let origin = Origin { aws: &aws, bucket: ledger.bucket.clone(), target: &config, from: None };
    let chosen = chosen(ctx, &origin, target, current, &asked).await?;
    show(ctx, &config, (current, target), &chosen, &asked);
    for service in asked.iter().filter(|service| unrecorded.contains(*service)) {
        let id = current.id;
        ctx.ui.warn(format!(
            "`{service}` runs what no release has: a deploy after release {id} was cut off, and is undone"
        ));
    }

    let composed = parts::composed(&config, &chosen)?;
    let source = Source::Release { action: Action::Rollback { to: target.id }, parts: chosen, brought: Vec::new() };
    let manner = Manner {
        allowed: Allowed { otherwise: Some(releases::KEEP), ..Allowed::default() },
        asks: Some(format!("Roll `{}` back to release {}", config.env.name, target.id)),
        ..Manner::default()
    };
    let report = Box::pin(deploy::run_in(ctx, composed, &asked, source, manner)).await?;
    super::deploy::finish(ctx, &report, args.json)
}

/// The services that run something else than the newest release says.
fn unrecorded(history: &BTreeMap<u64, Release>, world: &World) -> BTreeSet<String> {
    let Some(current) = history.values().next_back() else { return BTreeSet::new() };
    let live = world.services.iter().map(|(service, seen)| {
        let code = seen.live.parameters.get("CodeKey").map(String::as_str);
        (service.as_str(), (code, seen.template.as_deref()))
    });
    choice::unrecorded(current, &live.collect())
}

/// The parts of the services asked for, and of sites beside them: their configuration may name what goes back.
async fn chosen(
    ctx: &Ctx,
    origin: &Origin<'_>,
    target: &Release,
    current: &Release,
    asked: &[String],
) -> anyhow::Result<BTreeMap<String, Part>> {
    let mut parts = BTreeMap::new();
    for service in asked {
        parts.insert(service.clone(), parts::part(ctx, origin, service, &target.services[service]).await?);
    }
    for (service, record) in &current.services {
        if !parts.contains_key(service) && record.site.is_some() {
            parts.insert(service.clone(), parts::part(ctx, origin, service, record).await?);
        }
    }
    Ok(parts)
}

fn show(
    ctx: &Ctx,
    config: &Config,
    (current, target): (&Release, &Release),
    parts: &BTreeMap<String, Part>,
    asked: &[String],
) {
    let name = &config.env.name;
    ctx.ui.step("Rolling back", format!("{name} from release {} to {}", current.id, target.id));
    for service in asked {
        let differences = show::differences(current.services.get(service), &parts[service].record);
        ctx.ui.say(show::service(service, &differences));
    }
    let asked: BTreeSet<&String> = asked.iter().collect();
    for younger in current.services.keys().filter(|name| !target.services.contains_key(*name)) {
        if !asked.contains(younger) {
            ctx.ui.warn(format!("`{younger}` is younger than release {}: it stays as it is", target.id));
        }
    }
}
