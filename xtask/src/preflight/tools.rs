//! The programs that a deploy from a clone starts, of which the first would be missed after the first stacks have changed.
//! `doctor` has the same checks. What the emulator needs is found when it is started, which is before any of this.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Finding, Weight};
use crate::build::Plan;
use crate::config::Config;
use crate::local::Version;

/// `rust-version` in Cargo.toml.
const RUST: Version = Version(1, 95, 0);
/// What the site's build tools ask for (`engines` in package.json): 20.19 or newer, but neither 21 nor an early 22.
const NODE: [Version; 2] = [Version(20, 19, 0), Version(22, 12, 0)];
/// Where both come from.
const RUST_SOURCE: &str = "https://rustup.rs, then `rustup update stable`";
const NODE_SOURCE: &str = "https://nodejs.org";

/// A tool's name, its version or what it lacks, and where it comes from.
pub(crate) type Tool = (&'static str, Result<String, String>, String);

/// What is missing on this machine to build the environment's functions and, where one is still to be built, its sites.
///
/// # Errors
/// None of its own.
pub async fn look(config: &Config, sites: bool) -> anyhow::Result<Vec<Finding>> {
    let config = config.clone();
    Ok(tokio::task::spawn_blocking(move || missing(&config, sites)).await?)
}

fn missing(config: &Config, sites: bool) -> Vec<Finding> {
    let mut wanted = Vec::new();
    if config.app.services.values().any(|service| service.package.is_some()) {
        wanted.extend(rust());
        wanted.extend(across(config));
    }
    if sites {
        wanted.extend(node());
    }
    let found = wanted.into_iter().filter_map(|(name, found, remedy)| Some(lack(name, &found.err()?, remedy)));
    found.collect()
}

fn lack(name: &str, lack: &str, remedy: String) -> Finding {
    let problem = format!("`{name}`: {lack}");
    Finding { weight: Weight::Stops, stack: "machine".to_owned(), problem, remedy }
}

/// What functions are built with.
pub(crate) fn rust() -> [Tool; 2] {
    ["rustc", "cargo"].map(|name| (name, at_least(version(name), &[RUST]), RUST_SOURCE.to_owned()))
}

/// What a build for another machine than this one needs beside that.
pub(crate) fn across(config: &Config) -> Vec<Tool> {
    let plan = Plan::of(config);
    if plan.native {
        return vec![];
    }
    let triple = plan.triple();
    vec![
        ("target", standard_library(triple), format!("`rustup target add {triple}`")),
        ("cargo-zigbuild", zigbuild(), "`pip install cargo-zigbuild` brings zig along".to_owned()),
    ]
}

/// What sites are built with.
pub(crate) fn node() -> [Tool; 2] {
    [("node", NODE.as_slice()), ("npm", &[])]
        .map(|(name, oldest)| (name, at_least(version(name), oldest), NODE_SOURCE.to_owned()))
}

/// cargo-zigbuild, by which a build for another machine is linked.
fn zigbuild() -> Result<String, String> {
    at_least(command_version(Command::new("cargo").args(["zigbuild", "--version"])), &[])
}

/// Whether the compiler has the target's standard library, however it was installed.
fn standard_library(triple: &str) -> Result<String, String> {
    let output = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output();
    let folder = output.ok().filter(|output| output.status.success());
    let there = folder.is_some_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if there { Ok(triple.to_owned()) } else { Err(format!("no standard library for {triple}")) }
}

/// A version is good if it is in the line of one of `oldest` and not older, or newer than all of those lines.
pub(crate) fn at_least(found: Option<Version>, oldest: &[Version]) -> Result<String, String> {
    let Some(found) = found else { return Err("not found".to_owned()) };
    let newest = oldest.last().map_or(0, |version| version.0);
    let good =
        oldest.is_empty() || found.0 > newest || oldest.iter().any(|version| version.0 == found.0 && found >= *version);
    if good {
        return Ok(found.to_string());
    }
    let wanted = oldest.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    Err(format!("{found} found, {wanted} or newer needed"))
}

pub(crate) fn version(program: &str) -> Option<Version> {
    Version::of(Path::new(program), "--version")
}

fn command_version(command: &mut Command) -> Option<Version> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    Version::find(&String::from_utf8_lossy(&output.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_must_be_in_a_supported_line_or_newer_than_all() {
        let good = |found: Version| at_least(Some(found), &NODE).is_ok();
        assert!(good(Version(20, 19, 0)));
        assert!(good(Version(22, 12, 0)));
        assert!(good(Version(24, 0, 0)));
        assert!(!good(Version(20, 18, 9)));
        assert!(!good(Version(21, 7, 0)));
        assert!(!good(Version(22, 11, 0)));
    }

    #[test]
    fn a_tool_without_a_lower_bound_only_has_to_be_there() {
        assert_eq!(at_least(Some(Version(1, 0, 0)), &[]), Ok("1.0.0".to_owned()));
        assert!(at_least(None, &[]).is_err());
    }

    #[test]
    fn a_target_that_nobody_has_is_missing() {
        assert!(standard_library("no-such-target").is_err());
    }

    #[test]
    fn the_oldest_compiler_is_the_one_of_the_manifest() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let manifest: toml::Value = toml::from_str(&std::fs::read_to_string(manifest).unwrap()).unwrap();
        let wanted = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
        assert_eq!(Version::find(wanted), Some(RUST));
    }

    #[test]
    fn a_tool_that_is_missing_stops_the_deploy_and_says_where_it_comes_from() {
        let found = lack("node", "not found", NODE_SOURCE.to_owned());
        assert_eq!((found.weight, found.stack.as_str()), (Weight::Stops, "machine"));
        assert_eq!(format!("{}; {}", found.problem, found.remedy), "`node`: not found; https://nodejs.org");
    }
}
