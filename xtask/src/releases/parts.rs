//! From records to what a deploy takes: templates, configuration and site unpacked, code by its key.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;

use super::archive::{self, Files};
use super::record::{Object, Record};
use super::sources;
use crate::aws::{Aws, buckets};
use crate::build::Artifact;
use crate::commands::Ctx;
use crate::config::Config;
use crate::deploy::{Part, collected};
use crate::digest::sha256;
use crate::error::Problem;
use crate::render::Renderer;
use crate::site::Built;

/// Where a release's bytes are, and what for.
#[derive(Debug)]
pub struct Origin<'a> {
    /// Clients of the bucket's account.
    pub aws: &'a Aws,
    /// The artifact bucket.
    pub bucket: String,
    /// The environment that the release goes to.
    pub target: &'a Config,
    /// Name of the environment that it comes from, where that is another one: its own file is replaced by the target's.
    pub from: Option<&'a str>,
}

/// Fetches and checks what a service's record names, but for its code: `Source::check` and `bring::read` see to that.
pub async fn part(ctx: &Ctx, origin: &Origin<'_>, service: &str, record: &Record) -> anyhow::Result<Part> {
    let mut record = record.clone();
    let mut files = archive::unpack(&get(origin.aws, &origin.bucket, service, &record.sources).await?)?;
    if let Some(from) = origin.from {
        files.remove(&sources::environment_file(from));
        let own = sources::environment_file(&origin.target.env.name);
        let bytes = std::fs::read(origin.target.root.join(&own)).with_context(|| format!("cannot read `{own}`"))?;
        files.insert(own, bytes);
        let sha256 = sha256(&archive::pack(&files)?);
        record.sources = Object { key: format!("sources/{sha256}.zip"), sha256 };
    }
    let folder = unpacked(ctx, &record.sources, &files)?;
    let config = origin.target.as_of(&folder)?;
    record.literals = sources::literals(&config, service);
    let renderer = Arc::new(Renderer::load(&folder)?);
    let site = match &record.site {
        Some(site) => {
            let files = archive::unpack(&get(origin.aws, &origin.bucket, service, &site.archive).await?)?;
            let folder = unpacked(ctx, &site.archive, &files)?;
            Some(Built { folder, digest: site.digest.clone(), cached: true })
        }
        None => None,
    };
    let artifact = record.code.as_ref().map(|code| Artifact {
        bucket: origin.target.artifact_bucket(),
        key: code.zip.key.clone(),
        sha256: code.zip.sha256.clone(),
        toolchain: code.toolchain.clone(),
    });
    Ok(Part { config, renderer, record, artifact, site })
}

/// Reads an object of a release and checks that its bytes are the ones that were recorded.
pub async fn get(aws: &Aws, bucket: &str, service: &str, object: &Object) -> anyhow::Result<Vec<u8>> {
    let found = buckets::get(&aws.s3, bucket, &object.key).await?;
    let (bytes, _) = found.ok_or_else(|| collected(service, bucket, &object.key))?;
    if sha256(&bytes) != object.sha256 {
        return Err(Problem::failed(format!("`s3://{bucket}/{}` has other bytes than the release", object.key))
            .hint("choose another release: cargo xtask releases")
            .into());
    }
    Ok(bytes)
}

/// The configuration of the deploy as a whole: each part's service as its release had it, the rest as it is now.
pub fn composed(config: &Config, parts: &BTreeMap<String, Part>) -> anyhow::Result<Config> {
    let mut config = config.clone();
    for (service, part) in parts {
        let spec = part.config.app.services.get(service);
        let spec = spec.with_context(|| format!("the release's config/app.yaml has no service `{service}`"))?;
        config.app.services.insert(service.clone(), spec.clone());
    }
    if let Err(circle) = crate::graph::order(&config.app) {
        let text = format!("put together, these releases need each other in a circle: {}", circle.join(" → "));
        return Err(Problem::failed(text).hint("go back with all services: leave `--service` out").into());
    }
    Ok(config)
}

/// A folder named by the hash of what is in it.
fn unpacked(ctx: &Ctx, object: &Object, files: &Files) -> anyhow::Result<std::path::PathBuf> {
    let folder = ctx.target().join("releases").join(&object.sha256);
    archive::write(files, &folder)?;
    Ok(folder)
}
