//! The build of a deploy that asks nobody: it begins beside the looks and the plan, since it writes to this machine alone.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::manner::Manner;
use super::source::Source;
use crate::aws::Aws;
use crate::build::{self, Prepared};
use crate::commands::Ctx;
use crate::config::Config;
use crate::recorder;

/// In which an emulator that runs already answers.
const AT_ONCE: Duration = Duration::from_millis(500);

/// A build on its way, or none; it ends with whoever holds this.
#[derive(Debug, Default)]
pub(super) struct Early {
    work: JoinSet<anyhow::Result<Option<Prepared>>>,
    aws: Option<oneshot::Sender<Aws>>,
    looked: Option<oneshot::Receiver<()>>,
}

impl Early {
    /// Begins to build what the services asked for lack, or all services do, if a deploy of this manner may. The sources are read
    /// at once; the rest waits for `go`.
    pub(super) fn begin(
        (ctx, config): (&Ctx, &Config),
        asked: &[String],
        (source, manner): (&Source, &Manner),
    ) -> Self {
        if !may(source, config, manner) {
            return Self::default();
        }
        let form = manner.form(config);
        let wanted = |name: &String| asked.is_empty() || asked.contains(name);
        let services = config.app.services.iter().filter(|(name, _)| wanted(name));
        let packages: Vec<String> = services.filter_map(|(_, service)| service.package.clone()).collect();
        let (ui, config, sources, begun) = (ctx.ui.clone(), config.clone(), config.clone(), Instant::now());
        let ((aws, connected), (tell, looked)) = (oneshot::channel(), oneshot::channel());
        let read = move || build::digests(&sources, &packages);
        let early = tokio::task::spawn_blocking(read.clone());
        let mut building = JoinSet::new();
        let work = async move {
            // Nobody connects where the deploy has failed by then.
            let Ok(aws) = connected.await else { return Ok(None) };
            // An emulator that had to be started takes its time: the sources may be other ones by now.
            let digests = if begun.elapsed() < AT_ONCE { early } else { tokio::task::spawn_blocking(read) };
            let found = build::look((&aws, &config), digests.await??, form).await?;
            // Nobody hears where the deploy has failed by now.
            let _ = tell.send(());
            found.make(&ui, &config).await
        };
        building.spawn(recorder::within(Vec::new(), work));
        Self { work: building, aws: Some(aws), looked: Some(looked) }
    }

    /// Goes on, now that what is there can be asked for, until it is known what is to be built: what else a deploy looks at would hold
    /// that up, and with it the compiler.
    pub(super) async fn go(&mut self, aws: &Aws) {
        // Where it has failed, `end` says so.
        if let (Some(waiting), Some(looked)) = (self.aws.take(), self.looked.take())
            && waiting.send(aws.clone()).is_ok()
        {
            let _ = looked.await;
        }
    }

    /// Waits for its end; returns what it has made.
    pub(super) async fn end(&mut self) -> anyhow::Result<Option<Prepared>> {
        match self.work.join_next().await {
            Some(built) => built.context("the build was cut off")?,
            None => Ok(None),
        }
    }
}

/// Whether a deploy may build before it knows what else it will do: of this clone, where neither a person nor a reviewed plan has a
/// say in it.
fn may(source: &Source, config: &Config, manner: &Manner) -> bool {
    let asks = manner.asks.is_some() || manner.reviewed.is_some();
    matches!(source, Source::Checkout(_)) && config.env.endpoint().is_some() && !asks
}
