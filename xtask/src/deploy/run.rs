//! The whole deploy: artifacts and stacks side by side in the graph's order, then the site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::{Mutex, OnceCell};
use tokio::task::JoinSet;

use super::environment;
use super::inputs::{rewired, stack_input, wired};
use super::manner::Manner;
use super::notes::Notes;
use super::review::Review;
use super::source::Source;
use super::stack::{Applied, Outcome, Policy, apply};
use super::world::{self, World};
use crate::aws::stacks::{StackInput, Template};
use crate::aws::{Aws, objects};
use crate::build::Artifact;
use crate::commands::Ctx;
use crate::config::{Config, Outputs};
use crate::error::Problem;
use crate::hotswap::{self, Ledger, Way};
use crate::keys::Keys;
use crate::plan::{self, Plan};
use crate::recorder::{self, Kind};
use crate::releases::archive::sha256;
use crate::{graph, keys, local, preflight, site};

/// Longest template that fits into a request (AWS CloudFormation quotas).
const TEMPLATE_BODY_MAX: usize = 51_200;

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
    manner: Manner,
    policy: Policy,
    /// ARN of who deploys.
    pub(super) by: String,
    ledger: Ledger,
    full: BTreeSet<String>,
    pub(super) world: World,
    artifacts: OnceCell<BTreeMap<String, Artifact>>,
    /// What others use of each service: service → output → who.
    consumers: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The code that was planned, by service.
    codes: BTreeMap<String, Artifact>,
    /// What the plan read of the sites' buckets.
    sites: Mutex<BTreeMap<String, site::Preview>>,
    notes: Notes,
}

impl Run {
    fn review(&self, service: &str) -> Review {
        Review {
            service: service.to_owned(),
            consumers: self.consumers.get(service).cloned().unwrap_or_default(),
            allowed: self.manner.allowed.clone(),
            emulated: self.config.env.endpoint().is_some(),
        }
    }

    /// Locally the newest sources win; elsewhere what was shown is what is deployed.
    fn as_planned(&self, service: &str, artifact: Option<&Artifact>) -> Result<(), Problem> {
        let planned = self.codes.get(service).map(|one| &one.key);
        let bound = self.config.env.endpoint().is_none() || self.manner.reviewed.is_some();
        if !bound || planned == artifact.map(|one| &one.key) {
            return Ok(());
        }
        Err(Problem::declined(format!("not what was planned: the sources of `{service}` changed meanwhile"))
            .hint("plan again, or run this again when nothing else writes to the clone"))
    }
}

/// Deploys what is asked for from this clone.
pub async fn run(ctx: &Ctx, config: Config, asked: &[String]) -> anyhow::Result<Report> {
    let source = Source::checkout(&config)?;
    Box::pin(run_from(ctx, config, asked, source)).await
}

/// Deploys the services asked for, or all.
pub async fn run_from(ctx: &Ctx, config: Config, asked: &[String], source: Source) -> anyhow::Result<Report> {
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

async fn deploy(ctx: &Ctx, config: Config, asked: &[String], source: Source, manner: Manner) -> anyhow::Result<Report> {
    let start = Instant::now();
    if manner.hotswap {
        hotswap::refuse_protected(&config.env)?;
    }
    let policy = manner.policy(&config)?;
    if !manner.again {
        recorder::span(Kind::Prepare, &config.env.name, local::ensure(ctx, &config)).await?;
    }
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    if !manner.again {
        ctx.ui.step(
            "Environment",
            format!("{} in {} {} as {}", config.env.name, identity.account, config.env.region, identity.arn),
        );
    }
    let world = recorder::span(Kind::Prepare, "stacks", World::look(&aws, &config)).await?;
    let facts = plan::Facts { aws: &aws, identity: &identity, config: &config, source: &source, asked, world: &world };
    let draft = recorder::span(Kind::Prepare, "plan", Box::pin(plan::make(ctx, facts))).await?;
    if !manner.again {
        let found = preflight::deploying(&aws, &config, &source, &draft.plan.services, &world);
        preflight::refuse(&config.env.name, &Box::pin(found).await?)?;
    }
    agree(ctx, &config, &world, &manner, &draft.plan)?;
    if config.env.endpoint().is_some() {
        Box::pin(environment::bootstrap(&ctx.ui, &aws, &config, &world)).await?;
    }
    let full = draft.plan.services.clone();
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
        artifacts: OnceCell::new(),
        codes: draft.codes,
        sites: Mutex::new(draft.sites),
        notes: Notes::default(),
    });
    let done = deploy_all(&run).await;
    let release = run.notes.record(&run, start.elapsed(), done.is_ok()).await;
    let (stacks, outputs, sites) = done?;
    let changed =
        stacks.values().any(|outcome| *outcome != Outcome::Unchanged) || sites.values().any(site::Synced::changed);
    let anew = stacks.values().any(|outcome| matches!(outcome, Outcome::Created | Outcome::Updated));
    let unproven = match &run.source {
        Source::Checkout(renderer) if anew => local::parity::unproven(&run.config, renderer)?,
        _ => Vec::new(),
    };
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

type Done = (BTreeMap<String, Outcome>, Outputs, BTreeMap<String, site::Synced>);

async fn deploy_all(run: &Arc<Run>) -> anyhow::Result<Done> {
    let (stacks, outputs) = deploy_stacks(run).await?;
    let sites = sync_sites(run, &stacks, &outputs).await?;
    Ok((stacks, outputs, sites))
}

/// The last word before the first write: nothing that was not reviewed, nothing that is refused, and elsewhere than
/// locally a person's yes to the plan.
fn agree(ctx: &Ctx, config: &Config, world: &World, manner: &Manner, plan: &Plan) -> anyhow::Result<()> {
    if let Some(reviewed) = &manner.reviewed {
        plan::compare(reviewed, plan)?;
    }
    let stack = |service: &str| plan.stacks.iter().find(|one| one.service == service).map(|one| one.stack.clone());
    plan::guard::check(&plan.refused, |service| stack(service).unwrap_or_default(), &manner.allowed)?;
    if config.env.endpoint().is_some() {
        if plan.changed && !manner.again {
            ctx.ui.step("Plan", plan.summary());
        }
        return Ok(());
    }
    environment::require_bootstrap(&ctx.ui, config, world)?;
    if manner.again {
        return Ok(());
    }
    ctx.ui.say(plan::text(plan, false));
    if !plan.changed || manner.reviewed.is_some() {
        return Ok(());
    }
    Ok(ctx.ui.confirm(&format!("Deploy this to `{}`", config.env.name), "yes")?)
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
                tasks.spawn(recorder::within(after, deploy_one(Arc::clone(run), service, outputs.clone())));
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
                // The first failure is the one to show; the others are its neighbours.
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        Some(error) => Err(error),
        None => Ok((outcomes, outputs)),
    }
}

async fn deploy_one(run: Arc<Run>, service: String, outputs: Outputs) -> anyhow::Result<(String, Option<Applied>)> {
    let start = Instant::now();
    let mut stack = None;
    let (input, keys) = if run.full.contains(&service) {
        let (input, keys) = full_input(&run, &service, &outputs).await?;
        let code = run.artifacts.get().and_then(|all| all.get(&service)).cloned();
        stack = Some((sha256(input.template.as_bytes()), code));
        (Some(input), keys)
    } else {
        (rewired(&run.config, run.world.live(&service), &service, &outputs)?, Keys::default())
    };
    let full = run.full.contains(&service);
    let seen = run.world.services.get(&service).cloned();
    let name = run.config.stack_name(&service);
    let work = async {
        let applied = match (input, run.world.live(&service)) {
            (Some(input), _) if full => apply_in_full(&run, &service, &input).await?,
            (Some(input), _) => {
                apply(&run.ctx.ui, &run.aws.cloudformation, &input, seen, (run.policy, &run.review(&service))).await?
            }
            (None, Some(live)) => Applied { outcome: Outcome::Unchanged, outputs: live.outputs.clone() },
            (None, None) => return Ok(None),
        };
        recorder::outcome(applied.outcome.name());
        Ok(Some(applied))
    };
    let Some(applied) = recorder::span(Kind::Stack, &name, work).await? else { return Ok((service, None)) };
    let through_stack = matches!(applied.outcome, Outcome::Created | Outcome::Updated);
    // Code that was swapped is no release: the stack still names the one before, and the next full deploy goes by it.
    if through_stack || !run.manner.hotswap {
        run.notes.note(&service, |left| {
            left.touched = through_stack;
            left.stack = stack;
        });
    }
    keys.record(&run.aws).await?;
    let verb = match applied.outcome {
        Outcome::Unchanged => return Ok((service, Some(applied))),
        Outcome::Created | Outcome::Updated => "Deployed",
        Outcome::Hotswapped => "Hotswapped",
        Outcome::Reconciled => "Reconciled",
    };
    run.ctx.ui.step(verb, format!("{name} in {:.1} s", start.elapsed().as_secs_f64()));
    Ok((service, Some(applied)))
}

/// Directly where that is asked for and enough, else through the stack, after which no function runs a swapped code.
async fn apply_in_full(run: &Run, service: &str, input: &StackInput) -> anyhow::Result<Applied> {
    let (aws, config) = (&run.aws, &run.config);
    let artifact = match &config.app.services[service].package {
        Some(_) => artifacts(run).await?.get(service),
        None => None,
    };
    if run.manner.hotswap
        && let Some(applied) = apply_directly(run, service, input, artifact).await?
    {
        return Ok(applied);
    }
    let seen = run.world.services.get(service).cloned();
    let mut applied = apply(&run.ctx.ui, &aws.cloudformation, input, seen, (run.policy, &run.review(service))).await?;
    let swapped = hotswap::reconcile(aws, config, &run.ledger, (service, artifact)).await?;
    if !swapped.is_empty() && applied.outcome == Outcome::Unchanged {
        applied.outcome = Outcome::Reconciled;
    }
    Ok(applied)
}

/// `None` where more than code changed; a line says what.
async fn apply_directly(
    run: &Run,
    service: &str,
    input: &StackInput,
    artifact: Option<&Artifact>,
) -> anyhow::Result<Option<Applied>> {
    let client = &run.aws.cloudformation;
    // Asked again: what was seen at the start is as old as the build is long.
    let seen = match run.world.live(service) {
        Some(_) => world::look(client, &input.name).await?,
        None => None,
    };
    let (live, template) = seen.map_or((None, None), |seen| (Some(seen.live), seen.template));
    if let Way::Stack(reason) = hotswap::way(live.as_ref(), template.as_deref(), input) {
        run.ctx.ui.step("Deploying", format!("{} in full: {reason}", input.name));
        return Ok(None);
    }
    let Some(live) = live else { return Ok(None) };
    let mut outcome = Outcome::Unchanged;
    if let Some(artifact) = artifact {
        let deployed = live.parameters.get("CodeKey").map_or("", String::as_str);
        let target = hotswap::Target { service, artifact, deployed, by: &run.by };
        if !hotswap::swap(&run.aws, &run.config, &run.ledger, target).await?.is_empty() {
            outcome = if artifact.key == deployed { Outcome::Reconciled } else { Outcome::Hotswapped };
        }
    }
    Ok(Some(Applied { outcome, outputs: live.outputs }))
}

async fn full_input(run: &Run, service: &str, outputs: &Outputs) -> anyhow::Result<(StackInput, Keys)> {
    let mut parameters = wired(&run.config, service, outputs)?;
    let artifact = match &run.config.app.services[service].package {
        Some(_) => artifacts(run).await?.get(service),
        None => None,
    };
    run.as_planned(service, artifact)?;
    // After the build, which takes its time: what is known of the keys should be fresh.
    let keys = keys::ensure(&run.aws, &run.config, service, run.world.live(service)).await?;
    parameters.extend(keys.parameters.clone());
    let template = run.source.template(&run.config, service, &keys.facts)?;
    let mut input = stack_input(&run.config, service, template, parameters, artifact);
    input.template_url = place(run, &input.template).await?;
    if let Some(text) = run.source.creation(&run.config, service, &keys.facts)? {
        let url = place(run, &text).await?;
        input.creation = Some(Template { text, url });
    }
    Ok((input, keys))
}

/// All artifacts at once by service, when the first stack asks for its own: one cargo call for the whole deploy.
async fn artifacts(run: &Run) -> anyhow::Result<&BTreeMap<String, Artifact>> {
    run.artifacts.get_or_try_init(|| run.source.artifacts(&run.ctx, &run.aws, &run.config, &run.full)).await
}

/// Where a template must be put that is too long for a request.
async fn place(run: &Run, template: &str) -> anyhow::Result<Option<String>> {
    if template.len() <= TEMPLATE_BODY_MAX {
        return Ok(None);
    }
    upload_template(run, template).await.map(Some)
}

async fn upload_template(run: &Run, template: &str) -> anyhow::Result<String> {
    use sha2::Digest;
    let bucket = run.config.artifact_bucket();
    let key = format!("template/{}.yaml", hex::encode(sha2::Sha256::digest(template.as_bytes())));
    if !objects::exists(&run.aws.s3, &bucket, &key).await? {
        objects::put_text(&run.aws.s3, &bucket, &key, template).await?;
    }
    if let Some(endpoint) = run.config.env.endpoint() {
        return Ok(format!("{endpoint}/{bucket}/{key}"));
    }
    let suffix = if run.config.env.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok(format!("https://{bucket}.s3.{}.{suffix}/{key}", run.config.env.region))
}

/// Syncs each site that was asked for, or that names an output of a service which this deploy touches.
async fn sync_sites(
    run: &Run,
    outcomes: &BTreeMap<String, Outcome>,
    outputs: &Outputs,
) -> anyhow::Result<BTreeMap<String, site::Synced>> {
    let mut synced = BTreeMap::new();
    for (service, spec) in &run.config.app.services {
        let Some(spec) = &spec.site else { continue };
        if !outcomes.contains_key(service) {
            continue;
        }
        // Not "the outputs changed in this run": an earlier run may have been killed between a stack and its site.
        let touched =
            |name: &String| run.full.contains(name) || outcomes.get(name).is_some_and(|one| *one != Outcome::Unchanged);
        if !touched(service) && !spec.needs().any(|to| touched(&to.service)) {
            continue;
        }
        if let Some(missing) = spec.needs().find(|to| !outputs.contains_key(&to.service)) {
            run.ctx.ui.warn(format!(
                "the site of `{service}` waits for `{missing}`: run `cargo xtask deploy --env {} --service {}`",
                run.config.env.name, missing.service
            ));
            continue;
        }
        let built = recorder::span(Kind::SiteBuild, service, run.source.site(&run.ctx, &run.config, service)).await?;
        let config = run.source.config(&run.config, service)?;
        // What the plan read is still true where nothing took its time since.
        let quick = outcomes.values().all(|outcome| *outcome == Outcome::Unchanged);
        let preview = run.sites.lock().await.remove(service).filter(|_| quick);
        let sync = site::sync(&run.ctx, &run.aws, config, service, (&built, outputs), preview);
        let result = recorder::span(Kind::Sync, service, sync).await?;
        run.notes.note(service, |left| {
            left.touched |= result.changed();
            left.site = Some(built);
        });
        synced.insert(service.clone(), result);
    }
    Ok(synced)
}
