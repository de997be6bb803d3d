//! The whole deploy: artifacts and stacks side by side in the graph's order, then the site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::{Mutex, OnceCell};
use tokio::task::JoinSet;

use super::agree::{Agreed, agree};
use super::beside::Beside;
use super::early::Early;
use super::environment;
use super::manner::Manner;
use super::notes::Notes;
use super::review::Review;
use super::scope;
use super::service;
use super::sites;
use super::source::Source;
use super::stack::{Hands, Outcome, Policy};
use super::world::World;
use crate::aws::Aws;
use crate::build::Artifact;
use crate::commands::Ctx;
use crate::config::{Config, Outputs, Service};
use crate::error::Problem;
use crate::hotswap::{self, Ledger};
use crate::keys::Keys;
use crate::plan::{self, StackPlan};
use crate::recorder::{self, Kind};
use crate::{graph, local, preflight, previews, site};

/// What a deploy did; printed by `--json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The environment's name.
    pub environment: String,
    /// Whether anything was written.
    pub changed: bool,
    /// The id of the release that it left; none where nothing changed.
    pub release: Option<u64>,
    /// Stack outcome by service.
    pub stacks: BTreeMap<String, Outcome>,
    /// Site result by service.
    pub sites: BTreeMap<String, site::Synced>,
    /// Outputs by service.
    pub outputs: Outputs,
    /// What the emulator could not prove of the templates; nothing on AWS, and nothing where no stack was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<local::parity::Unproven>,
    /// Wall time.
    pub seconds: f64,
}

/// Shared by the stacks' tasks.
pub(super) struct Run {
    pub(super) ctx: Ctx,
    pub(super) aws: Aws,
    pub(super) config: Config,
    pub(super) source: Source,
    pub(super) manner: Manner,
    pub(super) policy: Policy,
    /// ARN of who deploys.
    pub(super) by: String,
    pub(super) ledger: Ledger,
    pub(super) full: BTreeSet<String>,
    pub(super) world: World,
    /// What the stacks of `bootstrap` have for templates, by output.
    pub(super) shared: BTreeMap<String, String>,
    /// The build that began before the plan was made.
    pub(super) early: Mutex<Early>,
    /// The code by service, once it is asked for; none where it could not be built.
    pub(super) artifacts: OnceCell<Option<BTreeMap<String, Artifact>>>,
    /// What functions get directly, where that is another form than their stacks'.
    pub(super) linked: OnceCell<Option<BTreeMap<String, Artifact>>>,
    /// What others use of each service: service → output → who.
    consumers: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// What was planned for each stack.
    stacks: BTreeMap<String, StackPlan>,
    /// The code that was planned, by service.
    codes: BTreeMap<String, Artifact>,
    /// The digest of what each site was planned from.
    built: BTreeMap<String, String>,
    /// The keys that the plan has found, of the services that have all of theirs.
    pub(super) keys: Mutex<BTreeMap<String, Keys>>,
    /// What the plan read of the sites' buckets.
    pub(super) sites: Mutex<BTreeMap<String, site::Preview>>,
    pub(super) notes: Notes,
    pub(super) beside: Beside,
}

impl Run {
    /// What the change of a service's stack is held against.
    pub(super) fn review(&self, service: &str) -> Review {
        Review {
            service: service.to_owned(),
            consumers: self.consumers.get(service).cloned().unwrap_or_default(),
            allowed: self.manner.allowed.clone(),
            emulated: self.config.env.endpoint().is_some(),
            agreed: self
                .stacks
                .get(service)
                .and_then(|plan| Agreed::to(&self.ctx, &self.config, &self.manner, plan.clone())),
        }
    }

    /// By what its stacks are changed.
    pub(super) fn hands<'a>(&'a self, review: &'a Review) -> Hands<'a> {
        let bucket = (&self.aws, &self.config);
        Hands { ui: &self.ctx.ui, client: &self.aws.cloudformation, bucket, policy: self.policy, review }
    }

    /// Whether the code is the one that was planned.
    pub(super) fn as_planned(&self, service: &str, artifact: Option<&Artifact>) -> Result<(), Problem> {
        let planned = self.codes.get(service).map(|one| &one.key);
        self.same_sources(service, planned == artifact.map(|one| &one.key))
    }

    /// Whether the site is the one that was planned. One that the plan could not build yet is none.
    pub(super) fn site_as_planned(&self, service: &str, digest: &str) -> Result<(), Problem> {
        self.same_sources(&format!("the site of {service}"), self.built.get(service).is_none_or(|one| one == digest))
    }

    /// Locally the newest sources win; elsewhere what was shown is what is deployed.
    fn same_sources(&self, what: &str, same: bool) -> Result<(), Problem> {
        // A further round is shown no plan: it is asked for by what was saved.
        let shown = self.config.env.endpoint().is_none() && !self.manner.again;
        let bound = shown || self.manner.reviewed.is_some();
        if !bound || same {
            return Ok(());
        }
        Err(Problem::declined(format!("not what was planned: the sources of `{what}` changed meanwhile"))
            .hint("plan again, or run this again when nothing else writes to the clone"))
    }
}

/// Deploys what is asked for from this clone.
pub async fn run(ctx: &Ctx, config: Config, asked: &[String]) -> anyhow::Result<Report> {
    let source = Source::checkout(&config)?;
    Box::pin(run_in(ctx, config, asked, source, Manner::default())).await
}

/// Deploys the services asked for, or all, in a manner of choice.
pub async fn run_in(
    ctx: &Ctx,
    config: Config,
    asked: &[String],
    source: Source,
    manner: Manner,
) -> anyhow::Result<Report> {
    let environment = config.clone();
    recorder::keep(&ctx.ui, &environment, Box::pin(deploy(ctx, config, asked, source, manner))).await
}

async fn deploy(
    ctx: &Ctx,
    mut config: Config,
    asked: &[String],
    source: Source,
    manner: Manner,
) -> anyhow::Result<Report> {
    let start = Instant::now();
    if manner.hotswap {
        hotswap::refuse_protected(&config.env)?;
    }
    let policy = manner.policy(&config)?;
    scope::known(&config.app, asked)?;
    let services: Vec<&String> = config.app.services.keys().collect();
    manner.allowed.known(&services, |service| config.stack_name(service))?;
    if let Some(reviewed) = &manner.reviewed {
        plan::same_place(reviewed, &config)?;
    }
    let mut early = Early::begin((ctx, &config), asked, (&source, &manner));
    // Clients call nobody before they are used.
    let (ready, aws) = tokio::join!(ready(ctx, &config, &manner), Box::pin(manner.session.open(&config.env)));
    ready?;
    early.go(&aws).await;
    let identity = Box::pin(manner.session.identify(&config.env)).await?;
    if !manner.again {
        ctx.ui.step(
            "Environment",
            format!("{} in {} {} as {}", config.env.name, identity.account, config.env.region, identity.arn),
        );
    }
    let records = previews::Store::of(&aws.s3, &config);
    previews::open(&records, &mut config, manner.claim.as_ref(), &identity.arn).await?;
    source.check(&aws).await?;
    let world = recorder::span(Kind::Prepare, "stacks", World::look(&aws, &config)).await?;
    let facts = plan::Facts { aws: &aws, identity: &identity, config: &config, source: &source, asked, world: &world };
    let draft = if manner.again {
        plan::unmade(facts).await?
    } else {
        recorder::span(Kind::Prepare, "plan", Box::pin(plan::make(ctx, facts))).await?
    };
    if !manner.again {
        let builds = draft.plan.changed && matches!(source, Source::Checkout(_));
        // The plan has built the sites that it could: asking npm for its version takes longer than all other questions.
        let to_build = |(name, service): (&String, &Service)| service.site.is_some() && !draft.built.contains_key(name);
        let sites = config.app.services.iter().any(to_build);
        let tools = async { if builds { preflight::tools::look(&config, sites).await } else { Ok(vec![]) } };
        let look = Box::pin(preflight::look(&aws, &config, &draft.templates, &world.services));
        let (mut found, lacks) = tokio::try_join!(look, tools)?;
        found.extend(lacks);
        preflight::refuse(&ctx.ui, &format!("a deploy to `{}`", config.env.name), &found)?;
    }
    agree(ctx, &config, &world, &manner, &draft.plan)?;
    let shared = if config.env.endpoint().is_some() && !manner.again {
        Box::pin(environment::bootstrap(&ctx.ui, &aws, &config, &world)).await?
    } else {
        world.shared_outputs()
    };
    previews::renew(&records, &config, manner.claim.as_ref(), (&identity.arn, false)).await?;
    source.bring(ctx, &aws, &config).await?;
    let full = draft.plan.services.clone();
    let beside = Beside::begin((&aws, &config), &source, draft.plan.changed && !manner.hotswap);
    let run = Arc::new(Run {
        ctx: ctx.clone(),
        consumers: plan::consumers(&config.app),
        aws,
        config,
        source,
        manner,
        policy,
        by: identity.arn,
        ledger: draft.ledger,
        full,
        world,
        shared,
        early: Mutex::new(early),
        artifacts: OnceCell::new(),
        linked: OnceCell::new(),
        stacks: draft.plan.stacks.into_iter().map(|one| (one.service.clone(), one)).collect(),
        codes: draft.codes,
        built: draft.built,
        keys: Mutex::new(draft.keys),
        sites: Mutex::new(draft.sites),
        notes: Notes::default(),
        beside,
    });
    let done = deploy_all(&run).await;
    let release = run.notes.record(&run, start.elapsed(), done.is_ok()).await;
    let renewed = previews::renew(&records, &run.config, run.manner.claim.as_ref(), (&run.by, done.is_ok())).await;
    if let Err(error) = renewed {
        run.ctx.ui.warn(format!("the environment's time was not started anew: {error:#}"));
    }
    let (stacks, outputs, sites) = done?;
    let changed =
        stacks.values().any(|outcome| *outcome != Outcome::Unchanged) || sites.values().any(site::Synced::changed);
    let unproven = unproven(&run, &stacks).await?;
    Ok(Report {
        environment: run.config.env.name.clone(),
        changed,
        release,
        stacks,
        sites,
        outputs,
        unproven,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Sees that what the environment lives in is there.
async fn ready(ctx: &Ctx, config: &Config, manner: &Manner) -> anyhow::Result<()> {
    if manner.again {
        return Ok(());
    }
    recorder::span(Kind::Prepare, &config.env.name, local::ensure(ctx, config)).await
}

/// What the emulator could not prove, where a stack of this clone was changed.
async fn unproven(run: &Run, stacks: &BTreeMap<String, Outcome>) -> anyhow::Result<Vec<local::parity::Unproven>> {
    let anew = stacks.values().any(|outcome| matches!(outcome, Outcome::Created | Outcome::Updated));
    match &run.source {
        Source::Checkout(renderer) if anew => match run.beside.unproven().await? {
            Some(found) => Ok(found),
            None => local::parity::unproven(&run.config, renderer),
        },
        _ => Ok(Vec::new()),
    }
}

type Done = (BTreeMap<String, Outcome>, Outputs, BTreeMap<String, site::Synced>);

async fn deploy_all(run: &Arc<Run>) -> anyhow::Result<Done> {
    let (stacks, outputs) = deploy_stacks(run).await?;
    let sites = sites::sync(run, &stacks, &outputs).await?;
    Ok((stacks, outputs, sites))
}

/// Starts each stack as soon as its producers are done; after a failure nothing new starts, what runs is waited for.
async fn deploy_stacks(run: &Arc<Run>) -> anyhow::Result<(BTreeMap<String, Outcome>, Outputs)> {
    let producers = graph::producers(&run.config.app);
    let mut waiting: BTreeSet<String> = run.config.app.services.keys().cloned().collect();
    let (mut outcomes, mut outputs) = (BTreeMap::new(), Outputs::new());
    let mut tasks = JoinSet::new();
    let mut failure = None;
    loop {
        if failure.is_none() {
            let ready: Vec<String> = waiting
                .iter()
                .filter(|service| {
                    producers[*service]
                        .iter()
                        .all(|producer| !waiting.contains(producer) && outputs.contains_key(producer))
                })
                .cloned()
                .collect();
            for service in ready {
                waiting.remove(&service);
                let after = producers[&service].iter().map(|producer| run.config.stack_name(producer)).collect();
                tasks.spawn(recorder::within(after, service::deploy(Arc::clone(run), service, outputs.clone())));
            }
        }
        let Some(done) = tasks.join_next().await else { break };
        match done? {
            Ok((service, Some(applied))) => {
                outcomes.insert(service.clone(), applied.outcome);
                outputs.insert(service, applied.outputs);
            }
            // Not there and not asked for: what needs it was not asked for either.
            Ok((service, None)) => {
                waiting.retain(|other| !producers[other].contains(&service));
            }
            Err(error) => {
                // The first failure is the one to show; the others are its neighbours, or only point to it.
                if failure.as_ref().is_none_or(|first: &anyhow::Error| first.is::<service::Unbuilt>()) {
                    failure = Some(error);
                }
            }
        }
    }
    match failure {
        Some(error) => Err(error),
        None => Ok((outcomes, outputs)),
    }
}
