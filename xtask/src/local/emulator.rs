//! One environment's emulator: its files below `target/local/<environment>/`, its process, its life.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::identity::{Answer, Identity, knock};
use super::process::{self, Signal};
use super::venv::Venv;
use crate::commands::Ctx;
use crate::error::Problem;
use crate::lock::Lock;
use crate::ui::Ui;

const LAUNCHER: &str = include_str!("launcher.py");
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// It is up in about a second; a cold disk and a busy machine get a minute.
const START: Duration = Duration::from_mins(1);
/// Saving state takes well under a second; open connections are given a few.
const STOP: Duration = Duration::from_secs(30);
/// How often a starting emulator is knocked at.
const POLL: Duration = Duration::from_millis(25);

/// The folder beside the state in which the builds lie that hotswapped functions start.
pub(super) const LINKS: &str = "hotswap";

/// Where an emulator lives, whether it runs or not.
#[derive(Clone, Debug)]
pub(super) struct Emulator {
    env: String,
    region: String,
    port: u16,
    folder: PathBuf,
    venv: Venv,
    ui: Ui,
}

/// Beside the emulator's state, for the times when it does not answer itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    pid: u32,
    port: u16,
    started: Timestamp,
}

/// What `status` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Process and time of start, if it runs.
    pub running: Option<(u32, Option<Timestamp>)>,
    /// Where it answers, or would.
    pub endpoint: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Bytes on disk.
    pub state: u64,
}

impl Emulator {
    pub(super) fn new(ctx: &Ctx, env: &str, region: &str, port: u16) -> Self {
        let target = ctx.target();
        let local = fs::canonicalize(&target).unwrap_or(target).join("local");
        Self {
            env: env.to_owned(),
            region: region.to_owned(),
            port,
            folder: local.join(env),
            venv: venv(&local),
            ui: ctx.ui.clone(),
        }
    }

    pub(super) fn ensure(&self) -> anyhow::Result<()> {
        if self.serves() {
            return Ok(());
        }
        let _lock = self.lock()?;
        match knock(self.port) {
            Answer::Emulator(found) if found.folder == self.folder => {
                if self.serves() {
                    return Ok(());
                }
                self.ui.step("Restarting", "the AWS emulator: its settings or files have changed");
                self.end(found.pid)?;
            }
            Answer::Nobody => self.end_recorded()?,
            // It may be ours all the same: too busy, or hung.
            Answer::Stranger if self.recorded().is_some() => self.end_recorded()?,
            other => return Err(self.taken(&other).into()),
        }
        self.start()
    }

    /// As `ensure`, but what runs is left alone.
    pub(super) fn ready(&self) -> anyhow::Result<()> {
        let ours = matches!(knock(self.port), Answer::Emulator(found) if found.folder == self.folder);
        if !ours || self.serves() {
            return self.ensure();
        }
        let env = &self.env;
        Err(Problem::failed(format!("the emulator of `{env}` runs with other settings or files than it has now"))
            .hint(format!("`cargo xtask local start --env {env}` restarts it, and so does a deploy"))
            .into())
    }

    pub(super) fn stop(&self) -> anyhow::Result<bool> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot create `{}`", self.folder.display()))?;
        let _lock = self.lock()?;
        let pid = self.running();
        pid.map_or(Ok(()), |pid| self.end(pid))?;
        Ok(pid.is_some())
    }

    pub(super) fn reset(&self) -> anyhow::Result<()> {
        let _lock = self.lock()?;
        if let Some(pid) = self.running() {
            // Nothing is to be saved.
            process::send(pid, Signal::Kill)?;
            if !process::wait_for_end(pid, &self.launcher(), STOP) {
                return Err(Problem::failed(format!("the emulator (pid {pid}) cannot be ended")).into());
            }
        }
        for name in ["state", "tmp", LINKS, "emulator.json"] {
            let path = self.folder.join(name);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            if path.exists() {
                removed.with_context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
        Ok(())
    }

    pub(super) fn status(&self) -> Status {
        let started = self.record().map(|record| record.started);
        Status {
            running: self.running().map(|pid| (pid, started)),
            endpoint: format!("http://127.0.0.1:{}", self.port),
            folder: self.folder.clone(),
            state: size(&self.folder.join("state")),
        }
    }

    pub(super) fn logs(&self) -> anyhow::Result<String> {
        let log = self.log();
        let bytes = fs::read(&log).with_context(|| {
            Problem::failed(format!("the emulator of `{}` has no log: it has never run", self.env))
                .hint(format!("cargo xtask local start --env {}", self.env))
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether the emulator on the port is ours, has the settings of today, and still has its files.
    fn serves(&self) -> bool {
        match knock(self.port) {
            Answer::Emulator(found) => {
                found.folder == self.folder && found.recipe == self.recipe() && self.record().is_some()
            }
            Answer::Nobody | Answer::Stranger => false,
        }
    }

    fn start(&self) -> anyhow::Result<()> {
        self.venv.ensure(&self.ui)?;
        let begin = Instant::now();
        let spinner = self.ui.spinner("starting the AWS emulator");
        let mut child = self.spawn()?;
        self.write_record(&Record { pid: child.id(), port: self.port, started: Timestamp::now() })?;
        loop {
            match knock(self.port) {
                Answer::Emulator(found) if found.folder == self.folder => break,
                Answer::Nobody | Answer::Stranger if begin.elapsed() < START => {}
                Answer::Nobody => return Err(self.broken("the AWS emulator does not start")),
                other => return Err(self.taken(&other).into()),
            }
            if let Some(status) = child.try_wait().context("cannot wait for the AWS emulator")? {
                return Err(self.broken(&format!("the AWS emulator ended at once with {status}")));
            }
            std::thread::sleep(POLL);
        }
        drop(spinner);
        let seconds = begin.elapsed().as_secs_f32();
        self.ui.step("Started", format!("the AWS emulator on http://127.0.0.1:{} in {seconds:.1} s", self.port));
        Ok(())
    }

    /// A process group of its own: Ctrl-C in the deployer's terminal is not for the emulator.
    fn spawn(&self) -> anyhow::Result<Child> {
        for folder in ["state", "tmp"] {
            let folder = self.folder.join(folder);
            fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        }
        let launcher = self.launcher();
        fs::write(&launcher, LAUNCHER).with_context(|| format!("cannot write `{}`", launcher.display()))?;
        let log = self.log();
        // Where there is no log yet there is nothing to keep.
        let _ = fs::rename(&log, log.with_extension("previous.log"));
        let out = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let errors = out.try_clone().context("cannot share the log")?;
        let mut command = Command::new(self.venv.python());
        command.arg("-I").arg(&launcher).env_clear().envs(self.settings());
        command.env("EMULATOR_FOLDER", &self.folder).env("EMULATOR_RECIPE", self.recipe());
        for name in ["PATH", "HOME", "LANG", "TZ"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(out).stderr(errors).process_group(0);
        command.spawn().with_context(|| format!("cannot run `{}`", self.venv.python().display()))
    }

    /// The emulator gets this environment and no other: functions inherit it, and the user's own AWS settings and
    /// proxies must not reach them.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        vec![
            ("AUTH", "true".to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("BIND_HOST", "127.0.0.1".to_owned()),
            ("GATEWAY_PORT", self.port.to_string()),
            ("IOT_MTLS_ENABLED", "0".to_owned()),
            ("MINISTACK_REGION", self.region.clone()),
            ("PERSIST_STATE", "1".to_owned()),
            ("S3_DATA_DIR", path("state/s3")),
            ("S3_PERSIST", "1".to_owned()),
            ("SFTP_ENABLED", "0".to_owned()),
            ("STATE_DIR", path("state")),
            ("TMPDIR", path("tmp")),
        ]
    }

    /// Digest of all that decides how the emulator behaves.
    fn recipe(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(REQUIREMENTS);
        digest.update(LAUNCHER);
        for (name, value) in self.settings() {
            digest.update(format!("\0{name}={value}"));
        }
        hex::encode(&digest.finalize()[..8])
    }

    /// Our emulator's process, as the emulator itself says, else as recorded.
    fn running(&self) -> Option<u32> {
        match knock(self.port) {
            Answer::Emulator(found) if found.folder == self.folder => Some(found.pid),
            _ => self.recorded(),
        }
    }

    /// The recorded process, if that number still belongs to our launcher.
    fn recorded(&self) -> Option<u32> {
        self.record().map(|record| record.pid).filter(|pid| process::runs(*pid, &self.launcher()))
    }

    /// Ends a recorded emulator that does not answer here: on an earlier port, half started, or hung.
    fn end_recorded(&self) -> anyhow::Result<()> {
        let Some(pid) = self.recorded() else { return Ok(()) };
        self.ui.warn(format!("an AWS emulator of `{}` runs (pid {pid}) but does not answer: ending it", self.env));
        self.end(pid)
    }

    fn end(&self, pid: u32) -> anyhow::Result<()> {
        process::send(pid, Signal::Term)?;
        if process::wait_for_end(pid, &self.launcher(), STOP) {
            return Ok(());
        }
        let message = format!("the AWS emulator (pid {pid}) did not stop within {} s", STOP.as_secs());
        let hint = format!("`cargo xtask local reset --env {}` ends it by force; its state is lost then", self.env);
        Err(Problem::failed(message).hint(hint).into())
    }

    fn taken(&self, answer: &Answer) -> Problem {
        let elsewhere = format!("change `emulator.port` in config/{}.yaml", self.env);
        match answer {
            Answer::Emulator(Identity { folder, pid, .. }) => {
                let message = format!("port {} is taken by the AWS emulator of `{}`", self.port, folder.display());
                Problem::failed(message).hint(format!("stop it with `kill {pid}` (its state is kept), or {elsewhere}"))
            }
            Answer::Nobody | Answer::Stranger => {
                let who = process::listener(self.port)
                    .map_or_else(|| "another process".to_owned(), |(pid, line)| format!("`{line}` (pid {pid})"));
                Problem::failed(format!("port {} is taken by {who}", self.port))
                    .hint(format!("stop that process, or {elsewhere}"))
            }
        }
    }

    fn broken(&self, message: &str) -> anyhow::Error {
        let log = fs::read(self.log()).unwrap_or_default();
        let tail = super::tail(&String::from_utf8_lossy(&log), 15);
        let hint = format!("its log: {}", self.log().display());
        anyhow::anyhow!(if tail.is_empty() { "it logged nothing".to_owned() } else { tail })
            .context(Problem::failed(message).hint(hint))
    }

    fn lock(&self) -> anyhow::Result<Lock> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot create `{}`", self.folder.display()))?;
        Lock::take(&self.folder.join("emulator.lock"), &self.ui, "another command of this environment's emulator")
    }

    /// Unique to this clone and environment: it marks our process in the table of all.
    fn launcher(&self) -> PathBuf {
        self.folder.join("launcher.py")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("emulator.log")
    }

    /// An unreadable record is as good as none: the emulator answers for itself, and a free port can be used.
    fn record(&self) -> Option<Record> {
        serde_json::from_slice(&fs::read(self.folder.join("emulator.json")).ok()?).ok()
    }

    fn write_record(&self, record: &Record) -> anyhow::Result<()> {
        let path = self.folder.join("emulator.json");
        fs::write(&path, serde_json::to_vec(record)?).with_context(|| format!("cannot write `{}`", path.display()))
    }
}

/// What every emulator below a folder runs in.
pub(super) fn venv(local: &Path) -> Venv {
    Venv::new(local, "the AWS emulator", REQUIREMENTS, "import ministack.app, cryptography, cbor2")
}

fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files.filter_map(|entry| entry.metadata().ok()).filter(fs::Metadata::is_file).map(|file| file.len()).sum()
}
