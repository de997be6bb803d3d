//! `bench watch`: from saving a handler to its new answer, beside the build alone. Works in this clone, on the default
//! environment; the source that it touches is as it was afterwards.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;

use super::super::Ctx;
use super::super::test::runner::cargo;
use crate::aws::{Aws, code, functions};
use crate::cli::EnvArgs;
use crate::config::Config;
use crate::error::Problem;

/// Saves; the median counts.
const RUNS: usize = 5;
/// Longest wait for one answer, or for the first deploy.
const LONGEST: Duration = Duration::from_mins(10);
/// Between two looks at the function.
const LOOK: Duration = Duration::from_millis(10);

pub(super) async fn run(ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&EnvArgs::default())?;
    if config.env.endpoint().is_none() {
        return Err(Problem::usage(format!("`{}` is no environment on this machine", config.env.name))
            .hint("set `defaultEnvironment` in config/app.yaml to one whose file has `emulator`")
            .into());
    }
    let (service, package, function) = first(&config)?;
    let mut handler = Handler::open(&config, package)?;
    let packages: Vec<&str> = config.app.services.values().filter_map(|service| service.package.as_deref()).collect();
    let mut builds = Vec::new();
    for _ in 0..RUNS {
        handler.save()?;
        let start = Instant::now();
        build(ctx, &packages)?;
        builds.push(start.elapsed());
    }
    let (mut watch, lines) = start(ctx)?;
    let name = format!("{}-{function}", config.stack_name(service));
    let outcome = answers(&config, &name, &mut handler, &lines).await;
    stop(&mut watch)?;
    let (builds, answers) = (median(builds), median(outcome?));
    ctx.ui.data("| what | figure |\n| --- | ---: |");
    ctx.ui.data(format!("| build after a saved handler | {:.2} s |", builds.as_secs_f64()));
    ctx.ui.data(format!("| from saving it to its new answer, under `watch` | {:.2} s |", answers.as_secs_f64()));
    ctx.ui.data(format!("| of these beside the build | {:.2} s |", answers.saturating_sub(builds).as_secs_f64()));
    Ok(())
}

/// The first service with code: its name, its package, its first function.
fn first(config: &Config) -> anyhow::Result<(&str, &str, &str)> {
    let mut services = config.app.services.iter();
    let found = services.find_map(|(name, service)| {
        Some((name.as_str(), service.package.as_deref()?, service.functions.first()?.as_str()))
    });
    found.context("no service in config/app.yaml has a `crate` and functions")
}

/// The main file of a package, which is put back when dropped.
struct Handler {
    path: PathBuf,
    text: String,
    saves: usize,
}

impl Handler {
    fn open(config: &Config, package: &str) -> anyhow::Result<Self> {
        let folders = crate::build::folders(&config.root, package)?;
        let paths = folders.iter().map(|folder| config.root.join(folder).join("src/main.rs"));
        // Only binaries have it: the package itself, not what it is built from.
        let path = paths.into_iter().find(|path| path.is_file()).context("the package has no src/main.rs")?;
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self { path, text, saves: 0 })
    }

    /// One empty line more: every line number below it changes, and with them the binary.
    fn save(&mut self) -> anyhow::Result<()> {
        self.saves += 1;
        let text = "\n".repeat(self.saves) + &self.text;
        std::fs::write(&self.path, text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // A source that cannot be put back shows in `git status`.
        let _ = std::fs::write(&self.path, &self.text);
    }
}

fn build(ctx: &Ctx, packages: &[&str]) -> anyhow::Result<()> {
    let mut command = cargo(&["build", "--locked", "--quiet"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let status = command.current_dir(&ctx.root).stdin(Stdio::null()).status().context("cannot start cargo")?;
    if status.success() { Ok(()) } else { Err(Problem::failed("cargo could not build the functions").into()) }
}

/// A watch of this very program, and its lines.
fn start(ctx: &Ctx) -> anyhow::Result<(Child, Receiver<String>)> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("watch").current_dir(&ctx.root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start the watch")?;
    let lines = BufReader::new(child.stderr.take().context("no stderr")?).lines();
    let (sender, receiver) = channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    Ok((child, receiver))
}

/// As Ctrl-C does, so that the site is left without the watch's script.
fn stop(watch: &mut Child) -> anyhow::Result<()> {
    let kill = Command::new("kill").args(["-INT", &watch.id().to_string()]).status();
    if !kill.is_ok_and(|status| status.success()) {
        watch.kill().context("cannot stop the watch")?;
    }
    watch.wait().context("cannot wait for the watch")?;
    Ok(())
}

async fn answers(
    config: &Config,
    name: &str,
    handler: &mut Handler,
    lines: &Receiver<String>,
) -> anyhow::Result<Vec<Duration>> {
    let aws = Aws::connect(&config.env).await;
    let mut took = Vec::new();
    for _ in 0..RUNS {
        watching(lines)?;
        let code = async || anyhow::Ok(code::describe(&aws.lambda, name).await?.map(|live| live.sha256));
        let before = code().await?;
        handler.save()?;
        let start = Instant::now();
        while code().await? == before {
            if start.elapsed() > LONGEST {
                return Err(Problem::failed(format!("`{name}` has no new code after a save")).into());
            }
            tokio::time::sleep(LOOK).await;
        }
        // A call that begins now is one of the new code.
        functions::invoke(&aws.lambda, name, &json!({})).await?;
        took.push(start.elapsed());
    }
    Ok(took)
}

/// Waits until the watch is at rest.
fn watching(lines: &Receiver<String>) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let left = LONGEST.saturating_sub(start.elapsed());
        let line = lines.recv_timeout(left).context("the watch ended, or does not come to rest")?;
        if line.trim_start().starts_with("Watching") {
            return Ok(());
        }
    }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}
