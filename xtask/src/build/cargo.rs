//! One `cargo build` for all packages, native or through cargo-zigbuild.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use super::plan::{GLIBC_MAX, Plan};
use crate::error::Problem;

/// Builds the packages' binaries and returns their paths by package.
pub(super) async fn build(root: &Path, packages: &[String], plan: Plan) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    if !plan.native {
        require_target(plan).await?;
    }
    let mut command = Command::new(cargo());
    command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_cargo_run(name)) {
        command.env_remove(name);
    }
    command.arg(if plan.native { "build" } else { "zigbuild" });
    command.args(["--locked", "--quiet", "--message-format", "json-render-diagnostics"]);
    if plan.release {
        command.arg("--release");
        command.env("CARGO_ENCODED_RUSTFLAGS", remap(root));
    }
    if !plan.native {
        command.args(["--target", &format!("{}.{}.{}", plan.triple(), GLIBC_MAX.0, GLIBC_MAX.1)]);
    }
    for package in packages {
        command.args(["--package", package]);
    }
    let child = command.spawn().context("cannot start cargo")?;
    let output = child.wait_with_output().await.context("cannot read cargo's output")?;
    if !output.status.success() {
        return Err(Problem::failed(format!("cargo could not build {}", packages.join(", "))).into());
    }
    executables(&output.stdout, packages)
}

/// The cargo that runs us, else the one on `PATH`.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `cargo run` describes our own package in our environment; build scripts of others would take it for news and run again.
pub(crate) fn is_cargo_run(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Panic messages hold source paths: without this, two machines' binaries would differ by their folders.
fn remap(root: &Path) -> OsString {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=/src", root.display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=/cargo", home.display())));
    flags.join("\x1f").into()
}

async fn require_target(plan: Plan) -> anyhow::Result<()> {
    let triple = plan.triple();
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output().await;
    let rustc = rustc.context("cannot run rustc")?;
    if !Path::new(String::from_utf8_lossy(&rustc.stdout).trim()).is_dir() {
        return Err(Problem::failed(format!("this Rust toolchain has no standard library for `{triple}`"))
            .hint(format!(
                "rustup target add {triple}, or set `architecture` to this machine's in the environment's file"
            ))
            .into());
    }
    let zigbuild = Command::new(cargo()).args(["zigbuild", "--version"]).stderr(Stdio::null()).output().await;
    if !zigbuild.is_ok_and(|output| output.status.success()) {
        return Err(Problem::failed(format!("building for `{triple}` on this machine needs cargo-zigbuild"))
            .hint("pip install cargo-zigbuild (it brings zig along)")
            .into());
    }
    Ok(())
}

fn executables(stdout: &[u8], packages: &[String]) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for line in stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value = serde_json::from_slice(line).context("cannot read cargo's messages")?;
        let name = message["target"]["name"].as_str();
        if let (Some(name), Some(path)) = (name, message["executable"].as_str()) {
            found.insert(name.to_owned(), PathBuf::from(path));
        }
    }
    match packages.iter().find(|package| !found.contains_key(*package)) {
        None => Ok(found),
        Some(missing) => Err(Problem::failed(format!("package `{missing}` has no binary `{missing}`")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_read_from_cargos_messages() {
        let lines = br#"{"reason":"compiler-artifact","target":{"name":"a"},"executable":"/t/a"}
{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}
{"reason":"build-finished","success":true}
"#;
        let found = executables(lines, &["a".into()]).unwrap();
        assert_eq!(found["a"], PathBuf::from("/t/a"));
        let missing = executables(lines, &["lib".into()]).unwrap_err();
        assert!(missing.to_string().contains("no binary `lib`"));
    }

    #[test]
    fn cargo_runs_own_words_about_us_do_not_reach_the_build() {
        assert!(is_cargo_run("CARGO_PKG_VERSION".as_ref()));
        assert!(is_cargo_run("CARGO_MANIFEST_DIR".as_ref()));
        assert!(!is_cargo_run("CARGO_HOME".as_ref()));
        assert!(!is_cargo_run("CARGO_TARGET_DIR".as_ref()));
    }
}
