//! The build of a deploy that asks nobody: it begins beside the looks and the plan, since it writes to this machine alone.

use anyhow::Context;
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
pub(super) struct Early(JoinSet<anyhow::Result<Option<Prepared>>>);

impl Early {
    /// Begins to build what the services asked for lack, or all services do, if a deploy of this manner may.
    pub(super) fn begin(
        (ctx, aws, config): (&Ctx, &Aws, &Config),
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
        let (ui, aws, config) = (ctx.ui.clone(), aws.clone(), config.clone());
        let mut building = JoinSet::new();
        let work = async move { build::prepare((&ui, &aws, &config), &packages, form).await };
        building.spawn(recorder::within(Vec::new(), work));
        Self(building)
    }

    /// Waits for its end; returns what it has made.
    pub(super) async fn end(&mut self) -> anyhow::Result<Option<Prepared>> {
        match self.0.join_next().await {
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
