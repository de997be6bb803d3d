//! One service of a deploy: its artifact, keys and template, then its stack or, by hotswap, its functions.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::inputs::{rewired, shared, stack_input, wired, with_code};
use super::run::Run;
use super::stack::{Applied, Outcome, apply};
use super::status::{Step, decide};
use super::upload::place;
use super::world;
use crate::aws::stacks::{StackInput, Template};
use crate::build::{Artifact, Form};
use crate::config::Outputs;
use crate::digest::sha256;
use crate::hotswap::{self, Way};
use crate::keys::{self, Keys};
use crate::recorder::{self, Kind};

/// Another service's task has failed to build the code of all, and tells why.
#[derive(Debug)]
pub(super) struct Unbuilt;

impl fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the code could not be built")
    }
}

impl std::error::Error for Unbuilt {}

pub(super) async fn deploy(
    run: Arc<Run>,
    service: String,
    outputs: Outputs,
) -> anyhow::Result<(String, Option<Applied>)> {
    let start = Instant::now();
    let mut template = None;
    let (input, keys) = if run.full.contains(&service) {
        let (input, keys) = full_input(&run, &service, &outputs).await?;
        template = Some(sha256(input.template.as_bytes()));
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
            (Some(input), _) => apply(run.hands(&run.review(&service)), &input, seen).await?,
            (None, Some(live)) => Applied { outcome: Outcome::Unchanged, outputs: live.outputs.clone(), joined: false },
            (None, None) => return Ok(None),
        };
        recorder::outcome(applied.outcome.name());
        Ok(Some(applied))
    };
    let Some(applied) = recorder::span(Kind::Stack, &name, work).await? else { return Ok((service, None)) };
    let through_stack = matches!(applied.outcome, Outcome::Created | Outcome::Updated);
    // Code that was swapped is no release: the stack still names the one before, and the next full deploy goes by it.
    if through_stack || !run.manner.hotswap {
        let code = run.artifacts.get().and_then(|all| all.as_ref()?.get(&service)).cloned();
        run.notes.note(&service, |left| {
            left.touched = through_stack || applied.joined;
            left.stack = template.map(|template| (template, code));
        });
    }
    keys.record(&run.aws).await?;
    let verb = match applied.outcome {
        Outcome::Unchanged | Outcome::Protection => return Ok((service, Some(applied))),
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
    if run.manner.hotswap {
        let artifact = code(run, service, run.manner.form(config)).await?;
        if let Some(applied) = apply_directly(run, service, input, artifact).await? {
            return Ok(applied);
        }
    }
    // A stack names what lasts, whatever its functions might have had directly.
    let artifact = code(run, service, Form::Whole).await?;
    let input = &with_code(input.clone(), artifact);
    let seen = run.world.services.get(service).cloned();
    let mut applied = apply(run.hands(&run.review(service)), input, seen).await?;
    let swapped = hotswap::reconcile(aws, config, &run.ledger, (service, artifact)).await?;
    if !swapped.is_empty() && matches!(applied.outcome, Outcome::Unchanged | Outcome::Protection) {
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
    if live.termination_protection != run.policy.protect {
        run.ctx.ui.step("Deploying", format!("{} in full: its termination protection changes", input.name));
        return Ok(None);
    }
    let mut outcome = Outcome::Unchanged;
    if let Some(artifact) = artifact {
        let deployed = live.parameters.get("CodeKey").map_or("", String::as_str);
        let target = hotswap::Target { service, artifact, deployed, by: &run.by };
        if !hotswap::swap(&run.aws, &run.config, &run.ledger, target).await?.is_empty() {
            outcome = if artifact.key == deployed { Outcome::Reconciled } else { Outcome::Hotswapped };
        }
    }
    Ok(Some(Applied { outcome, outputs: live.outputs, joined: false }))
}

async fn full_input(run: &Run, service: &str, outputs: &Outputs) -> anyhow::Result<(StackInput, Keys)> {
    let parameters = wired(&run.config, service, outputs)?;
    let artifact = code(run, service, run.manner.form(&run.config)).await?;
    run.as_planned(service, artifact)?;
    let seen = run.world.services.get(service);
    let with = |keys: &Keys| {
        let template = run.source.template(&run.config, service, &keys.facts)?;
        // What a service names itself goes before what has the same name by chance.
        let mut all = shared(&template, seen, &run.shared)?;
        all.extend(parameters.clone().into_iter().chain(keys.parameters.clone()));
        anyhow::Ok(with_code(stack_input(&run.config, service, template, all), artifact))
    };
    // Where nothing changes with the keys that the plan has found, they need no second look.
    if let Some(keys) = run.keys.lock().await.remove(service) {
        let input = with(&keys)?;
        if decide(seen.map(|seen| &seen.live), seen.and_then(|seen| seen.template.as_deref()), &input)
            == Step::Unchanged
        {
            return Ok((input, keys));
        }
    }
    // After the build, which takes its time: what is known of the keys should be fresh.
    let keys = keys::ensure(&run.aws, &run.config, service, run.world.live(service)).await?;
    let mut input = with(&keys)?;
    input.template_url = place((&run.aws, &run.config), &input.template).await?;
    if let Some(text) = run.source.creation(&run.config, service, &keys.facts)? {
        let url = place((&run.aws, &run.config), &text).await?;
        input.creation = Some(Template { text, url });
    }
    Ok((input, keys))
}

/// The code of a service in a form. All services' at once, when the first stack asks for its own: one cargo call for the whole deploy.
async fn code<'a>(run: &'a Run, service: &str, form: Form) -> anyhow::Result<Option<&'a Artifact>> {
    if run.config.app.services[service].package.is_none() {
        return Ok(None);
    }
    let make = || async {
        let prepared = run.early.lock().await.end().await?;
        run.source.artifacts((&run.ctx.ui, &run.aws, &run.config), (&run.full, form), prepared).await
    };
    let cell = match form {
        Form::Whole => &run.artifacts,
        Form::Linked => &run.linked,
    };
    let failure = std::sync::Mutex::new(None);
    let all = cell.get_or_init(|| async {
        make().await.map_or_else(
            |error| {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            },
            Some,
        )
    });
    let all = all.await;
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    Ok(all.as_ref().ok_or(Unbuilt)?.get(service))
}
