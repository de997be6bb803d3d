//! `bench watch`: from saving a handler to its new answer, and how much of that is cargo's. Works in this clone, on the
//! default environment; the source that it touches is as it was afterwards.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;

use super::super::Ctx;
use super::median;
use super::source::Source;
use crate::aws::{Aws, code, functions};
use crate::cli::EnvArgs;
use crate::config::Config;
use crate::error::Problem;
use crate::recorder::{Kind, Span, Store};

/// Saves; the median counts.
const RUNS: usize = 5;
/// Longest wait for one answer, or for the first deploy.
const LONGEST: Duration = Duration::from_mins(10);
/// Between two looks at the function.
const LOOK: Duration = Duration::from_millis(10);

/// What one save took.
#[derive(Clone, Copy, Debug)]
struct Took {
    /// From the save to the answer.
    answer: Duration,
    /// Of that, cargo.
    build: Duration,
}

pub(super) async fn run(ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&EnvArgs::default())?;
    if config.env.endpoint().is_none() {
        return Err(Problem::usage(format!("`{}` is no environment on this machine", config.env.name))
            .hint("set `defaultEnvironment` in config/app.yaml to one whose file has `emulator`")
            .into());
    }
    let (service, package, function) = first(&config)?;
    let name = format!("{}-{function}", config.stack_name(service));
    let mut source = Source::open(&config.root, package)?;
    let watch = Watch::start(ctx)?;
    let took = tokio::select! {
        took = saves(&config, &name, &mut source, &watch) => took?,
        // What was started ends with it, and the source is put back.
        _ = tokio::signal::ctrl_c() => return Err(Problem::declined("interrupted").into()),
    };
    let middle = |part: fn(&Took) -> Duration| median(took.iter().map(part)).as_secs_f64();
    ctx.ui.data("| what | figure |\n| --- | ---: |");
    ctx.ui.data(format!(
        "| from saving a handler to its new answer, under `watch` | {:.2} s |",
        middle(|one| one.answer)
    ));
    ctx.ui.data(format!("| of these, cargo's build | {:.2} s |", middle(|one| one.build)));
    let rest = middle(|one| one.answer.saturating_sub(one.build));
    ctx.ui.data(format!("| of these, everything else | {rest:.2} s |"));
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

/// A watch of this very program, and its lines.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(ctx: &Ctx) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        command.arg("watch").current_dir(&ctx.root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start the watch")?;
        let lines = BufReader::new(child.stderr.take().context("no stderr")?).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Self { child, lines: receiver })
    }

    /// Waits until the watch is at rest.
    fn rest(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let left = LONGEST.saturating_sub(start.elapsed());
            let line = self.lines.recv_timeout(left).context("the watch ended, or does not come to rest")?;
            if line.trim_start().starts_with("Watching") {
                return Ok(());
            }
        }
    }
}

impl Drop for Watch {
    /// As Ctrl-C does, so that the site is left without the watch's script.
    fn drop(&mut self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        if !kill.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

async fn saves(config: &Config, name: &str, source: &mut Source, watch: &Watch) -> anyhow::Result<Vec<Took>> {
    let aws = Aws::connect(&config.env).await;
    let code = async || anyhow::Ok(code::describe(&aws.lambda, name).await?.map(|live| live.sha256));
    let mut took = Vec::new();
    watch.rest()?;
    for _ in 0..RUNS {
        let before = code().await?;
        source.save()?;
        let start = Instant::now();
        while code().await? == before {
            if start.elapsed() > LONGEST {
                return Err(Problem::failed(format!("`{name}` has no new code after a save")).into());
            }
            tokio::time::sleep(LOOK).await;
        }
        // A call that begins now is one of the new code.
        functions::invoke(&aws.lambda, name, &json!({})).await?;
        let answer = start.elapsed();
        watch.rest()?;
        took.push(Took { answer, build: build(config)? });
    }
    // The functions are left with what the sources say.
    source.restore()?;
    watch.rest()?;
    Ok(took)
}

/// What cargo took in the newest round.
fn build(config: &Config) -> anyhow::Result<Duration> {
    let run = Store::of(config).all().into_iter().next().context("the watch keeps no timeline")?;
    let millis = run.spans.iter().filter(|span| span.kind == Kind::Build).map(Span::millis).sum();
    Ok(Duration::from_millis(millis))
}
