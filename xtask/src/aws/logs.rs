//! CloudWatch Logs: one page of a log group's events. Calls only; `crate::logs` merges and follows.

use anyhow::Context;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;

use super::explain;
use crate::digest;
use crate::error::Problem;

/// One event of a log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Unique in its group, the same each time that the event is read.
    pub id: String,
    /// Milliseconds since 1970, as the function told it.
    pub at: i64,
    /// The text, without the line feed at its end.
    pub message: String,
}

/// What one call gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Events in the order of time; may be empty although there are more.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` where this is the last.
    pub next: Option<String>,
}

/// What is read of a log group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The group's name.
    pub group: String,
    /// Milliseconds since 1970: the first that are read.
    pub from: i64,
    /// A filter pattern of CloudWatch Logs (its User Guide, "Filter pattern syntax").
    pub filter: Option<String>,
    /// The next page of an earlier call.
    pub token: Option<String>,
}

/// A page of a group's events, at most 1 MB or 10,000 of them (API reference, `FilterLogEvents`). A group that is not
/// there has none: a function that never ran may have no group yet.
///
/// # Errors
/// A wrong command line where the filter is refused, else a failure.
pub async fn page(client: &Client, query: &Query) -> anyhow::Result<Page> {
    let call = client.filter_log_events().log_group_name(&query.group).start_time(query.from);
    let call = call.set_filter_pattern(query.filter.clone()).set_next_token(query.token.clone());
    match call.send().await {
        Ok(answer) => Ok(Page {
            entries: answer.events().iter().map(convert).collect(),
            next: answer.next_token().map(str::to_owned),
        }),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Page::default()),
        Err(error) if error.code() == Some("InvalidParameterException") && query.filter.is_some() => {
            let filter = query.filter.as_deref().unwrap_or_default();
            let problem = Problem::usage(format!("CloudWatch Logs refuses the filter `{filter}`"));
            let hint =
                "quote what is no plain word, such as --filter '\"GET /\"'; JSON members: --filter '{$.status = 500}'";
            Err(explain(error).context(problem.hint(hint)))
        }
        Err(error) => Err(explain(error)).with_context(|| format!("cannot read log group `{}`", query.group)),
    }
}

/// The region's log groups that have this in their name.
pub async fn groups(client: &Client, part: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pages = client.describe_log_groups().log_group_name_pattern(part).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the log groups")?;
        let names = page.log_groups().iter().filter_map(|group| group.log_group_name());
        found.extend(names.filter(|name| name.contains(part)).map(str::to_owned));
    }
    Ok(found)
}

/// Deletes a log group; one that has gone already is as good.
pub async fn delete_group(client: &Client, name: &str) -> anyhow::Result<()> {
    match client.delete_log_group().log_group_name(name).send().await {
        Err(error) if error.code() != Some("ResourceNotFoundException") => {
            Err(explain(error)).with_context(|| format!("cannot delete the log group `{name}`"))
        }
        _ => Ok(()),
    }
}

fn convert(event: &FilteredLogEvent) -> Entry {
    let message = event.message().unwrap_or_default();
    // The emulator names no events: there, what a stream says in the same words at the same time is one.
    let words = || digest::start(format!("{}\0{message}", event.log_stream_name().unwrap_or_default()), 16);
    Entry {
        id: event.event_id().map_or_else(words, str::to_owned),
        at: event.timestamp().unwrap_or_default(),
        message: message.trim_end().to_owned(),
    }
}
