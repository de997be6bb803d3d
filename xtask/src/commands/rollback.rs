//! `rollback`: an environment, or some of its services, as an earlier release left it: stacks, code and site together.

use std::collections::{BTreeMap, BTreeSet};

use super::Ctx;
use crate::aws::Aws;
use crate::cli::RollbackArgs;
use crate::config::{App, Config};
use crate::deploy::{self, Manner, Part, Source, World, scope};
use crate::error::Problem;
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
    let world = World::look(&aws, &config).await?;
    let unrecorded = unrecorded(&history, &world);
    let target = target(&config.app, &history, &args, &unrecorded)?;
    let Some(current) = history.values().next_back() else { return Ok(()) };
    let asked: Vec<String> =
        if args.service.is_empty() { target.services.keys().cloned().collect() } else { args.service };

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

/// The release to go back to. A service that neither a release nor the configuration knows is told before one is looked for.
fn target<'a>(
    app: &App,
    history: &'a BTreeMap<u64, Release>,
    args: &RollbackArgs,
    unrecorded: &BTreeSet<String>,
) -> Result<&'a Release, Problem> {
    let released = |name: &String| history.values().any(|release| release.services.contains_key(name));
    let others: Vec<String> = args.service.iter().filter(|name| !released(name)).cloned().collect();
    scope::known(app, &others)?;
    let target = choice::target(history, args.to, &args.service.iter().cloned().collect(), unrecorded)?;
    known_services(target, &args.service)?;
    Ok(target)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of};
    use crate::releases::samples::{history, release};

    #[test]
    fn a_service_that_nobody_knows_is_a_wrong_command_line_whatever_releases_there_are() {
        let app: App = serde_yaml::from_str(
            "{app: demo, defaultEnvironment: dev, homeRegion: r, services: {orders: {stack: s}, mail: {stack: s}}}",
        )
        .unwrap();
        let of = |service: &str, to| RollbackArgs { service: vec![service.to_owned()], to, ..RollbackArgs::default() };
        let one = history([release(4).with("orders", "a").with("gone", "a")]);
        for (history, to) in [(&one, None), (&one, Some(4)), (&BTreeMap::new(), None)] {
            let error = anyhow::Error::from(target(&app, history, &of("order", to), &BTreeSet::new()).unwrap_err());
            assert_eq!(error.to_string(), "no service `order` in config/app.yaml");
            assert_eq!(exit_of(&error), Exit::Usage);
            assert_eq!(crate::error::hints(&error).collect::<Vec<_>>(), ["did you mean `orders`?"]);
        }
        let told = |service, to| target(&app, &one, &of(service, to), &BTreeSet::new()).unwrap_err().to_string();
        assert!(told("orders", None).contains("no earlier release than 4"), "it has one release");
        assert_eq!(told("mail", Some(4)), "release 4 has no service `mail`");
        assert_eq!(
            target(&app, &one, &of("gone", Some(4)), &BTreeSet::new()).unwrap().id,
            4,
            "of a service that is no more"
        );
    }
}
