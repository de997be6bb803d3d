//! `keys list`: which keys there are, and what each is for.

use serde::Serialize;

use super::{Seen, look, select};
use crate::aws::Aws;
use crate::cli::KeysListArgs;
use crate::commands::Ctx;
use crate::keys::{By, Needed, Public, Version};

/// One key pair; printed by `--json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    service: String,
    key: String,
    #[serde(flatten)]
    public: Public,
    version: String,
    created: String,
    state: &'static str,
    /// Whether the stack signs with it.
    signs: bool,
    /// When a previous key is no longer needed, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

pub(super) async fn run(args: KeysListArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let wanted = select(&config, None, None)?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let rows: Vec<Row> = look(&aws, &config, &wanted, By::Tags).await?.iter().flat_map(rows).collect();
    if args.json {
        ctx.ui.data(serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    if rows.is_empty() {
        ctx.ui.say(format!("environment `{}` has no keys", config.env.name));
    }
    for row in rows {
        ctx.ui.data(format!("{}.{} {} {} {}", row.service, row.key, row.public.fingerprint, row.created, words(&row)));
    }
    Ok(())
}

fn rows(seen: &Seen) -> Vec<Row> {
    let row = |version: &Version, state, until| Row {
        service: seen.named.service.clone(),
        key: seen.named.key.clone(),
        public: version.public.clone(),
        version: version.id.clone(),
        created: version.created.to_string(),
        state,
        signs: seen.live.as_deref() == Some(&version.id),
        until,
    };
    let until = match seen.needed {
        Needed::Until(end) => Some(end.to_string()),
        Needed::No | Needed::Open => None,
    };
    let previous_state = if seen.needed == Needed::No { "expired" } else { "previous" };
    let current = row(&seen.secret.current, "current", None);
    let pending = seen.secret.pending.as_ref().map(|version| row(version, "pending", None));
    let previous = seen.secret.previous.as_ref().map(|version| row(version, previous_state, until));
    [Some(current), pending, previous].into_iter().flatten().collect()
}

fn words(row: &Row) -> String {
    match (row.state, &row.until) {
        ("previous", Some(end)) => format!("previous until {end}"),
        ("previous", None) => "previous, until the stack is deployed".to_owned(),
        ("expired", _) => "previous, goes with the next deploy".to_owned(),
        ("current", _) if !row.signs => "current, signs from the next deploy on".to_owned(),
        (state, _) => state.to_owned(),
    }
}
