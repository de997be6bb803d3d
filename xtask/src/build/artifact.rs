//! A service's code in the artifact bucket. The key is the digest of the inputs: what is there is not built again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::digest::Workspace;
use super::plan::Plan;
use super::{cargo, elf, package};
use crate::aws::{Aws, objects};
use crate::config::Config;
use crate::digest::sha256;
use crate::error::Problem;
use crate::recorder::{self, Kind};
use crate::releases::fresh;
use crate::ui::Ui;

/// Where a service's code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The bucket.
    pub bucket: String,
    /// The key: `code/<package>/<digest>.zip`.
    pub key: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// What built it, such as `rustc 1.95.0`.
    pub toolchain: String,
}

/// Builds during which the sources may change before a person should look.
const ATTEMPTS: u32 = 3;

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
    let bucket = config.artifact_bucket();
    for _ in 0..ATTEMPTS {
        let digests = digests(config, packages, plan)?;
        let (mut found, mut missing) = (BTreeMap::new(), BTreeMap::new());
        for (package, digest) in &digests {
            let key = key(package, digest);
            let Some(head) = objects::head(&aws.s3, &bucket, &key).await? else {
                missing.insert(package.clone(), digest.clone());
                continue;
            };
            found.insert(package.clone(), Artifact::of(aws, &bucket, &key, &head).await?);
            fresh::keep(aws, config, &key, head).await?;
        }
        if !missing.is_empty() {
            let recorded = tokio::task::spawn_blocking(move || record(plan));
            // A source saved since the digests were taken: the zips would be of other sources than the stacks name.
            let Some(zips) = package_these(ui, config, &missing, plan).await? else { continue };
            found.extend(upload(ui, aws, &bucket, &zips, &recorded.await?).await?);
        }
        return Ok(found);
    }
    Err(still_changing().into())
}

/// The longest part of `ensure`, which writes to this machine alone: builds and packs what neither it nor the bucket has.
pub async fn ahead(ui: &Ui, aws: &Aws, config: &Config, packages: &[String]) -> anyhow::Result<()> {
    let (plan, bucket) = (Plan::of(config), config.artifact_bucket());
    let mut missing = BTreeMap::new();
    for (package, digest) in digests(config, packages, plan)? {
        if !path(config, &package, &digest).is_file()
            && !objects::exists(&aws.s3, &bucket, &key(&package, &digest)).await?
        {
            missing.insert(package, digest);
        }
    }
    if !missing.is_empty() {
        // Sources that changed meanwhile are built again by whoever needs them.
        package_these(ui, config, &missing, plan).await?;
    }
    Ok(())
}

/// The artifact of each package as `ensure` would name it; nothing is built or looked for, so only bucket and
/// key are known.
pub fn planned(config: &Config, packages: &[String]) -> anyhow::Result<BTreeMap<String, Artifact>> {
    let bucket = config.artifact_bucket();
    let artifact = |(package, digest): (String, String)| {
        let key = key(&package, &digest);
        (package, Artifact { bucket: bucket.clone(), key, sha256: String::new(), toolchain: String::new() })
    };
    Ok(digests(config, packages, Plan::of(config))?.into_iter().map(artifact).collect())
}

impl Artifact {
    /// What is in the bucket under a key.
    pub async fn find(aws: &Aws, bucket: &str, key: &str) -> anyhow::Result<Option<Self>> {
        match objects::head(&aws.s3, bucket, key).await? {
            Some(head) => Self::of(aws, bucket, key, &head).await.map(Some),
            None => Ok(None),
        }
    }

    async fn of(aws: &Aws, bucket: &str, key: &str, head: &objects::Head) -> anyhow::Result<Self> {
        Ok(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            sha256: objects::sha256(&aws.s3, bucket, key, head).await?,
            toolchain: head.metadata.get("toolchain").cloned().unwrap_or_default(),
        })
    }
}

async fn upload(
    ui: &Ui,
    aws: &Aws,
    bucket: &str,
    zips: &[Packaged],
    recorded: &[(&str, String)],
) -> anyhow::Result<BTreeMap<String, Artifact>> {
    let metadata: Vec<(&str, &str)> = recorded.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut uploaded = BTreeMap::new();
    for one in zips {
        let put = async {
            let bytes = tokio::fs::read(&one.path).await;
            let bytes = bytes.with_context(|| format!("cannot read `{}`", one.path.display()))?;
            objects::put_absent(&aws.s3, (bucket, &one.key), (bytes, &one.sha256), &metadata).await
        };
        recorder::span(Kind::Upload, &one.package, put).await?;
        // Another machine may have been faster: what is there counts, not what we made of the same sources.
        let artifact = Artifact::find(aws, bucket, &one.key).await?;
        let artifact = artifact.with_context(|| format!("`s3://{bucket}/{}` has gone again", one.key))?;
        uploaded.insert(one.package.clone(), artifact);
        // Twelve digits of the digest tell artifacts apart and leave the line short.
        let digest = one.key.rsplit('/').next().and_then(|name| name.get(..12)).unwrap_or(&one.key);
        ui.step("Uploaded", format!("{} {digest} ({:.1} MB)", one.package, megabytes(one.bytes)));
    }
    Ok(uploaded)
}

/// Sees that the zip of each package is on this machine; builds only what is not.
pub async fn package_all(ui: &Ui, config: &Config, packages: &[String], plan: Plan) -> anyhow::Result<Vec<Packaged>> {
    for _ in 0..ATTEMPTS {
        let digests = digests(config, packages, plan)?;
        if let Some(zips) = package_these(ui, config, &digests, plan).await? {
            return Ok(zips);
        }
    }
    Err(still_changing().into())
}

/// The zips of packages by the digests of their sources; `None` where the sources changed during the build.
async fn package_these(
    ui: &Ui,
    config: &Config,
    digests: &BTreeMap<String, String>,
    plan: Plan,
) -> anyhow::Result<Option<Vec<Packaged>>> {
    let path = |package: &str, digest: &str| path(config, package, digest);
    if digests.iter().all(|(package, digest)| path(package, digest).is_file()) {
        let zips = digests.iter().map(|(package, digest)| Packaged::read(package, digest, path(package, digest)));
        return zips.collect::<anyhow::Result<_>>().map(Some);
    }
    let packages: Vec<String> = digests.keys().cloned().collect();
    let binaries = recorder::span(Kind::Build, packages.join(", "), build_all(ui, config, plan)).await?;
    if *digests != self::digests(config, &packages, plan)? {
        ui.warn("sources changed during the build: building again");
        return Ok(None);
    }
    let mut zips = Vec::new();
    for (package, digest) in digests {
        let work = async { pack(package, digest, (&binaries[package], path(package, digest)), plan) };
        zips.push(recorder::span(Kind::Package, package, work).await?);
    }
    Ok(Some(zips))
}

/// Zips a binary to a path.
fn pack(package: &str, digest: &str, (binary, path): (&Path, PathBuf), plan: Plan) -> anyhow::Result<Packaged> {
    let bytes = std::fs::read(binary).with_context(|| format!("cannot read `{}`", binary.display()))?;
    // The emulator runs this machine's own build: only what goes to AWS must fit AWS.
    if plan.release {
        elf::check(&bytes, plan).with_context(|| format!("`{}` cannot run on Lambda", binary.display()))?;
    }
    let zip = package::zip(&bytes, if plan.release { 9 } else { 1 })?;
    write_whole(&path, &zip).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(Packaged::of(package, digest, path, &zip))
}

impl Packaged {
    fn read(package: &str, digest: &str, path: PathBuf) -> anyhow::Result<Self> {
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self::of(package, digest, path, &bytes))
    }

    fn of(package: &str, digest: &str, path: PathBuf, bytes: &[u8]) -> Self {
        Self {
            package: package.to_owned(),
            key: key(package, digest),
            path,
            bytes: bytes.len() as u64,
            sha256: sha256(bytes),
        }
    }
}

fn digests(config: &Config, packages: &[String], plan: Plan) -> anyhow::Result<BTreeMap<String, String>> {
    let workspace = Workspace::load(&config.root)?;
    packages.iter().map(|package| Ok((package.clone(), workspace.digest(package, plan)?))).collect()
}

/// One cargo call for the packages of every service, whichever are missing: features are unified over what is built
/// together, so that a package built alone would be another binary under the same digest.
async fn build_all(ui: &Ui, config: &Config, plan: Plan) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let packages: Vec<String> = config.app.services.values().filter_map(|service| service.package.clone()).collect();
    ui.step("Building", format!("{} ({})", packages.join(", "), plan.label()));
    let binaries = cargo::build(ui, (&config.root, None), &packages, plan).await?;
    if plan.release && plan.native && !fits(&binaries, plan)? {
        ui.step("Building", "again with cargo-zigbuild: this machine's glibc is newer than Lambda's");
        return cargo::build(ui, (&config.root, None), &packages, Plan { native: false, ..plan }).await;
    }
    Ok(binaries)
}

/// What the digest leaves out on purpose, for a person who wonders where an artifact came from.
fn record(plan: Plan) -> Vec<(&'static str, String)> {
    let rustc = std::process::Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let builder = if plan.native { "cargo build" } else { "cargo zigbuild" };
    vec![("plan", plan.label()), ("toolchain", rustc), ("builder", builder.to_owned())]
}

fn still_changing() -> Problem {
    Problem::failed(format!("the sources changed during each of {ATTEMPTS} builds"))
        .hint("run this again when nothing else writes to the clone")
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

/// Where the zip of a package is on this machine, once it is made.
fn path(config: &Config, package: &str, digest: &str) -> PathBuf {
    config.root.join(format!("target/artifacts/{package}-{digest}.zip"))
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
