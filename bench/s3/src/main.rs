//! `cargo xtask bench sync` starts this: the same folders, by every tool in turns, to one S3 in memory.

mod bucket;
mod folders;
mod server;
mod table;
mod tools;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail};

use folders::{ALL, Folder, HUGE};
use server::Server;
use table::{Row, median};
use tools::{Run, Setup, Tool};

/// What an S3 in the same region takes to answer a PUT, about.
const FAR: Duration = Duration::from_millis(30);

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            // A reader that has gone is no failure of ours.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn run() -> anyhow::Result<String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [setup] = &args[..] else { bail!("usage: bench-sync <set-up as JSON>") };
    let setup: Setup = serde_json::from_str(&fs::read_to_string(setup)?).context("cannot read the set-up")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let server = runtime.block_on(Server::start())?;
    let wanted = |folder: &Folder| setup.only.is_empty() || setup.only.iter().any(|name| name == folder.name);
    let mut rows = Vec::new();
    for folder in ALL.iter().filter(|folder| wanted(folder)) {
        rows.extend(course(&setup, &server, *folder)?);
    }
    if wanted(&ALL[1]) {
        server.set_latency(FAR);
        rows.push(first(&setup, &server, ALL[1], &format!("{}, first, 30 ms away", ALL[1].text), &Tool::ALL)?);
        server.set_latency(Duration::ZERO);
    }
    if wanted(&HUGE) {
        let two = [Tool::Ours, Tool::S5cmd];
        rows.push(first(&setup, &server, HUGE, &format!("{}, first", HUGE.text), &two)?);
    }
    Ok(table::tables(&rows))
}

/// First, unchanged, 1 % changed, unchanged from a fresh clone; each tool in a folder and a bucket of its own.
fn course(setup: &Setup, server: &Server, folder: Folder) -> anyhow::Result<Vec<Row>> {
    let steps = ["first", "unchanged", "1 % changed", "unchanged, fresh clone"];
    let mut runs = vec![vec![Vec::new(); Tool::ALL.len()]; steps.len()];
    let mut faults = vec![Vec::new(); steps.len()];
    for round in 0..setup.rounds {
        for (tool, one) in Tool::ALL.into_iter().zip(0..) {
            tell(&format!("{}: {} ({} of {})", folder.text, tool.name(), round + 1, setup.rounds));
            server.empty(tool.bucket());
            let place = setup.scratch.join(folder.name);
            folder.make(&place)?;
            for (step, name) in steps.iter().enumerate() {
                match *name {
                    "1 % changed" => folder.change(&place, round)?,
                    "unchanged, fresh clone" => clone(&place)?,
                    _ => {}
                }
                runs[step][one].push(measure(setup, server, tool, &place)?);
                let wrong = differences(server, tool, &place)?;
                if wrong > 0 && round == 0 {
                    faults[step].push(format!("{} leaves {wrong} objects other than the files", tool.name()));
                }
            }
            server.remove(tool.bucket());
            fs::remove_dir_all(&place)?;
        }
    }
    let row = |(step, name): (usize, &&str)| Row {
        what: format!("{}, {name}", folder.text),
        runs: runs[step].iter().map(|runs| Some(median(runs))).collect(),
        faults: faults[step].clone(),
    };
    Ok(steps.iter().enumerate().map(row).collect())
}

/// The first sync alone, once.
fn first(setup: &Setup, server: &Server, folder: Folder, what: &str, tools: &[Tool]) -> anyhow::Result<Row> {
    let place = setup.scratch.join(folder.name);
    folder.make(&place)?;
    let mut runs = Vec::new();
    for tool in Tool::ALL {
        if tools.contains(&tool) {
            tell(&format!("{what}: {}", tool.name()));
            server.empty(tool.bucket());
            runs.push(Some(measure(setup, server, tool, &place)?));
            server.remove(tool.bucket());
        } else {
            runs.push(None);
        }
    }
    fs::remove_dir_all(&place)?;
    Ok(Row { what: what.to_owned(), runs, faults: Vec::new() })
}

fn measure(setup: &Setup, server: &Server, tool: Tool, folder: &Path) -> anyhow::Result<Run> {
    server.take_requests();
    let run = tool.run(setup, folder, &server.url)?;
    #[expect(clippy::cast_precision_loss, reason = "some thousands of requests")]
    let requests = server.take_requests() as f64;
    tell(&format!("  {:.2} s, {:.2} s of CPU, {:.0} MB, {requests} requests", run.wall, run.cpu, run.memory / 1e6));
    Ok(Run { requests, ..run })
}

/// The same bytes in new files with new times, as git leaves them.
fn clone(folder: &Path) -> anyhow::Result<()> {
    let copy = folder.with_extension("clone");
    if copy.is_dir() {
        // Of a run that was killed: `cp` would write into it.
        fs::remove_dir_all(&copy).with_context(|| format!("cannot delete `{}`", copy.display()))?;
    }
    let status = Command::new("cp").arg("-r").arg(folder).arg(&copy).status().context("cannot start cp")?;
    anyhow::ensure!(status.success(), "cp failed");
    fs::remove_dir_all(folder)?;
    Ok(fs::rename(&copy, folder)?)
}

/// How many objects are not what the files are.
fn differences(server: &Server, tool: Tool, folder: &Path) -> anyhow::Result<usize> {
    let mut objects = server.contents(tool.bucket());
    let mut wrong = 0;
    for inside in fs::read_dir(folder)? {
        for file in fs::read_dir(inside?.path())? {
            let path = file?.path();
            let key = path.strip_prefix(folder)?.display().to_string();
            wrong += usize::from(objects.remove(&key) != Some(fs::read(&path)?));
        }
    }
    Ok(wrong + objects.len())
}
