//! The tools and how each is told to sync a folder, with its own defaults for the rest.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::server::KEYS;

/// Where the programs are; written by `cargo xtask bench sync`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Setup {
    pub(crate) xtask: PathBuf,
    /// A Python whose folder has `aws`, `s5cmd` and `rclone` beside it.
    pub(crate) python: PathBuf,
    pub(crate) scratch: PathBuf,
    /// The repository, in which `cargo xtask sync` runs.
    pub(crate) root: PathBuf,
    pub(crate) rounds: usize,
    /// Only these folders; all where there is none.
    pub(crate) only: Vec<String>,
}

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    Ours,
    S5cmd,
    Rclone,
    Aws,
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Run {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of processor time.
    pub(crate) cpu: f64,
    /// Bytes at the most.
    pub(crate) memory: f64,
    pub(crate) requests: f64,
}

/// After which a tool is taken to hang, and the benchmark ends.
const LIMIT: Duration = Duration::from_mins(15);

/// Starts a program and prints what the kernel says of it: the standard library cannot ask, Python can.
const MEASURE: &str = "import os, sys, json, signal
limit = int(sys.argv[1])
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
def late(*_):
    os.kill(pid, signal.SIGKILL)
    sys.exit(f'no end within {limit} s')
signal.signal(signal.SIGALRM, late)
signal.alarm(limit)
_, status, use = os.wait4(pid, 0)
signal.alarm(0)
sys.stderr.write(json.dumps([use.ru_utime + use.ru_stime, use.ru_maxrss * 1024]) + '\\n')
sys.exit(os.waitstatus_to_exitcode(status))";

impl Tool {
    pub(crate) const ALL: [Self; 4] = [Self::Ours, Self::S5cmd, Self::Rclone, Self::Aws];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "cargo xtask sync",
            Self::S5cmd => "s5cmd",
            Self::Rclone => "rclone",
            Self::Aws => "aws s3 sync",
        }
    }

    /// The bucket that is this tool's alone.
    pub(crate) fn bucket(self) -> &'static str {
        match self {
            Self::Ours => "bench-ours",
            Self::S5cmd => "bench-s5cmd",
            Self::Rclone => "bench-rclone",
            Self::Aws => "bench-aws",
        }
    }

    fn arguments(self, setup: &Setup, folder: &Path, url: &str) -> anyhow::Result<Vec<String>> {
        let beside = |name: &str| setup.python.with_file_name(name).display().to_string();
        let (folder, bucket) = (folder.to_str().context("the scratch folder's name is no UTF-8")?, self.bucket());
        let to = format!("s3://{bucket}");
        let line = match self {
            Self::Ours => {
                let program = setup.xtask.display().to_string();
                vec![program, "sync".into(), folder.into(), to, "--endpoint-url".into(), url.into(), "--quiet".into()]
            }
            Self::S5cmd => {
                let (from, to) = (format!("{folder}/"), format!("{to}/"));
                vec![
                    beside("s5cmd"),
                    "--endpoint-url".into(),
                    url.into(),
                    "--log".into(),
                    "error".into(),
                    "sync".into(),
                    from,
                    to,
                ]
            }
            Self::Rclone => {
                let remote = format!(
                    ":s3,provider=Other,env_auth=true,no_check_bucket=true,list_version=2,endpoint=\"{url}\":{bucket}"
                );
                // With its default of four transfers and eight checkers it would be slower.
                let more = ["--transfers", "32", "--checkers", "32", "--fast-list", "--config", "/dev/null"];
                let mut line = vec![beside("rclone"), "sync".into(), folder.into(), remote];
                line.extend(more.map(str::to_owned));
                line
            }
            Self::Aws => {
                let line = ["s3", "sync", folder, &to, "--endpoint-url", url, "--only-show-errors"];
                [beside("aws")].into_iter().chain(line.map(str::to_owned)).collect()
            }
        };
        Ok(line)
    }

    /// Runs it once.
    pub(crate) fn run(self, setup: &Setup, folder: &Path, url: &str) -> anyhow::Result<Run> {
        let mut command = measured(&setup.python, LIMIT);
        command.args(self.arguments(setup, folder, url)?).current_dir(&setup.root);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("AWS_ACCESS_KEY_ID", KEYS.0).env("AWS_SECRET_ACCESS_KEY", KEYS.1).env("AWS_REGION", "us-east-1");
        finish(command, self.name())
    }
}

/// A command to which a program and its arguments are added.
fn measured(python: &Path, limit: Duration) -> Command {
    let mut command = Command::new(python);
    command.args(["-c", MEASURE, &limit.as_secs().to_string()]);
    command
}

fn finish(mut command: Command, name: &str) -> anyhow::Result<Run> {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let wall = start.elapsed().as_secs_f64();
    let output = output.with_context(|| format!("cannot start {name}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{name} failed: {}", text.trim());
    }
    let last = text.lines().last().unwrap_or_default();
    let (cpu, memory) = serde_json::from_str(last).with_context(|| format!("{name}: {text}"))?;
    Ok(Run { wall, cpu, memory, requests: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_ended_and_is_an_error_that_names_it() {
        let mut command = measured(Path::new("python3"), Duration::from_secs(1));
        command.args(["python3", "-c", "import signal; signal.pause()"]);
        let error = finish(command, "a tool").unwrap_err();
        assert_eq!(error.to_string(), "a tool failed: no end within 1 s");
    }

    #[test]
    fn a_run_has_its_figures_and_a_failure_its_words() {
        let python = |code| {
            let mut command = measured(Path::new("python3"), LIMIT);
            command.args(["python3", "-c", code]);
            finish(command, "a tool")
        };
        let run = python("print('to nobody')").unwrap();
        assert!(run.wall > 0.0 && run.cpu > 0.0 && run.memory > 1e6, "{run:?}");
        let error = python("import sys; sys.exit('no such bucket')").unwrap_err().to_string();
        assert!(error.starts_with("a tool failed: no such bucket"), "{error}");
    }
}
