//! A service's code in the artifact bucket. The key is the digest of the inputs: what is there is not built again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use super::digest::Workspace;
use super::freshness::{self, Record};
use super::packaged::{Form, Packaged, Taken, key};
use super::plan::Plan;
use super::{cargo, elf};
use crate::aws::{Aws, objects};
use crate::config::Config;
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
/// Under which name an artifact says what built it.
const TOOLCHAIN: &str = "toolchain";

/// What the bucket has of packages, and what it lacks.
#[derive(Debug)]
pub struct Looked {
    form: Form,
    /// By package: the key, and what the bucket says of it.
    found: BTreeMap<String, (String, objects::Head)>,
    /// By package: the digest of its sources.
    missing: BTreeMap<String, String>,
}

/// Packages before anything is written to the bucket: those that it has, and zips of the others.
#[derive(Debug)]
pub struct Prepared {
    form: Form,
    /// By package: the key, and what the bucket says of it.
    found: BTreeMap<String, (String, objects::Head)>,
    zips: Vec<Packaged>,
    /// What goes beside the zips.
    recorded: Vec<(&'static str, String)>,
}

/// Sees that the artifact of each package is in the bucket; returns them by package. What was prepared is taken as it is.
pub async fn ensure(
    (ui, aws, config): (&Ui, &Aws, &Config),
    (packages, form): (&[String], Form),
    prepared: Option<Prepared>,
) -> anyhow::Result<BTreeMap<String, Artifact>> {
    let mut prepared = prepared.filter(|prepared| prepared.form == form && prepared.has(packages));
    for _ in 0..ATTEMPTS {
        if prepared.is_none() {
            prepared = look((aws, config), digests(config, packages)?, form).await?.make(ui, config).await?;
        }
        if let Some(prepared) = prepared {
            return prepared.put(ui, aws, config).await;
        }
    }
    Err(still_changing().into())
}

/// Looks what the bucket has of packages, by the digests of their sources.
pub async fn look(
    (aws, config): (&Aws, &Config),
    digests: BTreeMap<String, String>,
    form: Form,
) -> anyhow::Result<Looked> {
    let bucket = config.artifact_bucket();
    let look = async |(package, digest): (String, String)| {
        let key = key(&package, &digest);
        let head = objects::head(&aws.s3, &bucket, &key).await?;
        anyhow::Ok((package, digest, key, head))
    };
    let mut looked = Looked { form, found: BTreeMap::new(), missing: BTreeMap::new() };
    for (package, digest, key, head) in futures_util::future::try_join_all(digests.into_iter().map(look)).await? {
        match head {
            Some(head) => drop(looked.found.insert(package, (key, head))),
            None => drop(looked.missing.insert(package, digest)),
        }
    }
    Ok(looked)
}

impl Looked {
    /// The longest part of `ensure`, which writes to this machine alone: builds and packs what the bucket lacks; `None` where the
    /// sources changed during the build.
    pub async fn make(self, ui: &Ui, config: &Config) -> anyhow::Result<Option<Prepared>> {
        let Self { form, found, missing } = self;
        if missing.is_empty() {
            return Ok(Some(Prepared { form, found, zips: Vec::new(), recorded: Vec::new() }));
        }
        let plan = Plan::of(config);
        let recorded = tokio::task::spawn_blocking(move || record(plan));
        let Some(zips) = package_these((ui, config), &missing, (plan, form)).await? else { return Ok(None) };
        // What the emulator gets is packed in a tenth of a second, of what cargo keeps by itself.
        if plan.release {
            zips.iter().try_for_each(Packaged::keep)?;
        }
        Ok(Some(Prepared { form, found, zips, recorded: recorded.await? }))
    }
}

/// The artifact of each package as `ensure` would name it; nothing is built or looked for, so only bucket and
/// key are known.
pub fn planned(config: &Config, packages: &[String]) -> anyhow::Result<BTreeMap<String, Artifact>> {
    let bucket = config.artifact_bucket();
    let artifact = |(package, digest): (String, String)| {
        let key = key(&package, &digest);
        (package, Artifact { bucket: bucket.clone(), key, sha256: String::new(), toolchain: String::new() })
    };
    Ok(digests(config, packages)?.into_iter().map(artifact).collect())
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
            toolchain: head.metadata.get(TOOLCHAIN).cloned().unwrap_or_default(),
        })
    }
}

impl Prepared {
    /// Whether it has all of these packages.
    fn has(&self, packages: &[String]) -> bool {
        let has = |package| self.found.contains_key(package) || self.zips.iter().any(|zip| zip.package == *package);
        packages.iter().all(has)
    }

    /// Uploads what the bucket lacks, and keeps young what it has.
    async fn put(self, ui: &Ui, aws: &Aws, config: &Config) -> anyhow::Result<BTreeMap<String, Artifact>> {
        let bucket = config.artifact_bucket();
        let mut artifacts = BTreeMap::new();
        for (package, (key, head)) in self.found {
            artifacts.insert(package, Artifact::of(aws, &bucket, &key, &head).await?);
            fresh::keep(aws, config, &key, head).await?;
        }
        for zip in self.zips {
            let package = zip.package.clone();
            artifacts.insert(package, upload((ui, aws, &bucket), (zip, self.form), &self.recorded).await?);
        }
        Ok(artifacts)
    }
}

async fn upload(
    (ui, aws, bucket): (&Ui, &Aws, &str),
    (zip, form): (Packaged, Form),
    recorded: &[(&str, String)],
) -> anyhow::Result<Artifact> {
    let metadata: Vec<(&str, &str)> = recorded.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let put = objects::put_absent(&aws.s3, (bucket, &zip.key), (zip.content, &zip.sha256), &metadata);
    let put = recorder::span(Kind::Upload, &zip.package, put).await?;
    let artifact = if put {
        let toolchain = metadata.iter().find(|(name, _)| *name == TOOLCHAIN).map_or("", |(_, value)| value);
        Artifact {
            bucket: bucket.to_owned(),
            key: zip.key.clone(),
            sha256: zip.sha256,
            toolchain: toolchain.to_owned(),
        }
    } else {
        // Another machine was faster: what is there counts, not what we made of the same sources.
        let artifact = Artifact::find(aws, bucket, &zip.key).await?;
        artifact.with_context(|| format!("`s3://{bucket}/{}` has gone again", zip.key))?
    };
    // Twelve digits of the digest tell artifacts apart and leave the line short.
    let digest = zip.key.rsplit('/').next().and_then(|name| name.get(..12)).unwrap_or(&zip.key);
    match form {
        Form::Whole => ui.step("Uploaded", format!("{} {digest} ({:.1} MB)", zip.package, megabytes(zip.bytes))),
        Form::Linked if put => ui.step("Linked", format!("{} {digest}", zip.package)),
        Form::Linked => {}
    }
    Ok(artifact)
}

/// Sees that the zip of each package is kept on this machine; builds only what is not.
pub async fn package_all(ui: &Ui, config: &Config, packages: &[String], plan: Plan) -> anyhow::Result<Vec<Packaged>> {
    for _ in 0..ATTEMPTS {
        let digests = digests_of(config, packages, plan)?;
        if let Some(zips) = package_these((ui, config), &digests, (plan, Form::Whole)).await? {
            zips.iter().try_for_each(Packaged::keep)?;
            return Ok(zips);
        }
    }
    Err(still_changing().into())
}

/// The zips of packages by the digests of their sources; `None` where the sources changed during the build.
async fn package_these(
    (ui, config): (&Ui, &Config),
    digests: &BTreeMap<String, String>,
    (plan, form): (Plan, Form),
) -> anyhow::Result<Option<Vec<Packaged>>> {
    let kept = digests.iter().map(|(package, digest)| Packaged::read(config, (package, digest), form));
    if let Some(zips) = kept.collect::<anyhow::Result<Option<Vec<_>>>>()? {
        return Ok(Some(zips));
    }
    let packages: Vec<String> = digests.keys().cloned().collect();
    let binaries = recorder::span(Kind::Build, packages.join(", "), build_all(ui, config, plan)).await?;
    let mut taken = Vec::new();
    for (package, digest) in digests {
        taken.push((package, Taken::of(config, (package, digest), &binaries[package], form)?));
    }
    // Asked once the binaries are taken: another build's, in their place before that, comes from changed sources, too.
    let config = config.clone();
    let again = tokio::task::spawn_blocking(move || digests_of(&config, &packages, plan));
    let mut zips = Vec::new();
    for (package, one) in taken {
        let packing = async { tokio::task::spawn_blocking(move || one.pack(plan)).await? };
        zips.push(recorder::span(Kind::Package, package, packing).await?);
    }
    if *digests != again.await?? {
        if form == Form::Linked {
            zips.iter().try_for_each(Packaged::discard)?;
        }
        ui.warn("sources changed during the build: building again");
        return Ok(None);
    }
    Ok(Some(zips))
}

/// The digests of packages' sources, as an environment's code is built of them.
pub fn digests(config: &Config, packages: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    digests_of(config, packages, Plan::of(config))
}

fn digests_of(config: &Config, packages: &[String], plan: Plan) -> anyhow::Result<BTreeMap<String, String>> {
    let workspace = Workspace::load(&config.root)?;
    packages.iter().map(|package| Ok((package.clone(), workspace.digest(package, plan)?))).collect()
}

/// One cargo call for the packages of every service, whichever are missing: features are unified over what is built
/// together, so that a package built alone would be another binary under the same digest.
async fn build_all(ui: &Ui, config: &Config, plan: Plan) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let packages: Vec<String> = config.app.services.values().filter_map(|service| service.package.clone()).collect();
    ui.step("Building", format!("{} ({})", packages.join(", "), plan.label()));
    let binaries = build_these(ui, config, &packages, plan).await?;
    if plan.release && plan.native && !fits(&binaries, plan)? {
        ui.step("Building", "again with cargo-zigbuild: this machine's glibc is newer than Lambda's");
        return build_these(ui, config, &packages, Plan { native: false, ..plan }).await;
    }
    Ok(binaries)
}

/// One cargo call; a second one where what it found made was made from other sources.
async fn build_these(
    ui: &Ui,
    config: &Config,
    packages: &[String],
    plan: Plan,
) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let root = &config.root;
    let members = Workspace::load(root)?.members(packages)?;
    let mut record = Record::read(root)?;
    let mut built = cargo::build(ui, (root, None), packages, plan).await?;
    let stale = record.stale(root, &built.compiled, &members);
    if !stale.is_empty() {
        stale.iter().try_for_each(|one| freshness::touch(&one.source))?;
        ui.step("Building", "again: by their times alone, cargo took changed sources for built");
        built = cargo::build(ui, (root, None), packages, plan).await?;
        if let Some(one) = record.stale(root, &built.compiled, &members).first() {
            let manifest = one.manifest.display();
            return Err(Problem::failed(format!(
                "cargo does not build the package of `{manifest}` anew, whose sources changed"
            ))
            .hint(format!("cargo clean --manifest-path {manifest}"))
            .into());
        }
    }
    record.note(&built.compiled, &members);
    record.write(root)?;
    Ok(built.binaries)
}

/// What the digest leaves out on purpose, for a person who wonders where an artifact came from.
fn record(plan: Plan) -> Vec<(&'static str, String)> {
    let rustc = std::process::Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let builder = if plan.native { "cargo build" } else { "cargo zigbuild" };
    vec![("plan", plan.label()), (TOOLCHAIN, rustc), ("builder", builder.to_owned())]
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

/// Bytes as megabytes, for people.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "for people, with one decimal")]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
