//! `timeline`: what took how long in a deploy, as a chart, as HTML or as data.

use serde_json::json;

use super::Ctx;
use crate::cli::TimelineArgs;
use crate::error::Problem;
use crate::files;
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
        files::write(file, text, "cargo xtask timeline --html <file>")?;
        ctx.ui.step("Wrote", file.display().to_string());
    }
    if args.json {
        let all = json!({"run": run, "criticalPath": path, "comparison": comparison});
        ctx.ui.data(serde_json::to_string_pretty(&all)?);
    } else if args.html.is_none() {
        let chart = Chart { columns: ctx.ui.columns().unwrap_or(80), colour: ctx.ui.data_colour(), unicode: unicode() };
        ctx.ui.data(gantt(chart, run, &path, &comparison));
    }
    Ok(())
}

/// The run whose id begins so, or the last one that got as far as its stacks.
fn choose<'a>(runs: &'a [Run], asked: Option<&str>, environment: &str) -> Result<&'a Run, Problem> {
    let Some(newest) = runs.first() else {
        return Err(Problem::failed(format!("no deploy to `{environment}` was recorded on this machine"))
            .hint(format!("cargo xtask deploy --env {environment}")));
    };
    let Some(asked) = asked else { return Ok(runs.iter().find(|run| run.began()).unwrap_or(newest)) };
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::recorder::{Kind, Span};

    fn run(id: &str, kind: Kind) -> Run {
        Run {
            version: 1,
            id: id.into(),
            environment: "dev".into(),
            started: Timestamp::UNIX_EPOCH,
            millis: 1,
            ok: kind == Kind::Stack,
            spans: vec![Span { kind, ..Span::default() }],
        }
    }

    #[test]
    fn the_newest_run_that_reached_its_stacks_is_shown_and_any_by_its_id() {
        let runs = [run("3", Kind::Prepare), run("2", Kind::Stack), run("1", Kind::Stack)];
        assert_eq!(choose(&runs, None, "dev").unwrap().id, "2");
        assert_eq!(choose(&runs, Some("3"), "dev").unwrap().id, "3");
        assert_eq!(choose(&runs[..1], None, "dev").unwrap().id, "3");
        assert!(choose(&[], None, "dev").is_err() && choose(&runs, Some("4"), "dev").is_err());
    }
}
