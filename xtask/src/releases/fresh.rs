//! What a deploy takes from the artifact bucket though nothing may name it yet is made young, or a collection beside the
//! deploy would take it away.

use jiff::Timestamp;

use crate::aws::Aws;
use crate::aws::objects::{self, Head};
use crate::config::{Config, Retention};
use crate::error::Problem;

/// Puts bytes under a key that their SHA-256, in hex, is a part of, unless they are there already.
///
/// # Errors
/// Where AWS refuses, and where other bytes lie there: other environments' deploys write to the bucket, too.
pub async fn put(aws: &Aws, config: &Config, key: &str, (bytes, sha256): (Vec<u8>, &str)) -> anyhow::Result<()> {
    let bucket = config.artifact_bucket();
    if objects::put_absent(&aws.s3, (&bucket, key), (bytes, sha256), &[]).await? {
        return Ok(());
    }
    let Some(head) = objects::head(&aws.s3, &bucket, key).await? else { return Ok(()) };
    if objects::sha256(&aws.s3, &bucket, key, &head).await? != sha256 {
        return Err(Problem::failed(format!("`s3://{bucket}/{key}` has other bytes than its name says"))
            .hint("find out who wrote it, delete it, and run the same command again")
            .into());
    }
    keep(aws, config, key, head).await
}

/// Renews an object that a deploy found in the bucket, once half of the days that protect it are over.
pub async fn keep(aws: &Aws, config: &Config, key: &str, head: Head) -> anyhow::Result<()> {
    if is_due(head.written, config.app.releases, Timestamp::now()) {
        objects::renew(&aws.s3, &config.artifact_bucket(), key, head).await?;
    }
    Ok(())
}

fn is_due(written: i64, retention: Retention, now: Timestamp) -> bool {
    (now.as_second() - written) * 2 > i64::from(retention.days) * 24 * 3_600
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::copy_object::CopyObjectOutput;
    use aws_sdk_s3::types::MetadataDirective;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use std::collections::HashMap;

    const DAY: i64 = 24 * 3_600;

    #[test]
    fn an_object_is_renewed_once_half_of_its_days_are_over() {
        let now = Timestamp::from_second(100 * DAY).unwrap();
        let due = |age: i64| is_due(100 * DAY - age, Retention { keep: 1, days: 30 }, now);
        assert!(!due(0) && !due(15 * DAY) && due(15 * DAY + 1) && due(99 * DAY));
    }

    #[tokio::test]
    async fn renewing_keeps_what_is_noted_beside_the_bytes() {
        let copy = mock!(Client::copy_object)
            .match_requests(|call| {
                let noted = call.metadata().and_then(|all| all.get("toolchain")).map(String::as_str);
                let source = call.copy_source().is_some_and(|source| source.ends_with("/code/a.zip"));
                noted == Some("1") && source && call.metadata_directive() == Some(&MetadataDirective::Replace)
            })
            .then_output(|| CopyObjectOutput::builder().build());
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("local")).unwrap();
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&copy]);
        let aws = Aws { s3, ..Aws::connect(&config.env).await };
        let head =
            |written| Head { written, sha256: None, metadata: HashMap::from([("toolchain".into(), "1".into())]) };
        keep(&aws, &config, "code/a.zip", head(Timestamp::now().as_second())).await.unwrap();
        assert_eq!(copy.num_calls(), 0);
        keep(&aws, &config, "code/a.zip", head(0)).await.unwrap();
        assert_eq!(copy.num_calls(), 1);
    }
}
