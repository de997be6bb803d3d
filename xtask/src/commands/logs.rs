//! `logs`: what the functions of an environment log, merged by time; with `--follow` until Ctrl-C.

use jiff::Timestamp;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::LogsArgs;
use crate::config::{Config, Span};
use crate::error::Problem;
use crate::logs::{Look, Source, Tail, is_platform, json, line, sources};
use crate::ui::{Ui, wrap};

pub(super) async fn run(args: LogsArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let sources = sources(&config.app, &config.prefix(), &args.service, &args.function)?;
    let since = args.since.parse::<Span>().map_err(|error| Problem::usage(format!("`--since`: {error}")))?;
    let from = begin(Timestamp::now().as_millisecond(), since)?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let tail = Tail::new(aws.logs, sources, from, args.filter, config.env.endpoint().is_some());
    let printer = Printer::new(&ctx.ui, &tail, args.json);
    if !args.follow {
        return print_all(tail, printer, &args.since).await;
    }
    tokio::select! {
        outcome = follow(tail, printer) => outcome,
        // Whoever has read enough is done, not failed.
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Prints what the functions of services, or of all, log from now on; ends where nobody reads or AWS answers no more.
pub(super) async fn stream(ui: &Ui, config: &Config, services: &[String]) -> anyhow::Result<()> {
    let sources = sources(&config.app, &config.prefix(), services, &[])?;
    let aws = Aws::connect(&config.env).await;
    let from = Timestamp::now().as_millisecond();
    let tail = Tail::new(aws.logs, sources, from, None, config.env.endpoint().is_some());
    // Among a watch's own lines, three more about each call would bury what the function says.
    let printer = Printer { terse: true, ..Printer::new(ui, &tail, false) };
    follow(tail, printer).await
}

async fn print_all(mut tail: Tail, printer: Printer, since: &str) -> anyhow::Result<()> {
    let spinner = printer.ui.spinner(format!("reading {} log groups", tail.sources().len()));
    let mut count = 0_u64;
    let outcome = tail.round(|source, entry| {
        count += 1;
        printer.print(source, entry)
    });
    outcome.await?;
    drop(spinner);
    if count == 0 {
        let text = format!("no events in the last {since}: `--since 1d` looks further back, `--follow` waits for them");
        printer.ui.say(text);
    }
    Ok(())
}

/// Ends where the reader has gone, or where too many rounds have failed.
async fn follow(mut tail: Tail, printer: Printer) -> anyhow::Result<()> {
    let mut read = true;
    loop {
        let outcome = tail.round(|source, entry| {
            read = printer.print(source, entry);
            read
        });
        let outcome = outcome.await;
        if !read {
            return Ok(());
        }
        if let Some(error) = tail.tolerate(outcome)? {
            printer.ui.warn(format!("{error:#}; trying again"));
        }
        tail.pause().await;
    }
}

/// Prints events in the form asked for.
struct Printer {
    ui: Ui,
    look: Look,
    json: bool,
    /// Whether Lambda's own words are left out.
    terse: bool,
    sources: Vec<Source>,
}

impl Printer {
    fn new(ui: &Ui, tail: &Tail, json: bool) -> Self {
        let sources = tail.sources().to_vec();
        let width = sources.iter().map(|source| source.label.chars().count()).max().unwrap_or_default();
        Self { ui: ui.clone(), look: Look { colour: ui.data_colour(), width }, json, terse: false, sources }
    }

    /// `false` where nobody reads any more.
    fn print(&self, number: usize, entry: &crate::aws::logs::Entry) -> bool {
        if self.terse && is_platform(entry) {
            return true;
        }
        let Source { label, group } = &self.sources[number];
        if self.json {
            return self.ui.data_to_reader(json(label, group, entry));
        }
        let text = line(self.look, number, label, entry);
        self.ui.data_to_reader(match self.ui.columns() {
            Some(columns) => wrap(&text, columns, self.look.text()),
            None => text,
        })
    }
}

/// Milliseconds since 1970.
fn begin(now: i64, since: Span) -> Result<i64, Problem> {
    let back = i64::try_from(since.seconds()).ok().and_then(|seconds| seconds.checked_mul(1000));
    back.and_then(|back| now.checked_sub(back)).filter(|from| *from >= 0).ok_or_else(|| {
        Problem::usage("`--since` goes back beyond 1970: nothing was logged then").hint("such as `--since 30d`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reaches_back_to_1970_and_no_further() {
        assert_eq!(begin(1_000_000, Span::minutes(1)).unwrap(), 940_000);
        assert_eq!(begin(60_000, Span::minutes(1)).unwrap(), 0);
        for minutes in [2, u64::MAX / 60] {
            assert!(begin(60_000, Span::minutes(minutes)).unwrap_err().to_string().contains("1970"));
        }
    }
}
