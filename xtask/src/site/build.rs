//! Builds a site with npm, once per state of its sources.

use std::path::{Component, Path, PathBuf};

use anyhow::Context;

use super::{inputs, npm, spec};
use crate::commands::Ctx;
use crate::config::{Config, Site};
use crate::error::Problem;

/// How often a build starts anew because somebody saved a file meanwhile.
const ATTEMPTS: usize = 3;

/// A finished build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The folder with the files, never changed once it is there.
    pub folder: PathBuf,
    /// SHA-256 of the inputs, hexadecimal.
    pub digest: String,
    /// Whether an earlier run had built it.
    pub cached: bool,
}

/// Builds the site of a service, or finds it built under `target/site/<digest of its inputs>`.
pub async fn build(ctx: &Ctx, config: &Config, service: &str) -> anyhow::Result<Built> {
    let site = spec(config, service)?;
    check(service, site)?;
    let source = config.root.join(&site.source);
    let cache = ctx.target().join("site");
    let mut digest = inputs::digest(&source, &site.output)?;
    for _ in 0..ATTEMPTS {
        let folder = cache.join(&digest);
        if folder.is_dir() {
            return Ok(Built { folder, digest, cached: true });
        }
        npm::install(&ctx.ui, &source).await?;
        // What an older build left is no part of this one, whether or not the project's own tool clears it.
        remove(&source.join(&site.output))?;
        npm::run(&ctx.ui, &source, &["run", "build"]).await?;
        let after = inputs::digest(&source, &site.output)?;
        if after == digest {
            keep(&source.join(&site.output), &folder)?;
            return Ok(Built { folder, digest, cached: false });
        }
        digest = after;
    }
    let message = format!("the sources in `{}` change while they are built", site.source.display());
    Err(Problem::failed(message).hint("stop what writes there, then run the same command again").into())
}

/// `output` is deleted before a build: it must be a folder of its own inside the source.
fn check(service: &str, site: &Site) -> Result<(), Problem> {
    let inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    if inside(&site.output) && site.output.components().next().is_some() && inside(&site.source) {
        return Ok(());
    }
    Err(Problem::usage(format!(
        "config/app.yaml: services.{service}.site: expected `source` below the repository and `output` below it"
    )))
}

/// Copies a finished build under a name of its own and then renames it: a name in the cache is always whole.
fn keep(built: &Path, folder: &Path) -> anyhow::Result<()> {
    let context = || format!("cannot keep the built site of `{}`", built.display());
    let cache = folder.parent().with_context(context)?;
    std::fs::create_dir_all(cache).with_context(context)?;
    let temporary = tempfile::Builder::new().prefix(".building-").tempdir_in(cache).with_context(context)?;
    let copy = temporary.path().join("site");
    for entry in walkdir::WalkDir::new(built).follow_links(true) {
        let entry = entry.with_context(context)?;
        let to = copy.join(entry.path().strip_prefix(built).with_context(context)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&to).with_context(context)?;
        } else {
            std::fs::copy(entry.path(), &to).with_context(context)?;
        }
    }
    match std::fs::rename(&copy, folder) {
        // Another run was faster: the same inputs, the same site.
        Err(_) if folder.is_dir() => Ok(()),
        done => done.with_context(context),
    }
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete `{}`", folder.display()))
        }
        _ => Ok(()),
    }
}
