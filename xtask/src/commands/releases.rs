//! `releases`: what deploys left in an environment, newest first; `releases prune`: what nobody needs goes.

use serde_json::{Value, json};

use super::Ctx;
use crate::aws::Aws;
use crate::cli::{PruneArgs, ReleasesArgs, ReleasesCommand};
use crate::config::Retention;
use crate::error::Problem;
use crate::releases::collect::Collected;
use crate::releases::{self, Ledger, known_services, show};
use crate::ui::wrap;

/// Records read for a list of one service: its releases may lie far apart.
const LOOKED_AT: usize = 500;

/// Where a row that is broken goes on: under the time.
const CONTINUED: usize = 6;

pub(super) async fn run(args: ReleasesArgs, ctx: &Ctx) -> anyhow::Result<()> {
    if let Some(ReleasesCommand::Prune(args)) = args.command {
        return prune(args, ctx).await;
    }
    let config = ctx.config(&args.env)?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let limit = usize::try_from(args.limit)?;
    let ledger = Ledger::of(&aws.s3, &config);
    let history = ledger.history(if args.service.is_empty() { limit } else { LOOKED_AT }).await?;
    let Some(newest) = history.values().next_back() else {
        return Err(Problem::failed(format!("environment `{}` has no releases", config.env.name))
            .hint(format!("a deploy leaves one: cargo xtask deploy --env {}", config.env.name))
            .into());
    };
    known_services(newest, &args.service)?;
    let asked = |name: &str| args.service.is_empty() || args.service.iter().any(|one| one == name);
    let shown = history.values().rev().filter(|release| release.touched().any(|(name, _)| asked(name))).take(limit);
    if args.json {
        let all: Result<Vec<Value>, _> = shown
            .map(|release| {
                let mut value = serde_json::to_value(release)?;
                value["inForce"] = json!(release.id == newest.id);
                serde_json::Result::Ok(value)
            })
            .collect();
        ctx.ui.data(serde_json::to_string_pretty(&all?)?);
        return Ok(());
    }
    let columns = ctx.ui.columns();
    ctx.ui.data(row(show::HEADER, columns));
    for release in shown {
        ctx.ui.data(row(&show::line(release, release.id == newest.id), columns));
    }
    Ok(())
}

/// A row of the list, broken between words where a terminal is narrower; anywhere else a release is one line.
fn row(line: &str, columns: Option<usize>) -> String {
    columns.map_or_else(|| line.to_owned(), |columns| wrap(line, columns, CONTINUED))
}

async fn prune(args: PruneArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    let aws = Aws::connect(&config.env).await;
    aws.identify(&config.env).await?;
    let usual = config.app.releases;
    let retention = Retention { keep: args.keep.unwrap_or(usual.keep), days: args.days.unwrap_or(usual.days) };
    let mut found = releases::prune::look(&aws, &config, retention).await?;
    let bucket = config.artifact_bucket();
    let delete = !args.dry_run && !found.is_empty();
    let count = |found: &Collected| {
        format!("{} releases and {} objects in `{bucket}`", found.releases.len(), found.objects.len())
    };
    if !args.json {
        for (environment, id) in &found.releases {
            ctx.ui.data(format!("release {environment} {id}"));
        }
        for key in &found.objects {
            ctx.ui.data(format!("object {key}"));
        }
    }
    if delete {
        let question = format!("Delete {}, used by no live environment and no release that is kept", count(&found));
        ctx.ui.confirm(&question, "yes")?;
        // Somebody may have thought about it for long.
        found = found.still(&releases::prune::look(&aws, &config, retention).await?);
        releases::prune::delete(&aws, &config, &found).await?;
    }
    if args.json {
        let (releases, objects) = (&found.releases, &found.objects);
        let releases: Vec<Value> = releases.iter().map(|(name, id)| json!({"environment": name, "id": id})).collect();
        let all = json!({"deleted": delete, "releases": releases, "objects": objects});
        ctx.ui.data(serde_json::to_string_pretty(&all)?);
    }
    let verb = if delete { "Deleted" } else { "Found" };
    ctx.ui.step(verb, if found.is_empty() { format!("nothing to delete in `{bucket}`") } else { count(&found) });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::release;

    #[test]
    fn the_list_is_broken_between_words_on_a_narrow_terminal_and_nowhere_else() {
        let many = release(12).with("orders", "a").with("mail", "a").with("web", "a").keep(3, "users", "b");
        let line = show::line(&many, true);
        let shown = |columns| format!("{}\n{}", row(show::HEADER, columns), row(&line, columns));
        assert_eq!(shown(None), format!("{}\n{line}", show::HEADER));
        for columns in [40, 50, 60, 80] {
            let shown = shown(Some(columns));
            assert!(shown.lines().all(|line| line.chars().count() <= columns), "{columns}: {shown}");
            assert!(
                shown
                    .split_whitespace()
                    .eq(self::row(show::HEADER, None).split_whitespace().chain(line.split_whitespace()))
            );
        }
        insta::assert_snapshot!(shown(Some(40)), @r"
          ID  WHEN (UTC)        BY
              COMMIT         WHAT
        * 12  1970-01-01 12:00  ann
              0123456        deploy: mail,
              orders, web
        ");
    }
}
