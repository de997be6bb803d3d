//! The records in the artifact bucket: `environments/<account>/<region>/<name>.json`.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use super::record::Record;
use crate::aws::buckets::{self, When};
use crate::aws::objects;
use crate::config::Config;

/// Where the records of an account and region are.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) client: Client,
    pub(super) bucket: String,
    pub(super) prefix: String,
}

impl Store {
    /// The records beside the configuration's environment.
    #[must_use]
    pub fn of(client: &Client, config: &Config) -> Self {
        Self { client: client.clone(), bucket: config.artifact_bucket(), prefix: Self::prefix(config) }
    }

    /// What the keys of the records beside an environment begin with.
    #[must_use]
    pub fn prefix(config: &Config) -> String {
        format!("environments/{}/{}/", config.env.account(), config.env.region)
    }

    /// An environment's record and its `ETag`; `None` where there is none, or no bucket.
    pub async fn read(&self, environment: &str) -> anyhow::Result<Option<(Record, String)>> {
        let key = self.key(environment);
        let Some((bytes, etag)) = buckets::get(&self.client, &self.bucket, &key).await? else { return Ok(None) };
        Ok(Some((Record::parse(&bytes, &key)?, etag)))
    }

    /// Every record with its `ETag`, by environment.
    pub async fn all(&self) -> anyhow::Result<BTreeMap<String, (Record, String)>> {
        let mut found = BTreeMap::new();
        for key in buckets::list_under(&self.client, &self.bucket, &self.prefix).await?.into_keys() {
            let name = key.strip_prefix(&self.prefix).and_then(|file| file.strip_suffix(".json"));
            if let Some(name) = name
                && let Some(read) = self.read(name).await?
            {
                found.insert(name.to_owned(), read);
            }
        }
        Ok(found)
    }

    /// Writes a record if the condition holds; `false` where it does not.
    pub(super) async fn write(&self, record: &Record, when: &When) -> anyhow::Result<bool> {
        let key = self.key(&record.environment);
        let bytes = (serde_json::to_string_pretty(record)? + "\n").into_bytes();
        let put = self.client.put_object().bucket(&self.bucket).key(&key).content_type("application/json");
        let put = put.body(ByteStream::from(bytes.clone()));
        let written = buckets::put_when(put, when).await;
        if written.with_context(|| format!("cannot write `s3://{}/{key}`", self.bucket))?.is_some() {
            return Ok(true);
        }
        // A put whose answer got lost is repeated by the SDK and then meets itself.
        let found = buckets::get(&self.client, &self.bucket, &key).await?;
        Ok(found.is_some_and(|(there, _)| there == bytes))
    }

    /// Deletes a record that has not changed since; `false` where it has.
    pub(super) async fn delete(&self, environment: &str, etag: &str) -> anyhow::Result<bool> {
        objects::delete(&self.client, &self.bucket, &self.key(environment), Some(etag)).await
    }

    fn key(&self, environment: &str) -> String {
        format!("{}{environment}.json", self.prefix)
    }
}
