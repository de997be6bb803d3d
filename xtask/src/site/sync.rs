//! Joins the site's parts: reads what was built, fills in the environment, observes, plans, applies.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

use super::build::Built;
use super::document::{self, Meta};
use super::files::{self, Files, INDEX, SiteFile};
use super::plan::Observed;
use super::preview::Preview;
use super::store::{Bucket, Store};
use super::{apply, plan, settings, spec};
use crate::aws::Aws;
use crate::commands::Ctx;
use crate::config::Outputs;
use crate::config::{Config, OutputRef, Site};
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

/// Brings the bucket of a service's stack to the built site, with the environment's outputs filled in. `preview` is what the
/// bucket held a moment ago.
pub async fn sync(
    ctx: &Ctx,
    aws: &Aws,
    config: &Config,
    service: &str,
    (built, outputs): (&Built, &Outputs),
    preview: Option<Preview>,
) -> anyhow::Result<Synced> {
    let site = spec(config, service)?;
    let own = |output: &str| OutputRef { service: service.to_owned(), output: output.to_owned() };
    let store = Bucket {
        aws: aws.clone(),
        name: settings::output(outputs, &own("BucketName"))?.to_owned(),
        distribution: settings::output(outputs, &own("DistributionId"))?.to_owned(),
        run: format!("{}-{}", config.stack_name(service), Timestamp::now().as_nanosecond()),
    };
    let script = script(ctx.reload.as_ref(), config);
    let files = assemble(site, config, &built.folder, (outputs, script.as_ref()))?;
    let observed = match preview.and_then(Preview::into_observed) {
        Some(observed) => observed,
        None => store.observe().await?,
    };
    let (synced, invalidation_error) = run_from(&store, &files, &observed, Timestamp::now())
        .await
        .with_context(|| format!("cannot sync the site of `{service}`"))?;
    if let Some(error) = invalidation_error {
        ctx.ui.warn(format!(
            "{error:#}\n  visitors may see the old site until the next deploy repeats this, or until\n  \
             aws cloudfront create-invalidation --distribution-id {} --paths {}",
            store.distribution,
            synced.invalidated.iter().map(|path| format!("'{path}'")).collect::<Vec<_>>().join(" "),
        ));
    }
    Ok(synced)
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
    let mut files = files::read(built)?;
    let settings = SiteFile::of_config(&settings::json(site, config, outputs)?);
    let html = std::fs::read_to_string(built.join(INDEX))
        .with_context(|| format!("cannot read `{}`", built.join(INDEX).display()))?;
    let mut policy = settings::policy(site, outputs, &document::content(&html, Meta::Policy)?)?;
    if let Some(script) = script {
        policy = settings::allow(&policy, "connect-src", &script.calls);
    }
    let html = document::replace(&html, Meta::Policy, &policy)?;
    let mut html = document::replace(&html, Meta::Config, &format!("/{}", settings.path))?;
    if let Some(script) = script {
        let file = SiteFile::of_script(&script.text);
        html = document::with_module(&html, &format!("/{}", file.path))?;
        files.insert(file.path.clone(), file);
    }
    for file in [settings, SiteFile::of_bytes(INDEX, html)] {
        files.insert(file.path.clone(), file);
    }
    Ok(files)
}

/// Observe, plan, apply.
#[cfg(test)]
pub(super) async fn run<S: Store>(
    store: &S,
    files: &Files,
    now: Timestamp,
) -> anyhow::Result<(Synced, Option<anyhow::Error>)> {
    run_from(store, files, &store.observe().await?, now).await
}

/// Plan, apply.
async fn run_from<S: Store>(
    store: &S,
    files: &Files,
    observed: &Observed,
    now: Timestamp,
) -> anyhow::Result<(Synced, Option<anyhow::Error>)> {
    let plan = plan::plan(files, observed, now);
    let applied = apply::apply(store, files, observed, &plan).await?;
    let synced = Synced {
        uploaded: plan.uploads.len(),
        deleted: plan.deletes.len(),
        unchanged: plan.unchanged,
        bytes: applied.bytes,
        invalidated: applied.invalidated,
    };
    Ok((synced, applied.invalidation_error))
}
