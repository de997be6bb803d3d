//! `timeline`: what took how long in a deploy, as a chart, as HTML or as data.

use anyhow::Context;
use serde_json::json;

use super::Ctx;
use crate::cli::TimelineArgs;
use crate::error::Problem;
use crate::recorder::{Chart, Run, Store, compare, critical, gantt, html};

/// Ids that an error lists.
const LISTED: usize = 5;

pub(super) fn run(args: &TimelineArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let runs = Store::of(&config).all();
    let run = choose(&runs, args.run.as_deref(), &config.env.name)?;
    let (path, comparison) = (critical(&run.spans), compare(run, &runs));
    if let Some(file) = &args.html {
        let text = html(run, &path, &comparison, &runs)?;
        std::fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))?;
        ctx.ui.step("Wrote", file.display().to_string());
    }
    if args.json {
        let all = json!({"run": run, "criticalPath": path, "comparison": comparison});
        ctx.ui.data(serde_json::to_string_pretty(&all)?);
    } else if args.html.is_none() {
        let chart = Chart { columns: ctx.ui.columns(), colour: ctx.ui.data_colour(), unicode: unicode() };
        ctx.ui.data(gantt(chart, run, &path, &comparison));
    }
    Ok(())
}

/// The run whose id begins so, or the last one.
fn choose<'a>(runs: &'a [Run], asked: Option<&str>, environment: &str) -> Result<&'a Run, Problem> {
    let Some(newest) = runs.first() else {
        return Err(Problem::failed(format!("no deploy to `{environment}` was recorded on this machine"))
            .hint(format!("cargo xtask deploy --env {environment}")));
    };
    let Some(asked) = asked else { return Ok(newest) };
    runs.iter().find(|run| run.id.starts_with(asked)).ok_or_else(|| {
        let known: Vec<&str> = runs.iter().take(LISTED).map(|run| run.id.as_str()).collect();
        Problem::usage(format!("no recorded deploy of `{environment}` has the id `{asked}`"))
            .hint(format!("the newest are {}", known.join(", ")))
    })
}

/// Whether the locale's encoding has more than ASCII: the first variable that is set decides (POSIX, "Locale").
fn unicode() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.into_iter().find(|value| !value.is_empty()).unwrap_or_default().to_uppercase();
    locale.contains("UTF-8") || locale.contains("UTF8")
}
