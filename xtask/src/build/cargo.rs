//! One `cargo build` for all packages, native or through cargo-zigbuild.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStderr, Command};

use super::plan::{GLIBC_MAX, Plan};
use super::progress::{self, Progress};
use crate::child;
use crate::error::Problem;
use crate::ui::Ui;

/// What a build has made, or has found made.
#[derive(Debug)]
pub(super) struct Built {
    /// The packages' binaries.
    pub(super) binaries: BTreeMap<String, PathBuf>,
    /// Everything that was compiled of any package.
    pub(super) compiled: Vec<Compiled>,
}

/// One of cargo's messages about something compiled.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    /// The package's manifest.
    pub(super) manifest: PathBuf,
    /// The source that it begins with.
    pub(super) source: PathBuf,
    /// What was made.
    pub(super) file: PathBuf,
    /// Whether it was there already, as cargo sees it.
    pub(super) fresh: bool,
}

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
            Some(stdout) => progress::read(stdout, show).await,
            None => Ok(Vec::new()),
        }
    };
    let (output, messages) = tokio::join!(child.output(), messages);
    drop(spinner);
    let (output, messages) =
        (output.context("cannot read cargo's output")?, messages.context("cannot read cargo's messages")?);
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
    read(&messages, packages)
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

fn read(stdout: &[u8], packages: &[String]) -> anyhow::Result<Built> {
    let (mut found, mut compiled) = (BTreeMap::new(), Vec::new());
    for line in stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value = serde_json::from_slice(line).context("cannot read cargo's messages")?;
        let name = message["target"]["name"].as_str();
        if let (Some(name), Some(path)) = (name, message["executable"].as_str()) {
            found.insert(name.to_owned(), PathBuf::from(path));
        }
        let (manifest, source) = (message["manifest_path"].as_str(), message["target"]["src_path"].as_str());
        if let (Some(manifest), Some(source), Some(file)) = (manifest, source, message["filenames"][0].as_str()) {
            let fresh = message["fresh"].as_bool().unwrap_or_default();
            compiled.push(Compiled { manifest: manifest.into(), source: source.into(), file: file.into(), fresh });
        }
    }
    match packages.iter().find(|package| !found.contains_key(*package)) {
        None => Ok(Built { binaries: found, compiled }),
        Some(missing) => Err(Problem::failed(format!("package `{missing}` has no binary `{missing}`")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;

    #[test]
    fn what_was_made_is_read_from_cargos_messages() {
        let lines = br#"{"reason":"compiler-artifact","target":{"name":"a"},"executable":"/t/a"}
{"reason":"compiler-artifact","manifest_path":"/r/Cargo.toml","target":{"name":"lib","src_path":"/r/src/lib.rs"},"filenames":["/t/lib.rlib"],"executable":null,"fresh":true}
{"reason":"build-finished","success":true}
"#;
        let found = read(lines, &["a".into()]).unwrap();
        assert_eq!(found.binaries["a"], PathBuf::from("/t/a"));
        let [lib] = &found.compiled[..] else { panic!("{found:?}") };
        assert_eq!((lib.source.as_path(), lib.file.as_path()), (Path::new("/r/src/lib.rs"), Path::new("/t/lib.rlib")));
        assert!(lib.fresh);
        let missing = read(lines, &["lib".into()]).unwrap_err();
        assert!(missing.to_string().contains("no binary `lib`"));
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
        assert!(!is_cargo_run("CARGO_HOME".as_ref()));
        assert!(!is_cargo_run("CARGO_TARGET_DIR".as_ref()));
    }
}
