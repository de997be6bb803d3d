//! The records of an environment in its artifact bucket: `releases/<account>/<region>/<environment>/<id>.json`.
//!
//! The listing is the history and its last entry is in force, so that there is no pointer that could disagree. An id is
//! claimed by a put that S3 refuses where it is taken: of two deploys at once one wins, and the other adds to its record.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use super::record::{Record, Release};
use crate::aws::buckets::{self, DELETE_BATCH, When};
use crate::config::Config;
use crate::error::Problem;

/// Where the records of every environment begin.
pub(super) const ROOT: &str = "releases/";
/// Ids that others may take before a person should look.
const ATTEMPTS: u32 = 20;

/// The records of one environment.
#[derive(Clone, Debug)]
pub struct Ledger {
    client: Client,
    /// The artifact bucket.
    pub bucket: String,
    prefix: String,
}

impl Ledger {
    /// The records of the configuration's environment.
    #[must_use]
    pub fn of(client: &Client, config: &Config) -> Self {
        Self { client: client.clone(), bucket: config.artifact_bucket(), prefix: Self::prefix(config) }
    }

    /// What the keys of an environment's records begin with.
    #[must_use]
    pub fn prefix(config: &Config) -> String {
        format!("{ROOT}{}/{}/{}/", config.env.account(), config.env.region, config.env.name)
    }

    /// The ids, in order. None where the bucket is not there yet.
    pub async fn ids(&self) -> anyhow::Result<Vec<u64>> {
        let keys = buckets::list_under(&self.client, &self.bucket, &self.prefix).await?;
        let mut ids: Vec<u64> = keys.keys().filter_map(|key| id_of(key.strip_prefix(&self.prefix)?)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// The release in force, if there is any.
    pub async fn newest(&self) -> anyhow::Result<Option<Release>> {
        match self.ids().await?.last() {
            Some(id) => self.read(*id).await,
            None => Ok(None),
        }
    }

    /// One release; `None` where there is none of this id.
    pub async fn read(&self, id: u64) -> anyhow::Result<Option<Release>> {
        let key = self.key(id);
        let found = buckets::get(&self.client, &self.bucket, &key).await?;
        Ok(found.map(|(bytes, _)| Release::parse(&bytes, &key)).transpose()?)
    }

    /// The newest releases by id, up to `most`.
    pub async fn history(&self, most: usize) -> anyhow::Result<BTreeMap<u64, Release>> {
        let ids = self.ids().await?;
        let mut tasks = tokio::task::JoinSet::new();
        for id in ids.into_iter().rev().take(most) {
            let ledger = self.clone();
            tasks.spawn(async move { ledger.read(id).await });
        }
        let mut history = BTreeMap::new();
        while let Some(read) = tasks.join_next().await {
            // One that is collected while we read is not there.
            history.extend(read??.map(|release| (release.id, release)));
        }
        Ok(history)
    }

    /// Writes the next release after the newest one that is known. `next` makes it from its id and from what is in force, or says
    /// that nothing is to be added; it is asked again where another deploy took the id.
    pub async fn add(
        &self,
        mut before: Option<Release>,
        next: impl Fn(u64, Option<&Release>) -> Option<Release>,
    ) -> anyhow::Result<Option<Release>> {
        for attempt in 0..ATTEMPTS {
            let id = before.as_ref().map_or(1, |release| release.id + 1);
            match next(id, before.as_ref()) {
                Some(release) if self.claim(&release).await? => return Ok(Some(release)),
                // Of what is known from a while ago, that nothing is to be added proves nothing.
                None if attempt > 0 => return Ok(None),
                _ => before = self.newest().await?,
            }
        }
        Err(Problem::failed(format!("{ATTEMPTS} releases were made beside this one"))
            .hint("run the same command again when fewer deploys are at work")
            .into())
    }

    /// Deletes every record: of an environment that has gone.
    pub async fn forget(&self) -> anyhow::Result<()> {
        let keys = buckets::list_under(&self.client, &self.bucket, &self.prefix).await?;
        let keys: Vec<String> = keys.into_keys().collect();
        for batch in keys.chunks(DELETE_BATCH) {
            buckets::delete(&self.client, &self.bucket, buckets::identifiers(batch)).await?;
        }
        Ok(())
    }

    /// Whether any release was one of a protected environment.
    pub async fn ever_protected(&self) -> anyhow::Result<bool> {
        let history = self.history(usize::MAX).await?;
        let protected = |record: &Record| record.literals.get("protected") == Some(&serde_json::Value::Bool(true));
        Ok(history.values().flat_map(|release| release.services.values()).any(protected))
    }

    async fn claim(&self, release: &Release) -> anyhow::Result<bool> {
        let (key, bytes) = (self.key(release.id), release.bytes()?);
        let body = ByteStream::from(bytes.clone());
        let put = self.client.put_object().bucket(&self.bucket).key(&key).body(body).content_type("application/json");
        let context = || format!("cannot write `s3://{}/{key}`", self.bucket);
        if buckets::put_when(put, &When::Absent).await.with_context(context)?.is_some() {
            return Ok(true);
        }
        // A put whose answer got lost is repeated by the SDK and then meets itself.
        let found = buckets::get(&self.client, &self.bucket, &key).await?;
        Ok(found.is_some_and(|(there, _)| there == bytes))
    }

    fn key(&self, id: u64) -> String {
        format!("{}{id:06}.json", self.prefix)
    }
}

/// The id in a record's file name.
pub(super) fn id_of(name: &str) -> Option<u64> {
    name.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::release;
    use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
    use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
    use aws_sdk_s3::types::Object;
    use aws_sdk_s3::types::error::NoSuchKey;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    fn listing(ids: &'static [u64]) -> Rule {
        mock!(Client::list_objects_v2).match_requests(|call| call.prefix() == Some("releases/1/r/dev/")).then_output(
            move || {
                let objects =
                    ids.iter().map(|id| Object::builder().key(format!("releases/1/r/dev/{id:06}.json")).build());
                ListObjectsV2Output::builder().set_contents(Some(objects.collect())).build()
            },
        )
    }

    fn stored(release: Release) -> Rule {
        let key = format!("releases/1/r/dev/{:06}.json", release.id);
        mock!(Client::get_object)
            .match_requests(move |call| call.key() == Some(&key))
            .then_output(move || GetObjectOutput::builder().body(ByteStream::from(release.bytes().unwrap())).build())
    }

    fn put(id: u64) -> Rule {
        let key = format!("releases/1/r/dev/{id:06}.json");
        mock!(Client::put_object)
            .match_requests(move |call| call.key() == Some(&key) && call.if_none_match() == Some("*"))
            .then_output(|| PutObjectOutput::builder().e_tag("e").build())
    }

    fn lost() -> Rule {
        mock!(Client::put_object)
            .match_requests(|call| call.if_none_match() == Some("*"))
            .then_error(|| PutObjectError::generic(ErrorMetadata::builder().code("PreconditionFailed").build()))
    }

    fn add(rules: &[&Rule]) -> anyhow::Result<Option<Release>> {
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules);
        let ledger = Ledger { client, bucket: "b".into(), prefix: "releases/1/r/dev/".into() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let next = |id, before: Option<&Release>| {
                let mut next = before.cloned().unwrap_or_else(|| release(id));
                next.id = id;
                Some(next.with("ours", "1"))
            };
            ledger.add(ledger.newest().await?, next).await
        })
    }

    #[test]
    fn the_first_release_is_number_one_and_the_put_is_conditional() {
        assert_eq!(add(&[&listing(&[]), &put(1)]).unwrap().unwrap().id, 1);
    }

    #[test]
    fn of_two_deploys_at_once_the_second_adds_to_what_the_first_left() {
        let theirs = release(8).with("theirs", "2");
        let rules = [
            listing(&[7]),
            stored(release(7)),
            lost(),
            stored(theirs.clone()),
            listing(&[7, 8]),
            stored(theirs),
            put(9),
        ];
        let rules: Vec<&Rule> = rules.iter().collect();
        let added = add(&rules).unwrap().unwrap();
        assert_eq!(added.id, 9);
        assert_eq!(added.services.keys().collect::<Vec<_>>(), ["ours", "theirs"]);
    }

    #[test]
    fn that_nothing_is_to_be_added_is_said_of_the_newest_release_and_not_of_one_that_was_known() {
        let rules = [listing(&[7, 8]), stored(release(8)), put(9)];
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, [&rules[0], &rules[1], &rules[2]]);
        let ledger = Ledger { client, bucket: "b".into(), prefix: "releases/1/r/dev/".into() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let next = |id, before: Option<&Release>| (before?.id == 8).then(|| release(id));
        assert_eq!(runtime.block_on(ledger.add(Some(release(7)), next)).unwrap().unwrap().id, 9);
    }

    #[test]
    fn a_put_whose_answer_got_lost_is_not_repeated_under_another_id() {
        let ours = release(1).with("ours", "1");
        assert_eq!(add(&[&listing(&[]), &lost(), &stored(ours)]).unwrap().unwrap().id, 1);
    }

    #[test]
    fn a_record_that_was_collected_meanwhile_is_not_there() {
        let gone = mock!(Client::get_object).then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().build()));
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&listing(&[3]), &gone]);
        let ledger = Ledger { client, bucket: "b".into(), prefix: "releases/1/r/dev/".into() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert!(runtime.block_on(ledger.history(5)).unwrap().is_empty());
    }

    #[test]
    fn what_was_protected_once_is_known_as_long_as_there_are_releases() {
        let ever = |release: Release| {
            let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&listing(&[3]), &stored(release)]);
            let ledger = Ledger { client, bucket: "b".into(), prefix: "releases/1/r/dev/".into() };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(ledger.ever_protected()).unwrap()
        };
        let mut guarded = release(3).with("orders", "1");
        assert!(!ever(guarded.clone()));
        for record in guarded.services.values_mut() {
            record.literals.insert("protected".into(), true.into());
        }
        assert!(ever(guarded));
    }

    #[test]
    fn only_numbers_are_records() {
        assert_eq!(id_of("000012.json"), Some(12));
        assert_eq!(id_of("1234567.json"), Some(1_234_567));
        assert_eq!((id_of("note.txt"), id_of("x/000001.json")), (None, None));
    }

    #[test]
    fn nothing_that_is_kept_of_an_environment_is_taken_for_that_of_another_account_or_region() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let dev = Config::load(&root, Some("dev")).unwrap();
        let mut all = vec![dev.clone(), dev.clone(), dev.clone()];
        all[1].env.target = crate::config::Target::Account("222222222222".into());
        all[2].env.region = "eu-west-1".into();
        let mut seen = std::collections::BTreeSet::new();
        for config in &all {
            let aws = aws_sdk_s3::Config::builder().behavior_version_latest().build();
            let ledger = Ledger::of(&Client::from_conf(aws), config);
            // Code, sites, sources, templates and the ledger of hotswaps have their place in the bucket.
            assert!(seen.insert(config.artifact_bucket()), "artifacts");
            assert!(seen.insert(ledger.key(1)), "releases");
            assert!(seen.insert(format!("{:?}", crate::recorder::Store::of(config))), "recorded runs");
        }
    }
}
