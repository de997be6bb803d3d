//! The build of a deploy that asks nobody: it begins beside the looks and the plan, since it writes to this machine alone.

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

/// A build on its way, or none; it ends with whoever holds this.
#[derive(Debug, Default)]
pub(super) struct Early {
    work: JoinSet<anyhow::Result<Option<Prepared>>>,
    aws: Option<oneshot::Sender<Aws>>,
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
        let (ui, config, sources) = (ctx.ui.clone(), config.clone(), config.clone());
        let (aws, connected) = oneshot::channel();
        let digests = tokio::task::spawn_blocking(move || build::digests(&sources, &packages));
        let mut building = JoinSet::new();
        let work = async move {
            // Nobody connects where the deploy has failed by then.
            let Ok(aws) = connected.await else { return Ok(None) };
            build::prepare((&ui, &aws, &config), digests.await??, form).await
        };
        building.spawn(recorder::within(Vec::new(), work));
        Self { work: building, aws: Some(aws) }
    }

    /// Goes on, now that what is there can be asked for.
    pub(super) fn go(&mut self, aws: &Aws) {
        if let Some(waiting) = self.aws.take() {
            // Where it has failed already, `end` says so.
            let _ = waiting.send(aws.clone());
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
