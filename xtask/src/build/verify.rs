//! Whether the same sources give the same bytes: two builds from nothing, compared.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::plan::Plan;
use super::{cargo, package};
use crate::error::Problem;
use crate::ui::Ui;

/// Builds the packages twice in a folder that is emptied before each time, and compares what would be uploaded.
///
/// # Errors
/// Names the packages whose zips differ.
pub async fn verify(ui: &Ui, (root, folder): (&Path, &Path), packages: &[String], plan: Plan) -> anyhow::Result<()> {
    let mut zips = Vec::new();
    for time in ["first", "second"] {
        ui.step(
            "Building",
            format!("{} from nothing, the {time} of two times ({})", packages.join(", "), plan.label()),
        );
        zips.push(anew(ui, (root, folder), packages, plan).await?);
    }
    empty(folder)?;
    let differ: Vec<&String> = packages.iter().filter(|name| zips[0].get(*name) != zips[1].get(*name)).collect();
    if differ.is_empty() {
        ui.step("Verified", format!("{}: two builds, the same bytes", packages.join(", ")));
        return Ok(());
    }
    let line = |name: &&String| format!("`{name}` {} and {}", zips[0][*name], zips[1][*name]);
    let list: Vec<String> = differ.iter().map(line).collect();
    Err(Problem::failed(format!("two builds of the same sources differ: sha256 of {}", list.join("; ")))
        .hint("look for a build script or a macro that takes up the time, a path or the order of a hash map")
        .into())
}

/// SHA-256 of each package's zip, built where nothing is left of an earlier build.
async fn anew(
    ui: &Ui,
    (root, folder): (&Path, &Path),
    packages: &[String],
    plan: Plan,
) -> anyhow::Result<BTreeMap<String, String>> {
    empty(folder)?;
    let binaries = cargo::build(ui, (root, Some(folder)), packages, plan).await?.binaries;
    let zip = |(name, path): (String, std::path::PathBuf)| {
        let binary = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok((name, package::zip(&binary, 9)?.1))
    };
    binaries.into_iter().filter(|(name, _)| packages.contains(name)).map(zip).collect()
}

fn empty(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot empty `{}`", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;
    use crate::ui::Mode;

    /// Two builds of a program with a build script that says this.
    async fn built(says: &str) -> anyhow::Result<()> {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        write(
            "Cargo.toml",
            "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[[bin]]\nname = \"tiny\"\npath = \"main.rs\"\n",
        );
        write("Cargo.lock", "version = 4\n[[package]]\nname = \"tiny\"\nversion = \"0.1.0\"\n");
        write("main.rs", "fn main() { println!(\"{} {}\", env!(\"SAYS\"), file!()) }");
        write("build.rs", &format!("fn main() {{ println!(\"cargo:rustc-env=SAYS={{:?}}\", {says}) }}"));
        let host = Architecture::host().unwrap_or(Architecture::X86_64);
        let plan = Plan { release: true, architecture: host, native: true };
        let folder = root.path().join("target/verify");
        let done = verify(&Ui::unattended(Mode::default()), (root.path(), &folder), &["tiny".to_owned()], plan).await;
        assert!(!folder.exists(), "nothing is left of it");
        done
    }

    #[tokio::test]
    async fn two_builds_of_the_same_sources_are_the_same_and_one_that_takes_up_the_time_is_named() {
        built("1").await.unwrap();
        let error = built("std::time::SystemTime::now()").await.unwrap_err().to_string();
        assert!(error.contains("differ: sha256 of `tiny`"), "{error}");
    }
}
