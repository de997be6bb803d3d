//! `watch`: every saved file is built and put in place; compile errors are shown, and the watch goes on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use super::{Ctx, deploy as command, logs};
use crate::aws::Aws;
use crate::cli::WatchArgs;
use crate::config::{Config, Outputs};
use crate::deploy::{self, Manner, Report, Session, Source, scope};
use crate::detach;
use crate::hotswap;
use crate::plan::counted;
use crate::site;
use crate::watch::{Changes, Map, Reload, Sole, Touched};

/// Longest wait for the site's last sync, after which the next deploy does it.
const FAREWELL: Duration = Duration::from_secs(20);

pub(super) async fn run(args: WatchArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    hotswap::refuse_protected(&config.env)?;
    scope::known(&config.app, &args.service)?;
    let _sole = Sole::claim(&ctx.target(), &config)?;
    let reload = match config.env.endpoint() {
        Some(_) => Some(Reload::listen().await?),
        None => None,
    };
    let ctx = Ctx { reload: reload.clone(), ..ctx.clone() };
    let map = Map::of(&config)?;
    let mut watch = Watch { ctx: ctx.clone(), args, map, logs: None, whole: None, at_work: false };
    let mut end = End::listen()?;
    // Whoever has seen enough is done, not failed; a terminal that is closed has seen enough, too.
    let ended = tokio::select! {
        ended = watch.go(config.clone()) => ended,
        () = end.asked() => Ok(()),
    };
    if let Some(logs) = watch.logs.take() {
        logs.abort();
    }
    if watch.at_work {
        ctx.ui.part(&detach::words(&ctx.ui.ongoing(), &detach::typed(std::env::args())));
    }
    ctx.ui.step("Stopped", "watching");
    if let Some(outputs) = reload.and_then(|reload| reload.written()) {
        let without = Ctx { reload: None, ..ctx.clone() };
        let done = tokio::select! {
            done = without_reload(&without, &config, &outputs) => done.is_ok(),
            () = tokio::time::sleep(FAREWELL) => false,
            // Asked twice.
            () = end.asked() => false,
        };
        if !done {
            ctx.ui.warn("the site still looks for this watch: the next deploy takes that away");
        }
    }
    ended
}

/// What asks a watch to end: Ctrl-C, SIGTERM, the end of its terminal.
struct End {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl End {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// A watch from its first round to its end.
struct Watch {
    ctx: Ctx,
    args: WatchArgs,
    map: Map,
    logs: Option<JoinHandle<()>>,
    /// Set while the round before ended well: the next one need not begin from nothing.
    whole: Option<Session>,
    /// In the middle of a round.
    at_work: bool,
}

impl Watch {
    /// Goes on until something makes watching itself impossible.
    async fn go(&mut self, config: Config) -> anyhow::Result<()> {
        // Before the first round: what is saved during it must not be lost.
        let mut changes = Changes::new(&config.root, &self.map)?;
        let report = self.deploy(config.clone(), &self.args.service.clone()).await;
        if let Some(report) = self.told(report) {
            command::summary(&self.ctx, &report);
        }
        // Asked once.
        self.ctx.ui = self.ctx.ui.answered();
        self.follow_logs(&config);
        loop {
            self.ctx.ui.step("Watching", format!("{}; Ctrl-C ends it", self.scope()));
            let (touched, paths) = changes.next(&self.map).await;
            self.show(&paths);
            let Some(report) = self.round(&touched, &mut changes).await else { continue };
            self.ctx.ui.step("Finished", command::told(&report));
            if let (true, Some(reload)) = (report.changed, &self.ctx.reload) {
                let pages = reload.pages();
                if pages > 0 {
                    self.ctx.ui.step("Reloading", counted(pages, "page"));
                }
                reload.tell();
            }
        }
    }

    /// `None` where there was nothing to do, or where it failed, which has been shown then.
    async fn round(&mut self, touched: &Touched, changes: &mut Changes) -> Option<Report> {
        let report = async {
            let config = self.ctx.config(&self.args.change.env)?;
            hotswap::refuse_protected(&config.env)?;
            if touched.afresh {
                self.whole = None;
                self.map = Map::of(&config)?;
                self.follow_logs(&config);
            }
            changes.follow(&self.map)?;
            let asked = |service: &&String| self.args.service.is_empty() || self.args.service.contains(service);
            let services: Vec<String> = touched.services.iter().filter(asked).cloned().collect();
            if services.is_empty() {
                return Ok(None);
            }
            self.deploy(config, &services).await.map(Some)
        };
        let report = report.await;
        self.told(report).flatten()
    }

    async fn deploy(&mut self, config: Config, services: &[String]) -> anyhow::Result<Report> {
        let source = Source::checkout(&config)?;
        let before = self.whole.take();
        let (again, session) = (before.is_some(), before.unwrap_or_default());
        let manner = Manner { hotswap: true, again, session: session.clone(), ..Manner::default() };
        self.at_work = true;
        let report = Box::pin(deploy::run_in(&self.ctx, config, services, source, manner)).await;
        self.at_work = false;
        let report = report?;
        self.whole = Some(session);
        Ok(report)
    }

    fn told<T>(&self, outcome: anyhow::Result<T>) -> Option<T> {
        outcome.map_err(|error| self.ctx.ui.error(&error)).ok()
    }

    fn show(&self, paths: &BTreeSet<PathBuf>) {
        let names: Vec<String> =
            paths.iter().map(|path| path.strip_prefix(&self.ctx.root).unwrap_or(path).display().to_string()).collect();
        let text = match names.as_slice() {
            [] => "files, which the system did not name".to_owned(),
            [one] => one.clone(),
            [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        };
        self.ctx.ui.step("Changed", text);
    }

    fn scope(&self) -> String {
        if self.args.service.is_empty() { "all services".to_owned() } else { self.args.service.join(", ") }
    }

    /// Prints what the functions log from now on; a watch without functions, or without logs, is still a watch.
    fn follow_logs(&mut self, config: &Config) {
        if let Some(logs) = self.logs.take() {
            logs.abort();
        }
        let (ui, config, services) = (self.ctx.ui.clone(), config.clone(), self.args.service.clone());
        if config.app.services.values().all(|service| service.functions.is_empty()) {
            return;
        }
        self.logs = Some(tokio::spawn(async move {
            if let Err(error) = logs::stream(&ui, &config, &services).await {
                ui.warn(format!("no more logs: {error:#}"));
            }
        }));
    }
}

/// Brings the sites to what a deploy would have written.
async fn without_reload(ctx: &Ctx, config: &Config, outputs: &Outputs) -> anyhow::Result<()> {
    let aws = Aws::connect(&config.env).await;
    let sites = config.app.services.iter().filter_map(|(name, service)| Some((name, service.site.as_ref()?)));
    for (service, spec) in sites {
        if outputs.contains_key(service) && spec.needs().all(|to| outputs.contains_key(&to.service)) {
            let built = site::build(ctx, config, service).await?;
            site::sync(ctx, &aws, config, service, (&built, outputs), site::How::default()).await?;
        }
    }
    Ok(())
}
