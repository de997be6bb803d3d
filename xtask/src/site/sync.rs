//! Joins the site's parts: reads what was built, fills in the environment, observes, plans, applies.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use site_sync::{Files, INDEX, Progress};

use super::build::Built;
use super::document::{self, Meta};
use super::place::{self, Distribution};
use super::preview::Preview;
use super::{files, settings, spec};
use crate::aws::Aws;
use crate::commands::Ctx;
use crate::config::Outputs;
use crate::config::{Config, OutputRef, Site};
use crate::ui::meter;
use crate::watch::Reload;

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// Files put.
    pub uploaded: usize,
    /// Stale files deleted.
    pub deleted: usize,
    /// Files that were as they should be.
    pub unchanged: usize,
    /// Bytes put.
    pub bytes: u64,
    /// Invalidation paths.
    pub invalidated: Vec<String>,
}

impl Synced {
    /// Whether anything was done.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.uploaded + self.deleted + self.invalidated.len() > 0
    }
}

/// How a sync goes about it.
#[derive(Debug, Default)]
pub struct How {
    /// What the bucket held a moment ago.
    pub preview: Option<Preview>,
    /// Whether the CDN is waited for, until it has forgotten what changed.
    pub waits: bool,
}

/// Brings the bucket of a service's stack to the built site, with the environment's outputs filled in.
pub async fn sync(
    ctx: &Ctx,
    aws: &Aws,
    config: &Config,
    service: &str,
    (built, outputs): (&Built, &Outputs),
    how: How,
) -> anyhow::Result<Synced> {
    let site = spec(config, service)?;
    let own = |output: &str| OutputRef { service: service.to_owned(), output: output.to_owned() };
    let name = settings::output(outputs, &own("BucketName"))?;
    let distribution = settings::output(outputs, &own("DistributionId"))?;
    let cdn = Distribution::new(aws.cloudfront.clone(), distribution, &config.stack_name(service));
    let store = place::bucket((aws, config), name, Some(cdn.clone())).await?;
    let context = || format!("cannot sync the site of `{service}`");
    let mut work = if let Some(work) = how.preview.and_then(Preview::into_work) {
        work
    } else {
        let script = script(ctx.reload.as_ref(), config);
        let files = assemble(site, config, &built.folder, (outputs, script.as_ref()))?;
        site_sync::s3::observe(&store, files).await.with_context(context)?
    };
    let options = place::options(config, service);
    let plan = site_sync::plan(&work, &options, Timestamp::now())?;
    let progress = Progress::default();
    let applying = site_sync::s3::apply(&store, &mut work, &plan, &options, &progress);
    let applied = meter::watch(&ctx.ui, service, &progress, applying).await.with_context(context)?;
    if let Some(error) = applied.invalidation_error {
        ctx.ui.warn(not_invalidated(&error, distribution, &applied.invalidated, "the next deploy"));
    }
    if how.waits {
        cdn.wait(&ctx.ui).await;
    }
    Ok(Synced {
        uploaded: plan.uploads.len(),
        deleted: plan.deletes.len(),
        unchanged: plan.unchanged,
        bytes: applied.bytes,
        invalidated: applied.invalidated,
    })
}

/// Why the CDN was not told, and how to tell it.
#[must_use]
pub fn not_invalidated(error: &anyhow::Error, distribution: &str, paths: &[String], who: &str) -> String {
    format!(
        "{error:#}\n  visitors may see the old site until {who} repeats this, or until\n  \
         aws cloudfront create-invalidation --distribution-id {distribution} --paths {}",
        paths.iter().map(|path| format!("'{path}'")).collect::<Vec<_>>().join(" "),
    )
}

/// Only where a watch asks for it, and only on this machine: nothing of it reaches a site on AWS.
pub(super) fn script(reload: Option<&Reload>, config: &Config) -> Option<Script> {
    config.env.endpoint()?;
    reload.map(|reload| Script { text: reload.script(), calls: reload.origin().to_owned() })
}

/// A module that a page runs beside its own.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: String,
    /// The origin that it calls.
    pub(super) calls: String,
}

/// The built files, `config.<hash>.json`, perhaps a script more, and the `index.html` that names them.
pub(super) fn assemble(
    site: &Site,
    config: &Config,
    built: &Path,
    (outputs, script): (&Outputs, Option<&Script>),
) -> anyhow::Result<Files> {
    let rules = place::rules(site)?;
    let mut files = files::read(built, &rules)?;
    let settings = settings::json(site, config, outputs)?;
    let name = files::config_name(&settings);
    let html = std::fs::read_to_string(built.join(INDEX))
        .with_context(|| format!("cannot read `{}`", built.join(INDEX).display()))?;
    let mut policy = settings::policy(site, outputs, &document::content(&html, Meta::Policy)?)?;
    if let Some(script) = script {
        policy = settings::allow(&policy, "connect-src", &script.calls);
    }
    let html = document::replace(&html, Meta::Policy, &policy)?;
    let mut html = document::replace(&html, Meta::Config, &format!("/{name}"))?;
    if let Some(script) = script {
        let module = files::module_name(&script.text);
        html = document::with_module(&html, &format!("/{module}"))?;
        files.add(&module, script.text.clone(), &rules)?;
    }
    files.add(&name, settings, &rules)?;
    files.add(INDEX, html, &rules)?;
    Ok(files)
}
