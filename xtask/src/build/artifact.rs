//! A service's code in the artifact bucket. The key is the digest of the inputs: what is there is not built again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::digest::Workspace;
use super::plan::Plan;
use super::{cargo, elf, package};
use crate::aws::{Aws, objects};
use crate::config::Config;
use crate::ui::Ui;

/// Where a service's code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The bucket.
    pub bucket: String,
    /// The key: `code/<package>/<digest>.zip`.
    pub key: String,
}

/// A zip on this machine, ready to be uploaded.
#[derive(Clone, Debug, Serialize)]
pub struct Packaged {
    /// The package.
    pub package: String,
    /// The key that it gets in the artifact bucket.
    pub key: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Sees that the artifact of each package is in the bucket; returns them by package.
pub async fn ensure(
    ui: &Ui,
    aws: &Aws,
    config: &Config,
    packages: &[String],
) -> anyhow::Result<BTreeMap<String, Artifact>> {
    let plan = Plan::of(config);
    let workspace = Workspace::load(&config.root)?;
    let bucket = config.artifact_bucket();
    let mut artifacts = BTreeMap::new();
    let mut missing = Vec::new();
    for package in packages {
        let key = key(package, &workspace.digest(package, plan)?);
        if !objects::exists(&aws.s3, &bucket, &key).await? {
            missing.push(package.clone());
        }
        artifacts.insert(package.clone(), Artifact { bucket: bucket.clone(), key });
    }
    for one in package_all(ui, config, &missing, plan).await? {
        objects::put_file(&aws.s3, (&bucket, &one.key), &one.path, &[("plan", &plan.label())]).await?;
        // Twelve digits of the digest tell artifacts apart and leave the line short.
        let digest = one.key.rsplit('/').next().and_then(|name| name.get(..12)).unwrap_or(&one.key);
        ui.step("Uploaded", format!("{} {digest} ({:.1} MB)", one.package, megabytes(one.bytes)));
    }
    Ok(artifacts)
}

/// Sees that the zip of each package is on this machine; builds only what is not.
pub async fn package_all(ui: &Ui, config: &Config, packages: &[String], plan: Plan) -> anyhow::Result<Vec<Packaged>> {
    let workspace = Workspace::load(&config.root)?;
    let folder = config.root.join("target/artifacts");
    let mut zips = Vec::new();
    for package in packages {
        let digest = workspace.digest(package, plan)?;
        zips.push((package.clone(), key(package, &digest), folder.join(format!("{package}-{digest}.zip"))));
    }
    let unbuilt: Vec<(String, PathBuf)> = zips
        .iter()
        .filter(|(_, _, path)| !path.is_file())
        .map(|(package, _, path)| (package.clone(), path.clone()))
        .collect();
    if !unbuilt.is_empty() {
        make(ui, config, plan, &unbuilt).await?;
    }
    zips.into_iter()
        .map(|(package, key, path)| {
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            Ok(Packaged { package, key, path, bytes: bytes.len() as u64, sha256: hex::encode(Sha256::digest(&bytes)) })
        })
        .collect()
}

async fn make(ui: &Ui, config: &Config, plan: Plan, unbuilt: &[(String, PathBuf)]) -> anyhow::Result<()> {
    let packages: Vec<String> = unbuilt.iter().map(|(package, _)| package.clone()).collect();
    ui.step("Building", format!("{} ({})", packages.join(", "), plan.label()));
    let mut binaries = cargo::build(&config.root, &packages, plan).await?;
    if plan.release && plan.native && !fits(&binaries, plan)? {
        ui.step("Building", "again with cargo-zigbuild: this machine's glibc is newer than Lambda's");
        binaries = cargo::build(&config.root, &packages, Plan { native: false, ..plan }).await?;
    }
    for (package, target) in unbuilt {
        let path = &binaries[package];
        let binary = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        // The emulator runs this machine's own build: only what goes to AWS must fit AWS.
        if plan.release {
            elf::check(&binary, plan).with_context(|| format!("`{}` cannot run on Lambda", path.display()))?;
        }
        let bytes = package::zip(&binary, if plan.release { 9 } else { 1 })?;
        write_whole(target, &bytes).with_context(|| format!("cannot write `{}`", target.display()))?;
    }
    Ok(())
}

/// Whether every binary runs on Lambda.
fn fits(binaries: &BTreeMap<String, PathBuf>, plan: Plan) -> anyhow::Result<bool> {
    for path in binaries.values() {
        let binary = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if elf::check(&binary, plan).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Written under another name and renamed: a killed run leaves no half zip that the next would take.
fn write_whole(target: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = target.parent().context("no folder")?;
    std::fs::create_dir_all(folder)?;
    let temporary = tempfile::NamedTempFile::new_in(folder)?;
    std::fs::write(temporary.path(), bytes)?;
    temporary.persist(target)?;
    Ok(())
}

fn key(package: &str, digest: &str) -> String {
    format!("code/{package}/{digest}.zip")
}

/// Bytes as megabytes, for people.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "for people, with one decimal")]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
