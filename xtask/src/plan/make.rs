//! Makes a plan: reads what a deploy would read, writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::protection::switch;
use super::stack::{self, Planned, StackPlan};
use super::swapped::{ledger, swapped};
use super::{KeyPlan, Plan, StackAction, guard};
use crate::aws::stacks::StackInput;
use crate::aws::{Aws, Identity};
use crate::build::Artifact;
use crate::commands::Ctx;
use crate::config::{App, Config, Outputs};
use crate::deploy::{Seen, Source, World, inputs, is_at_rest, scope, shared_stack, shared_stacks};
use crate::hotswap::Ledger;
use crate::keys::{Keys, Looked};
use crate::recorder::{self, Kind};
use crate::render::Renderer;
use crate::site::{self, Preview};
use crate::{digest, graph, keys};

/// A plan with what was read for it, so that nothing is read twice.
#[derive(Debug)]
pub struct Draft {
    /// The plan.
    pub plan: Plan,
    /// By service, what is in its site's bucket.
    pub sites: BTreeMap<String, Preview>,
    /// By service, the code that its functions will run.
    pub codes: BTreeMap<String, Artifact>,
    /// By service that is deployed in full, its template.
    pub templates: BTreeMap<String, String>,
    /// By service that has all of its keys, what is known of them.
    pub keys: BTreeMap<String, Keys>,
    /// By service, the digest of what its site is made from.
    pub built: BTreeMap<String, String>,
    /// The code that was put into functions directly.
    pub ledger: Ledger,
}

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The clients, of which only those that read are used.
    pub aws: &'a Aws,
    /// Who asks.
    pub identity: &'a Identity,
    /// The environment.
    pub config: &'a Config,
    /// Where templates, code and sites come from.
    pub source: &'a Source,
    /// The services asked for.
    pub asked: &'a [String],
    /// What is there.
    pub world: &'a World,
}

/// The outputs of each service that others use: service → output → who.
#[must_use]
pub fn consumers(app: &App) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    let mut add = |to: &crate::config::OutputRef, user: &str| {
        let users = found.entry(to.service.clone()).or_default().entry(to.output.clone()).or_default();
        if !users.iter().any(|known| known == user) {
            users.push(user.to_owned());
        }
    };
    for (name, service) in &app.services {
        service.inputs.values().for_each(|to| add(to, name));
        let Some(site) = &service.site else { continue };
        site.needs().for_each(|to| add(to, &format!("the site of {name}")));
        for output in ["BucketName", "DistributionId"] {
            let own = crate::config::OutputRef { service: name.clone(), output: output.to_owned() };
            add(&own, &format!("the site of {name}"));
        }
    }
    found
}

/// Where nothing is planned ahead: a further round of a watch. Each change of a stack is planned before it is made.
pub async fn unmade(facts: Facts<'_>) -> anyhow::Result<Draft> {
    Ok(Draft {
        plan: empty(facts)?,
        sites: BTreeMap::new(),
        codes: BTreeMap::new(),
        templates: BTreeMap::new(),
        keys: BTreeMap::new(),
        built: BTreeMap::new(),
        ledger: ledger(facts.aws, facts.config, facts.world).await?,
    })
}

fn empty(facts: Facts<'_>) -> anyhow::Result<Plan> {
    let Facts { identity, config, asked, world, .. } = facts;
    Ok(Plan { services: scope::in_full(&config.app, asked, &world.whole())?, ..Plan::new(config, identity) })
}

/// Makes the plan of a deploy.
pub async fn make(ctx: &Ctx, facts: Facts<'_>) -> anyhow::Result<Draft> {
    let Facts { aws, config, source, world, .. } = facts;
    let mut plan = empty(facts)?;
    let full = plan.services.clone();
    plan.basis.insert("the list of services".to_owned(), full.iter().cloned().collect::<Vec<_>>().join(" "));
    let shared = bootstrap(&mut plan, config, world)?;
    let codes = source.planned(config, &full)?;
    let (mut templates, mut found) = (BTreeMap::new(), BTreeMap::new());
    let consumers = consumers(&config.app);
    let nobody = BTreeMap::new();
    let mut outputs = Outputs::new();
    let order = graph::order(&config.app).map_err(|circle| anyhow::anyhow!("a circle: {}", circle.join(" → ")))?;
    for service in order {
        let seen = world.services.get(&service);
        let wanted = if full.contains(&service) {
            let Looked { keys, missing, sealed } = keys::look_for(aws, config, &service, world.live(&service)).await?;
            plan.notices.extend(sealed.iter().map(|(key, secret)| {
                format!(
                    "key `{service}.{key}` is there and not known, so its public key and what names it are shown as new: no tag of \
                     the secret `{secret}` tells it yet, and its value may not be read; the next deploy writes the tag"
                )
            }));
            plan.keys.extend(missing.iter().map(|(key, secret)| KeyPlan {
                service: service.clone(),
                key: key.clone(),
                secret: secret.clone(),
            }));
            let template = source.template(config, &service, &keys.facts)?;
            let mut parameters = inputs::shared(&template, seen, &shared)?;
            parameters.extend(inputs::wired(config, &service, &outputs)?);
            parameters.extend(keys.parameters.clone());
            templates.insert(service.clone(), template.clone());
            if missing.is_empty() && sealed.is_empty() {
                found.insert(service.clone(), keys);
            }
            Some(inputs::with_code(inputs::stack_input(config, &service, template, parameters), codes.get(&service)))
        } else {
            inputs::rewired(config, world.live(&service), &service, &outputs)?
        };
        let planned = match (wanted, seen) {
            (Some(wanted), _) => {
                remember(&mut plan.basis, seen, &wanted);
                let mut planned = stack::plan(&service, seen, &wanted, consumers.get(&service).unwrap_or(&nobody))?;
                switch(&mut planned, seen.map(|seen| &seen.live), config.env.protected);
                planned
            }
            (None, Some(seen)) if !is_at_rest(&seen.live) => {
                let (stack, status) = (config.stack_name(&service), &seen.live.status);
                plan.notices.push(format!(
                    "stack `{stack}` is {status} and stays so: mend it by `cargo xtask deploy --env {} --service {service}`",
                    config.env.name
                ));
                Planned::untouched(&service, &stack, seen)
            }
            (None, Some(seen)) => Planned::untouched(&service, &config.stack_name(&service), seen),
            (None, None) => continue,
        };
        outputs.insert(service, add(&mut plan, planned));
    }
    let (ledger, swapped) = swapped(&mut plan, (aws, config), world, &codes).await?;
    let (sites, built) = sites(ctx, facts, &mut plan, &outputs).await?;
    plan.changed = plan.stacks.iter().any(StackPlan::changed)
        || !plan.keys.is_empty()
        || plan.sites.iter().any(site::SitePlan::changed)
        || swapped;
    Ok(Draft { plan, sites, codes, templates, keys: found, built, ledger })
}

/// Adds a stack's plan and gives its outputs.
pub(super) fn add(plan: &mut Plan, planned: Planned) -> BTreeMap<String, String> {
    plan.refused.extend(guard::refusals(&planned.plan));
    for notice in guard::unlisted(&planned.plan) {
        if !plan.notices.contains(&notice) {
            plan.notices.push(notice);
        }
    }
    plan.security.extend(planned.security);
    plan.functions.extend(planned.functions);
    plan.notices.extend(planned.notices);
    plan.stacks.push(planned.plan);
    planned.outputs
}

/// On the emulator a deploy brings these along; elsewhere they are somebody else's, and it stops where they are missing. Gives
/// what they have for templates, by output.
fn bootstrap(plan: &mut Plan, config: &Config, world: &World) -> anyhow::Result<BTreeMap<String, String>> {
    let renderer = Renderer::load(&config.root)?;
    let mut outputs = BTreeMap::new();
    for (name, _) in shared_stacks(config) {
        let seen = world.shared.get(name);
        let wanted = shared_stack(config, &renderer, name, seen)?;
        let planned = stack::plan(name, seen, &wanted, &BTreeMap::new())?;
        outputs.extend(planned.outputs.clone());
        if config.env.endpoint().is_some() {
            remember(&mut plan.basis, seen, &wanted);
            add(plan, planned);
        } else if planned.plan.action != StackAction::Unchanged {
            let (what, remedy) = (&wanted.name, format!("cargo xtask bootstrap --env {}", config.env.name));
            plan.notices.push(match planned.plan.action {
                StackAction::Create | StackAction::Recreate => format!("stack `{what}` is missing, run `{remedy}`"),
                _ => format!("stack `{what}` is not as this version would make it, run `{remedy}`"),
            });
            // What is there stays as it is until then.
            outputs.extend(seen.map(|seen| seen.live.outputs.clone()).unwrap_or_default());
        }
    }
    Ok(outputs)
}

async fn sites(
    ctx: &Ctx,
    facts: Facts<'_>,
    plan: &mut Plan,
    outputs: &Outputs,
) -> anyhow::Result<(BTreeMap<String, Preview>, BTreeMap<String, String>)> {
    let Facts { aws, config, source, .. } = facts;
    let changed: BTreeSet<String> =
        plan.stacks.iter().filter(|stack| stack.changed()).map(|stack| stack.service.clone()).collect();
    let touched = |name: &String| plan.services.contains(name) || changed.contains(name);
    let (mut previews, mut digests) = (BTreeMap::new(), BTreeMap::new());
    for (service, spec) in &config.app.services {
        let Some(spec) = &spec.site else { continue };
        if !outputs.contains_key(service) || !touched(service) && !spec.needs().any(|to| touched(&to.service)) {
            continue;
        }
        if let Some(missing) = spec.needs().find(|to| !outputs.contains_key(&to.service)) {
            plan.sites.push(site::SitePlan::waiting(service, &missing.to_string()));
            continue;
        }
        let built = recorder::span(Kind::SiteBuild, service, source.site(ctx, config, service)).await?;
        let preview = site::preview(ctx, aws, source.config(config, service)?, service, &built, outputs).await?;
        plan.basis.insert(format!("the bucket of the site of `{service}`"), preview.found());
        plan.basis.insert(format!("the sources of the site of `{service}`"), built.digest.clone());
        plan.sites.push(preview.plan.clone());
        previews.insert(service.clone(), preview);
        digests.insert(service.clone(), built.digest);
    }
    Ok((previews, digests))
}

/// Fingerprints of what is there and of what is wanted, for `--plan`.
fn remember(basis: &mut BTreeMap<String, String>, seen: Option<&Seen>, wanted: &StackInput) {
    let name = &wanted.name;
    if let Some(seen) = seen {
        let live = &seen.live;
        let sent = (&live.parameters, &live.tags, live.termination_protection);
        let facts = format!("{:?}", (&live.id, &live.status, sent, &live.outputs));
        basis.insert(format!("stack `{name}`"), fingerprint(&facts));
        basis.extend(seen.template.as_ref().map(|text| (format!("the live template of `{name}`"), fingerprint(text))));
    }
    // Of a stack that keeps its template, only what is sent.
    basis.insert(format!("the rendered template of `{name}`"), fingerprint(&wanted.template));
    for (parameter, value) in &wanted.parameters {
        let what = if parameter == "CodeKey" { "the code" } else { parameter.as_str() };
        basis.insert(format!("{what} for `{name}`"), value.clone());
    }
    basis.insert(format!("the tags of `{name}`"), fingerprint(&format!("{:?}", wanted.tags)));
}

fn fingerprint(text: &str) -> String {
    digest::start(text, 32)
}
