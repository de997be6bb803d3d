//! The ledger in the artifact bucket: one GET reads it, a conditional PUT writes it, so that two hotswaps at once lose
//! nothing of each other.

use anyhow::Context;
use aws_sdk_s3::primitives::ByteStream;

use super::Ledger;
use crate::aws::buckets::{self, When};
use crate::aws::{Aws, objects};
use crate::config::Config;
use crate::error::Problem;

/// Writers that may be faster before a person should look.
const ATTEMPTS: u32 = 10;

/// The environment's ledger; empty where nothing was ever hotswapped.
pub async fn read(aws: &Aws, config: &Config) -> anyhow::Result<Ledger> {
    Ok(read_with_etag(aws, config).await?.0)
}

/// Deletes the ledger of an environment that has no functions any more.
pub async fn forget(aws: &Aws, config: &Config) -> anyhow::Result<()> {
    objects::delete(&aws.s3, &config.artifact_bucket(), &Ledger::key(config), None).await.map(drop)
}

/// Reads, changes and writes the ledger; nothing is written where nothing changes.
pub(super) async fn update(aws: &Aws, config: &Config, change: impl Fn(&mut Ledger)) -> anyhow::Result<()> {
    let (bucket, key) = (config.artifact_bucket(), Ledger::key(config));
    for _ in 0..ATTEMPTS {
        let (before, etag) = read_with_etag(aws, config).await?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        if after.functions.is_empty() {
            if objects::delete(&aws.s3, &bucket, &key, etag.as_deref()).await? {
                return Ok(());
            }
            continue;
        }
        let body = ByteStream::from((serde_json::to_string_pretty(&after)? + "\n").into_bytes());
        let put = aws.s3.put_object().bucket(&bucket).key(&key).content_type("application/json").body(body);
        let when = etag.map_or(When::Absent, When::Etag);
        let written = buckets::put_when(put, &when).await;
        if written.with_context(|| format!("cannot write `s3://{bucket}/{key}`"))?.is_some() {
            return Ok(());
        }
    }
    Err(Problem::failed(format!("`s3://{bucket}/{key}` changed under our hands {ATTEMPTS} times"))
        .hint("other hotswaps of this environment are at work; wait for their end and run this again")
        .into())
}

async fn read_with_etag(aws: &Aws, config: &Config) -> anyhow::Result<(Ledger, Option<String>)> {
    let (bucket, key) = (config.artifact_bucket(), Ledger::key(config));
    let Some((bytes, etag)) = buckets::get(&aws.s3, &bucket, &key).await? else { return Ok((Ledger::default(), None)) };
    let ledger = serde_json::from_slice(&bytes).map_err(|error| {
        let problem = Problem::failed(format!("cannot read `s3://{bucket}/{key}`"));
        let hint = "it lists the functions whose code was put in place directly; look at it, then delete or mend it";
        anyhow::Error::from(error).context(problem.hint(hint))
    })?;
    Ok((ledger, Some(etag)))
}
