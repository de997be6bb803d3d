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
use crate::ui::Ui;

/// Where a service's code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The bucket.
    pub bucket: String,
    /// The key: `code/<package>/<digest>.zip`.
    pub key: String,
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
        let digest = workspace.digest(package, plan)?;
        let key = format!("code/{package}/{digest}.zip");
        if !objects::exists(&aws.s3, &bucket, &key).await? {
            missing.push((package.clone(), digest));
        }
        artifacts.insert(package.clone(), Artifact { bucket: bucket.clone(), key });
    }
    let folder = config.root.join("target/artifacts");
    let unbuilt: Vec<&(String, String)> = missing.iter().filter(|one| !zip_path(&folder, one).is_file()).collect();
    if !unbuilt.is_empty() {
        make(ui, config, plan, &folder, &unbuilt).await?;
    }
    for one in &missing {
        let path = zip_path(&folder, one);
        let size = std::fs::metadata(&path)?.len();
        let artifact = &artifacts[&one.0];
        objects::put_file(&aws.s3, (&artifact.bucket, &artifact.key), &path, &[("plan", &plan.label())]).await?;
        ui.step("Uploaded", format!("{} ({:.1} MB)", artifact.key, megabytes(size)));
    }
    Ok(artifacts)
}

async fn make(
    ui: &Ui,
    config: &Config,
    plan: Plan,
    folder: &Path,
    unbuilt: &[&(String, String)],
) -> anyhow::Result<()> {
    let packages: Vec<String> = unbuilt.iter().map(|(package, _)| package.clone()).collect();
    ui.step("Building", format!("{} ({})", packages.join(", "), plan.label()));
    let binaries = cargo::build(&config.root, &packages, plan).await?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for one in unbuilt {
        let path = &binaries[&one.0];
        let binary = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        // The emulator runs this machine's own build: only what goes to AWS must fit AWS.
        if plan.release {
            elf::check(&binary, plan).with_context(|| format!("`{}` cannot run on Lambda", path.display()))?;
        }
        let bytes = package::zip(&binary, if plan.release { 9 } else { 1 })?;
        // Written under another name and renamed: a killed run leaves no half zip that the next would take.
        let target = zip_path(folder, one);
        let temporary = tempfile::NamedTempFile::new_in(folder)?;
        std::fs::write(temporary.path(), bytes).with_context(|| format!("cannot write `{}`", target.display()))?;
        temporary.persist(&target).with_context(|| format!("cannot write `{}`", target.display()))?;
    }
    Ok(())
}

fn zip_path(folder: &Path, (package, digest): &(String, String)) -> PathBuf {
    folder.join(format!("{package}-{digest}.zip"))
}

#[expect(clippy::cast_precision_loss, reason = "for people, with one decimal")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
