//! `local start|stop|status|reset|logs|parity`: the AWS emulator of an environment.

use super::Ctx;
use crate::cli::{LocalAction, LocalArgs};
use crate::config::Config;
use crate::local::parity::{Difference, Unproven, unproven};
use crate::local::{self, Status};
use crate::render::Renderer;

pub(super) async fn run(args: LocalArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    match args.action {
        LocalAction::Start => {
            local::start(ctx, &config).await?;
            show(ctx, &local::status(ctx, &config).await?);
        }
        LocalAction::Stop => stop(ctx, &config).await?,
        LocalAction::Status => show(ctx, &local::status(ctx, &config).await?),
        LocalAction::Reset => {
            local::reset(ctx, &config).await?;
            ctx.ui.step("Reset", format!("the AWS emulator of `{}`: stopped, state deleted", config.env.name));
        }
        LocalAction::Logs => ctx.ui.data(local::logs(ctx, &config).await?),
        LocalAction::Parity => gaps(ctx, &unproven(&config, &Renderer::load(&config.root)?)?),
    }
    Ok(())
}

async fn stop(ctx: &Ctx, config: &Config) -> anyhow::Result<()> {
    let stopped = local::stop(ctx, config).await?;
    let name = &config.env.name;
    let what = if stopped { "its state is kept" } else { "it was not running" };
    ctx.ui.step("Stopped", format!("the AWS emulator of `{name}`: {what}"));
    Ok(())
}

/// What is unproven in two lines each, so that it fits a narrow terminal: what it is, and what proves it instead.
fn gaps(ctx: &Ctx, gaps: &[Unproven]) {
    for one in gaps {
        let services = one.services.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let how = match one.gap.gap {
            Difference::Ignored => "ignored",
            Difference::Unchecked => "kept, not enforced",
            Difference::Elsewhere => "written otherwise",
        };
        ctx.ui.data(format!("{} {}", one.gap.resource, one.gap.property));
        ctx.ui.data(format!("    {how} ({services}); instead: {}", one.gap.instead));
    }
}

fn show(ctx: &Ctx, status: &Status) {
    match status.running {
        Some((pid, started)) => {
            let since = started.map(|time| format!(" since {time:.0}")).unwrap_or_default();
            ctx.ui.data(format!("running   pid {pid}{since}"));
        }
        None => ctx.ui.data("stopped"),
    }
    ctx.ui.data(format!("endpoint  {}", status.endpoint));
    ctx.ui.data(format!("folder    {}", status.folder.display()));
    ctx.ui.data(format!("state     {} KiB", status.state.div_ceil(1024)));
}
