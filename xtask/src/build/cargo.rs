//! One `cargo build` for all packages, native or through cargo-zigbuild.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStderr, Command};

use super::messages::{self, Built, Progress};
use super::plan::{GLIBC_MAX, Plan};
use crate::child;
use crate::error::Problem;
use crate::ui::Ui;

/// Builds the packages' binaries; in the workspace's own target, or in another folder.
pub(super) async fn build(
    ui: &Ui,
    (root, target): (&Path, Option<&Path>),
    packages: &[String],
    plan: Plan,
) -> anyhow::Result<Built> {
    if !plan.native {
        require_target(plan).await?;
    }
    let mut command = Command::new(cargo());
    command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_cargo_run(name)) {
        command.env_remove(name);
    }
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    command.arg(if plan.native { "build" } else { "zigbuild" });
    command.args(["--locked", "--quiet", "--message-format", "json-render-diagnostics"]);
    command.args(["--color", if ui.colour() { "always" } else { "never" }]);
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
    let mut child = child::spawn(&mut command).context("cannot start cargo")?;
    let told = child.stderr().map(|stderr| tokio::spawn(pass_on(ui.clone(), stderr)));
    let what = format!("building {}", packages.join(", "));
    let spinner = ui.spinner(&what);
    let show = |built: &Progress| spinner.set(format!("{what}{built}"));
    let messages = child.stdout();
    let messages = async {
        match messages {
            Some(stdout) => messages::read(stdout, show).await,
            None => Ok(Built::default()),
        }
    };
    let (output, built) = tokio::join!(child.output(), messages);
    drop(spinner);
    let output = output.context("cannot read cargo's output")?;
    if let Some(how) = child::killed(output.status) {
        return Err(Problem::failed(format!("cargo could not build {}: {how}", packages.join(", "))).into());
    }
    if !output.status.success() {
        let told = match told {
            Some(told) => told.await.unwrap_or_default(),
            None => String::new(),
        };
        return Err(failed(packages, plan, culprit(&told)).into());
    }
    // Of a build that failed, its messages may end anywhere.
    Ok(with_binaries(built?, packages)?)
}

/// Shows what cargo says as it says it; returns all of it, without colours.
async fn pass_on(ui: Ui, stderr: ChildStderr) -> String {
    let mut lines = BufReader::new(stderr).split(b'\n');
    let mut told = String::new();
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        ui.tool(&line);
        told.push_str(&console::strip_ansi_codes(&line));
        told.push('\n');
    }
    told
}

/// The crate at which a build ended, as cargo names it.
fn culprit(told: &str) -> Option<&str> {
    let of = |line| {
        let words = ["failed to run custom build command for `", "could not compile `"];
        let rest = words.iter().find_map(|words| str::split_once(line, words))?.1;
        rest.split(['`', ' ']).next()
    };
    told.lines().find_map(of)
}

/// Our own code is for its author to mend; of somebody else's crate nobody sees at once what it lacks.
fn failed(packages: &[String], plan: Plan, culprit: Option<&str>) -> Problem {
    let text = format!("cargo could not build {}", packages.join(", "));
    match culprit {
        None => Problem::failed(text),
        Some(name) if plan.native => Problem::failed(format!("{text}: crate `{name}` failed")),
        Some(name) => Problem::failed(format!("{text}: crate `{name}` failed for `{}`", plan.triple())).hint(format!(
            "if the compiler blames none of your own lines, `{name}` does not build across: use it without C code (its features \
             say how), or set `architecture` to this machine's; cargo xtask doctor"
        )),
    }
}

/// The cargo that runs us, else the one on `PATH`.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `cargo run` describes our own package in our environment; build scripts of others would take it for news and run again.
pub(crate) fn is_cargo_run(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "OUT_DIR"
        || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| name.starts_with(prefix))
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

/// What was built, if every package's binary is in it.
fn with_binaries(built: Built, packages: &[String]) -> Result<Built, Problem> {
    match packages.iter().find(|package| !built.binaries.contains_key(*package)) {
        None => Ok(built),
        Some(missing) => Err(Problem::failed(format!("package `{missing}` has no binary `{missing}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;
    use std::collections::BTreeMap;

    #[test]
    fn a_package_without_a_binary_of_its_name_is_named() {
        let built =
            || Built { binaries: BTreeMap::from([("a".to_owned(), PathBuf::from("/t/a"))]), ..Built::default() };
        assert!(with_binaries(built(), &["a".into()]).is_ok());
        let missing = with_binaries(built(), &["a".into(), "lib".into()]).unwrap_err();
        assert_eq!(missing.to_string(), "package `lib` has no binary `lib`");
    }

    #[test]
    fn the_crate_at_which_a_build_ends_is_named_and_across_machines_with_what_to_do() {
        let script =
            "warning: x\nerror: failed to run custom build command for `aws-lc-sys v0.34.0`\n\nCaused by:\n  cmake";
        assert_eq!(culprit(script), Some("aws-lc-sys"));
        assert_eq!(culprit("error: could not compile `orders` (lib) due to 2 previous errors"), Some("orders"));
        assert_eq!(culprit("error: the lock file needs to be updated"), None);
        let plan = |native| Plan { release: true, architecture: Architecture::Arm64, native };
        let error = anyhow::Error::from(failed(&["orders".into()], plan(false), culprit(script)));
        let wanted = "cargo could not build orders: crate `aws-lc-sys` failed for `aarch64-unknown-linux-gnu`";
        assert_eq!(error.to_string(), wanted);
        assert!(crate::error::hints(&error).any(|hint| hint.contains("`aws-lc-sys` does not build across")));
        let own = anyhow::Error::from(failed(&["orders".into()], plan(true), Some("orders")));
        assert_eq!(
            (own.to_string().as_str(), crate::error::hints(&own).count()),
            ("cargo could not build orders: crate `orders` failed", 0)
        );
    }

    #[test]
    fn cargo_runs_own_words_about_us_do_not_reach_the_build() {
        assert!(is_cargo_run("CARGO_PKG_VERSION".as_ref()));
        assert!(is_cargo_run("CARGO_MANIFEST_DIR".as_ref()));
        assert!(is_cargo_run("OUT_DIR".as_ref()), "of this package's build script");
        assert!(!is_cargo_run("CARGO_HOME".as_ref()));
        assert!(!is_cargo_run("CARGO_TARGET_DIR".as_ref()));
    }
}
