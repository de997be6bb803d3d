//! Deletes what `collect` lets go. Records first: no record ever names what is gone already.

use std::collections::BTreeMap;

use anyhow::Context;
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::collect::{Collected, PREFIXES, Stock, collect};
use super::ledger::{ROOT, id_of};
use super::record::Release;
use crate::aws::buckets::{self, DELETE_BATCH};
use crate::aws::{Aws, is_denied, stacks};
use crate::build;
use crate::config::{Config, Retention};
use crate::error::Problem;
use crate::hotswap;

/// What may go from the artifact bucket of the configuration's account and region, whichever environment left it.
///
/// # Errors
/// A record that cannot be read stops it: what it names is not known.
pub async fn look(aws: &Aws, config: &Config, retention: Retention) -> anyhow::Result<Collected> {
    let bucket = config.artifact_bucket();
    let mut stock = Stock::default();
    let links = config.env.endpoint().map(|_| build::LINKS);
    for prefix in PREFIXES.into_iter().chain(links) {
        let found = buckets::list_under(&aws.s3, &bucket, prefix).await?;
        for (key, at) in found {
            let at = Timestamp::from_second(at.secs()).with_context(|| format!("`{key}` has no time"))?;
            stock.objects.insert(key, at);
        }
    }
    // After the objects: a release that is made meanwhile is read, and what it brought is young.
    let root = root(config);
    let mut tasks = JoinSet::new();
    for key in buckets::list_under(&aws.s3, &bucket, &root).await?.into_keys() {
        let place = key.strip_prefix(&root).and_then(|rest| rest.split_once('/'));
        let Some((environment, id)) = place.and_then(|(name, file)| Some((name.to_owned(), id_of(file)?))) else {
            continue;
        };
        let (client, bucket) = (aws.s3.clone(), bucket.clone());
        tasks.spawn(async move {
            let found = buckets::get(&client, &bucket, &key).await?;
            let release = found.map(|(bytes, _)| Release::parse(&bytes, &key)).transpose()?;
            anyhow::Ok((environment, id, release))
        });
    }
    while let Some(read) = tasks.join_next().await {
        let (environment, id, release) = read??;
        let all: &mut BTreeMap<u64, Release> = stock.releases.entry(environment).or_default();
        all.extend(release.map(|release| (id, release)));
    }
    in_use(aws, config, &mut stock).await?;
    Ok(collect(&stock, retention, Timestamp::now()))
}

/// What live stacks and hotswapped functions name.
async fn in_use(aws: &Aws, config: &Config, stock: &mut Stock) -> anyhow::Result<()> {
    let own = stacks::all(&aws.cloudformation).await?.into_values();
    for live in own.filter(|live| live.tags.get("app") == Some(&config.app.app)) {
        stock.live.extend(live.tags.get("environment").cloned());
        stock.used.extend(live.parameters.get("CodeKey").cloned());
    }
    for environment in stock.live.clone() {
        let mut other = config.clone();
        other.env.name = environment;
        let ledger = hotswap::read(aws, &other).await?;
        stock.used.extend(ledger.functions.into_values().map(|swap| swap.code));
    }
    Ok(())
}

/// Deletes it.
pub async fn delete(aws: &Aws, config: &Config, collected: &Collected) -> anyhow::Result<()> {
    let (bucket, root) = (config.artifact_bucket(), root(config));
    let records = collected.releases.iter().map(|(environment, id)| format!("{root}{environment}/{id:06}.json"));
    let keys: Vec<String> = records.chain(collected.objects.iter().cloned()).collect();
    for batch in keys.chunks(DELETE_BATCH) {
        buckets::delete(&aws.s3, &bucket, buckets::identifiers(batch)).await.map_err(with_a_way_out)?;
    }
    Ok(())
}

/// No role of CI may delete what other environments run.
fn with_a_way_out(error: anyhow::Error) -> anyhow::Error {
    if !is_denied(&error) {
        return error;
    }
    let hint =
        "prune with credentials of your own: no role of CI may, since others run what lies there (docs/releases.md)";
    error.context(Problem::failed("these credentials may not prune").hint(hint))
}

fn root(config: &Config) -> String {
    format!("{ROOT}{}/{}/", config.env.account(), config.env.region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    /// What becomes of a collection whose objects S3 keeps, each for this reason.
    async fn kept(code: &'static str) -> anyhow::Error {
        let delete = mock!(Client::delete_objects).then_output(move || {
            let error = aws_sdk_s3::types::Error::builder().key("code/a/1.zip").code(code).message("no").build();
            DeleteObjectsOutput::builder().errors(error.clone()).errors(error).build()
        });
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("local")).unwrap();
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&delete]);
        let aws = Aws { s3, ..Aws::connect(&config.env).await };
        let collected =
            Collected { objects: vec!["code/a/1.zip".into(), "code/a/2.zip".into()], ..Collected::default() };
        super::delete(&aws, &config, &collected).await.unwrap_err()
    }

    #[tokio::test]
    async fn who_may_not_prune_is_told_who_may_and_other_failures_stay_as_they_are() {
        let denied = format!("{:#}", kept("AccessDenied").await);
        assert!(denied.starts_with("these credentials may not prune: cannot delete from `s3://"), "{denied}");
        assert!(denied.ends_with("`code/a/1.zip`, and 1 more: AccessDenied: no"), "{denied}");
        let failed = format!("{:#}", kept("InternalError").await);
        assert!(failed.starts_with("cannot delete from `s3://") && failed.contains("InternalError"), "{failed}");
    }
}
