//! `bench deploy`: clone, deploys and zip sizes, measured on this machine in a clone of what is committed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::super::Ctx;
use super::super::test::runner::cargo;
use super::median;
use super::source::Source;
use crate::build::megabytes;
use crate::config::{Architecture, Config, load_app};
use crate::error::Problem;
use crate::recorder::{self, Store};

/// Runs of each kind of deploy; the median counts.
const RUNS: usize = 5;

pub(super) fn run(ctx: &Ctx) -> anyhow::Result<()> {
    let folder = ctx.target().join("bench/deploy");
    if folder.exists() {
        // An emulator of an earlier, killed run still holds its state in here.
        let _ = xtask(&folder.join("clone"), &folder, &["local", "stop"]);
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty `{}`", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)?;
    let clone = folder.join("clone");
    let mut rows = Vec::new();

    let start = Instant::now();
    let source = ctx.root.to_string_lossy().into_owned();
    finish(Command::new("git").args(["clone", "--quiet", &source]).arg(&clone), "git clone")?;
    use_free_port(&clone)?;
    xtask(&clone, &folder, &["deploy"])?;
    rows.push(("clone to URL, nothing cached".to_owned(), seconds(start.elapsed())));

    let mut unchanged = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        xtask(&clone, &folder, &["deploy"])?;
        unchanged.push(start.elapsed());
    }
    rows.push(("deploy with no change".to_owned(), seconds(median(unchanged.into_iter()))));

    rows.push(("start of the built `cargo xtask --help`".to_owned(), help()?));

    let app = load_app(&clone)?;
    let package = app.services.values().find_map(|service| service.package.as_ref());
    let package = package.context("no service in config/app.yaml has a `crate`")?;
    let mut handler = Source::open(&clone, package)?;
    let mut changed = Vec::new();
    // The first one is not like the others: cargo has nothing to build upon then.
    for _ in 0..=RUNS {
        handler.save()?;
        let start = Instant::now();
        xtask(&clone, &folder, &["deploy"])?;
        changed.push((start.elapsed(), own(&clone)?));
    }
    changed.remove(0);
    let shares = median(changed.iter().map(|(_, (_, share))| *share));
    let took = |part: fn(&(Duration, (Duration, u64))) -> Duration| seconds(median(changed.iter().map(part)));
    rows.push(("deploy after one changed line of a handler".to_owned(), took(|one| one.0)));
    let own = format!("{} ({}.{} %)", took(|one| one.1.0), shares / 10, shares % 10);
    rows.push(("of these, neither compiler nor CloudFormation".to_owned(), own));
    xtask(&clone, &folder, &["local", "stop"])?;

    rows.extend(zips(&clone, &folder)?);
    handler.save()?;
    let start = Instant::now();
    zips(&clone, &folder)?;
    rows.push(("build for AWS after one changed line, with its zips".to_owned(), seconds(start.elapsed())));
    ctx.ui.data("| what | figure |\n| --- | ---: |");
    for (what, value) in rows {
        ctx.ui.data(format!("| {what} | {value} |"));
    }
    Ok(())
}

/// The deployer's own part of the newest deploy, and how many thousandths of all that is.
fn own(clone: &Path) -> anyhow::Result<(Duration, u64)> {
    let runs = Store::of(&Config::load(clone, None)?).all();
    let run = runs.first().context("the deploy left no timeline")?;
    let own = recorder::own(run);
    Ok((Duration::from_millis(own), own * 1_000 / run.millis.max(1)))
}

/// The median of starting this very program for its help.
fn help() -> anyhow::Result<String> {
    let program = std::env::current_exe().context("cannot find the running program")?;
    let mut starts = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        finish(Command::new(&program).arg("--help"), "xtask --help")?;
        starts.push(start.elapsed());
    }
    Ok(format!("{} ms", median(starts.into_iter()).as_millis()))
}

/// Sizes of what AWS gets, built for this machine's processor.
fn zips(clone: &Path, folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let host = Architecture::host().context("this machine's processor is none of Lambda's")?.name();
    let mut command = cargo_xtask(clone, folder, &["build", "--architecture", host, "--json"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    let found: Vec<serde_json::Value> =
        serde_json::from_slice(&output.stdout).context("cannot read the zips' sizes")?;
    Ok(found
        .iter()
        .filter_map(|one| Some((one["package"].as_str()?, one["bytes"].as_u64()?)))
        .map(|(package, bytes)| {
            (format!("zip of `{package}` ({host}, release)"), format!("{:.2} MB", megabytes(bytes)))
        })
        .collect())
}

/// Runs `cargo xtask` in the clone, with a cargo home of its own: downloads are part of what a newcomer waits for.
fn cargo_xtask(clone: &Path, folder: &Path, args: &[&str]) -> Command {
    let mut command = cargo(&["xtask"]);
    command.args(args).current_dir(clone);
    command.env("CARGO_HOME", folder.join("cargo-home")).env_remove("CARGO_TARGET_DIR");
    command
}

fn xtask(clone: &Path, folder: &Path, args: &[&str]) -> anyhow::Result<()> {
    finish(&mut cargo_xtask(clone, folder, args), &format!("cargo xtask {}", args.join(" ")))
}

/// The clone's emulator must not meet the one that this repository may be running.
fn use_free_port(clone: &Path) -> anyhow::Result<()> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let file = clone.join("config/local.yaml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let lines = text.lines().map(|line| {
        if line.trim_start().starts_with("port:") { format!("  port: {port}\n") } else { format!("{line}\n") }
    });
    Ok(std::fs::write(&file, lines.collect::<String>())?)
}

fn finish(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status.with_context(|| format!("cannot start {what}"))? {
        status if status.success() => Ok(()),
        status => Err(Problem::failed(format!("{what}: {status}")).into()),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
