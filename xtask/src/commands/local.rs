//! `local start|stop|status|reset|logs|parity`: the AWS emulator of an environment.

use serde_json::{Value, json};

use super::Ctx;
use crate::cli::{LocalAction, LocalArgs};
use crate::config::Config;
use crate::error::Problem;
use crate::local::parity::{Difference, Unproven, unproven};
use crate::local::{self, Status};
use crate::render::Renderer;

pub(super) async fn run(args: LocalArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    if args.json && !matches!(args.action, LocalAction::Start | LocalAction::Status | LocalAction::Parity) {
        let hint = "cargo xtask local status --json says how it is";
        return Err(Problem::usage("`--json` is for `start`, `status` and `parity`").hint(hint).into());
    }
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
        LocalAction::Parity if args.json => {
            let gaps = unproven(&config, &Renderer::load(&config.root)?)?;
            ctx.ui.data(serde_json::to_string_pretty(&gaps)?);
        }
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

/// `started` is in UTC, `bytes` are the state's on disk.
fn data(status: &Status) -> Value {
    let (pid, started) = status.running.map_or((None, None), |(pid, started)| (Some(pid), started));
    json!({
        "running": pid.is_some(),
        "pid": pid,
        "started": started.map(|time| time.to_string()),
        "endpoint": status.endpoint,
        "folder": status.folder,
        "bytes": status.state,
    })
}

fn show(ctx: &Ctx, status: &Status) {
    if ctx.ui.json() {
        ctx.ui.data(data(status).to_string());
        return;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_that_is_stopped_has_no_process() {
        let stopped = Status { running: None, endpoint: "http://e".into(), folder: "/f".into(), state: 7 };
        let told = data(&stopped);
        assert_eq!((&told["running"], &told["pid"], &told["bytes"]), (&json!(false), &Value::Null, &json!(7)));
        let started = jiff::Timestamp::UNIX_EPOCH;
        let told = data(&Status { running: Some((42, Some(started))), ..stopped });
        assert_eq!((&told["running"], &told["pid"]), (&json!(true), &json!(42)));
        assert_eq!(told["started"], "1970-01-01T00:00:00Z");
    }
}
