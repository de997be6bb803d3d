//! Where a deploy's templates, code and sites come from: this clone, or what an earlier deploy left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::aws::Aws;
use crate::build::{self, Artifact, Form, Prepared};
use crate::commands::Ctx;
use crate::config::Config;
use crate::error::Problem;
use crate::keys::Facts;
use crate::releases::bring::{self, Brought};
use crate::releases::parts;
use crate::releases::record::{Action, Object, Record};
use crate::render::Renderer;
use crate::site::{self, Built};
use crate::ui::Ui;

/// Where a deploy's bytes come from; everything after that is the same deploy.
#[derive(Debug)]
pub enum Source {
    /// This clone: templates from `stacks/`, code and sites from their sources.
    Checkout(Arc<Renderer>),
    /// What releases hold, by service: nothing is built.
    Release {
        /// Why: a rollback or a promotion.
        action: Action,
        /// By service.
        parts: BTreeMap<String, Part>,
        /// What the artifact bucket lacks of them.
        brought: Vec<Brought>,
    },
}

/// What a release has for one service.
#[derive(Clone, Debug)]
pub struct Part {
    /// What the template and the site are filled in with.
    pub config: Config,
    /// The templates as they were.
    pub renderer: Arc<Renderer>,
    /// What is known of it.
    pub record: Record,
    /// The code, if the service has any.
    pub artifact: Option<Artifact>,
    /// The site before an environment is filled in, if the service has one.
    pub site: Option<Built>,
}

impl Source {
    /// The clone that the configuration was read from.
    pub fn checkout(config: &Config) -> anyhow::Result<Self> {
        Ok(Self::Checkout(Arc::new(Renderer::load(&config.root)?)))
    }

    /// The configuration that fills in a service's template and site: `deployed` is the whole deploy's.
    pub fn config<'a>(&'a self, deployed: &'a Config, service: &str) -> Result<&'a Config, Problem> {
        Ok(self.part(service)?.map_or(deployed, |part| &part.config))
    }

    /// A service's template, as CloudFormation gets it.
    pub fn template(&self, deployed: &Config, service: &str, keys: &BTreeMap<String, Facts>) -> anyhow::Result<String> {
        match self {
            Self::Checkout(renderer) => renderer.service(deployed, service, keys),
            Self::Release { .. } => {
                let Some(part) = self.part(service)? else { return Ok(String::new()) };
                part.renderer.service(&part.config, service, keys)
            }
        }
    }

    /// The template that a service's stack is created from, where that is another one (`Renderer::creation`).
    pub fn creation(
        &self,
        deployed: &Config,
        service: &str,
        keys: &BTreeMap<String, Facts>,
    ) -> anyhow::Result<Option<String>> {
        match self {
            Self::Checkout(renderer) => renderer.creation(deployed, service, keys),
            Self::Release { .. } => {
                let Some(part) = self.part(service)? else { return Ok(None) };
                part.renderer.creation(&part.config, service, keys)
            }
        }
    }

    /// The code of the services that have any, by service: built and uploaded where it is missing, or, of a release, as it
    /// was checked before (the emulator would deploy a mock in the place of what is missing).
    pub async fn artifacts(
        &self,
        (ui, aws, deployed): (&Ui, &Aws, &Config),
        (services, form): (&BTreeSet<String>, Form),
        prepared: Option<Prepared>,
    ) -> anyhow::Result<BTreeMap<String, Artifact>> {
        let Self::Checkout(_) = self else { return self.planned(deployed, services) };
        let packages = packages(deployed, services);
        let names: Vec<String> = packages.values().cloned().collect();
        let built = build::ensure((ui, aws, deployed), (&names, form), prepared).await?;
        Ok(packages.into_iter().filter_map(|(service, one)| Some((service, built.get(&one)?.clone()))).collect())
    }

    /// Sees that the code of a release is there with the very bytes that were recorded, whatever is noted beside them. A
    /// clone's is built, or found by the digest of its sources.
    pub async fn check(&self, aws: &Aws) -> anyhow::Result<()> {
        let Self::Release { parts, brought, .. } = self else { return Ok(()) };
        for (service, part) in parts {
            let Some(artifact) = &part.artifact else { continue };
            if brought.iter().any(|one| one.key == artifact.key) {
                continue;
            }
            let object = Object { key: artifact.key.clone(), sha256: artifact.sha256.clone() };
            parts::get(aws, &artifact.bucket, service, &object).await?;
        }
        Ok(())
    }

    /// Brings along what the artifact bucket lacks of a release.
    pub async fn bring(&self, ctx: &Ctx, aws: &Aws, deployed: &Config) -> anyhow::Result<()> {
        let Self::Release { brought, .. } = self else { return Ok(()) };
        bring::write(&ctx.ui, aws, &deployed.artifact_bucket(), brought).await
    }

    /// The code of the services that have any, by service, as `artifacts` would name it; nothing is built or looked for.
    pub fn planned(
        &self,
        deployed: &Config,
        services: &BTreeSet<String>,
    ) -> anyhow::Result<BTreeMap<String, Artifact>> {
        let packages = packages(deployed, services);
        if let Self::Checkout(_) = self {
            let names: Vec<String> = packages.values().cloned().collect();
            let artifacts = build::planned(deployed, &names)?;
            let found = packages.into_iter().filter_map(|(service, one)| Some((service, artifacts.get(&one)?.clone())));
            return Ok(found.collect());
        }
        let mut found = BTreeMap::new();
        for service in packages.into_keys() {
            let artifact = self.part(&service)?.and_then(|part| part.artifact.clone());
            found.extend(artifact.map(|artifact| (service, artifact)));
        }
        Ok(found)
    }

    /// The site of a service before an environment is filled in.
    pub async fn site(&self, ctx: &Ctx, deployed: &Config, service: &str) -> anyhow::Result<Built> {
        match self.part(service)? {
            None => site::build(ctx, deployed, service).await,
            Some(part) => part
                .site
                .clone()
                .ok_or_else(|| Problem::failed(format!("the release has no site of `{service}`")).into()),
        }
    }

    /// What kind of deploy this is.
    #[must_use]
    pub fn action(&self) -> Action {
        match self {
            Self::Checkout(_) => Action::Deploy,
            Self::Release { action, .. } => action.clone(),
        }
    }

    /// What is known of a service of a release.
    #[must_use]
    pub fn record(&self, service: &str) -> Option<&Record> {
        match self {
            Self::Checkout(_) => None,
            Self::Release { parts, .. } => parts.get(service).map(|part| &part.record),
        }
    }

    /// `None` for a clone, which has everything.
    fn part(&self, service: &str) -> Result<Option<&Part>, Problem> {
        match self {
            Self::Checkout(_) => Ok(None),
            Self::Release { parts, .. } => parts.get(service).map(Some).ok_or_else(|| {
                Problem::failed(format!("the release has no service `{service}`"))
                    .hint("name the services that it has with `--service`: cargo xtask releases")
            }),
        }
    }
}

/// The package of each service that has code.
fn packages(deployed: &Config, services: &BTreeSet<String>) -> BTreeMap<String, String> {
    let package = |service: &String| Some((service.clone(), deployed.app.services.get(service)?.package.clone()?));
    services.iter().filter_map(package).collect()
}

/// An object of a release that is no longer there.
#[must_use]
pub fn collected(service: &str, bucket: &str, key: &str) -> Problem {
    Problem::failed(format!("a part of `{service}` in this release is gone: `s3://{bucket}/{key}` was collected"))
        .hint("choose a newer one: cargo xtask releases")
}
