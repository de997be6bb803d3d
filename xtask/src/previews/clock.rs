//! What deploys and teardowns do with a record: the clock is set anew, or the end begins.

use jiff::Timestamp;

use super::record::{Claim, Record, Tick};
use super::store::Store;
use crate::aws::buckets::When;
use crate::config::{Config, Previews};
use crate::detach;
use crate::error::Problem;
use crate::releases;

/// Writers that may be faster before a person should look.
const ATTEMPTS: u32 = 10;

/// Before a deploy plans anything: whether a branch's environment is there for it, and what its stacks are tagged with.
/// Nothing is asked of any other environment.
///
/// # Errors
/// Where nobody has asked for the environment, where it is being torn down, or where it is another branch's.
pub async fn open(store: &Store, config: &mut Config, claim: Option<&Claim>, by: &str) -> anyhow::Result<()> {
    if config.env.like.is_none() {
        return Ok(());
    }
    let record = match store.read(&config.env.name).await? {
        Some((record, _)) => {
            record.refuse(claim)?;
            record
        }
        None => first(config, claim, &tick(config, by, None))?,
    };
    config.env.labels = record.labels();
    Ok(())
}

/// At a deploy's beginning and at its end: the environment's time starts anew.
///
/// # Errors
/// As `open`, where it happened meanwhile.
pub async fn renew(
    store: &Store,
    config: &Config,
    claim: Option<&Claim>,
    (by, complete): (&str, bool),
) -> anyhow::Result<()> {
    if config.env.like.is_none() {
        return Ok(());
    }
    let tick = tick(config, by, complete.then(|| releases::commit(&config.root)).flatten());
    for _ in 0..ATTEMPTS {
        let (next, when) = match store.read(&config.env.name).await? {
            Some((record, etag)) => (record.renewed(claim, &tick)?, When::Etag(etag)),
            None => (first(config, claim, &tick)?, When::Absent),
        };
        if store.write(&next, &when).await? {
            return Ok(());
        }
    }
    Err(contended(store, config))
}

/// Begins the end of a branch's environment; `false` where its record is not the one that was looked at. Without an `ETag` it
/// ends whatever happened to it, and one without a record has nothing to end.
pub async fn end(store: &Store, environment: &str, seen: Option<&str>, by: &str) -> anyhow::Result<bool> {
    for _ in 0..ATTEMPTS {
        let Some((record, etag)) = store.read(environment).await? else { return Ok(seen.is_none()) };
        if seen.is_some_and(|seen| seen != etag) {
            return Ok(false);
        }
        let ended = record.ended(by, now());
        if ended == record || store.write(&ended, &When::Etag(etag)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes the record of an environment that has ended. One that has begun anew keeps it.
pub async fn forget(store: &Store, environment: &str) -> anyhow::Result<()> {
    if let Some((record, etag)) = store.read(environment).await?
        && record.ending.is_some()
    {
        store.delete(environment, &etag).await?;
    }
    Ok(())
}

fn first(config: &Config, claim: Option<&Claim>, tick: &Tick<'_>) -> Result<Record, Problem> {
    let Some(claim) = claim else {
        let text = format!("there is no environment `{}`, or it has ended", config.env.name);
        let unknown = || "cargo xtask env up --branch <branch>".to_owned();
        let branch = config.env.branch.as_deref();
        let hint = branch.map_or_else(unknown, |branch| detach::line(["env", "up", "--branch", branch]));
        return Err(Problem::failed(text).hint(hint));
    };
    let ttl = config.app.previews.as_ref().map(|previews| previews.ttl);
    Record::new(claim, claim.ttl.or(ttl).unwrap_or(Previews::SHORTEST), tick)
}

fn tick<'a>(config: &'a Config, by: &'a str, commit: Option<releases::record::Commit>) -> Tick<'a> {
    Tick { environment: &config.env.name, by, at: now(), commit }
}

/// In whole seconds: that is what people read.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn contended(store: &Store, config: &Config) -> anyhow::Error {
    let (bucket, name) = (&store.bucket, &config.env.name);
    Problem::failed(format!("the record of `{name}` in `{bucket}` changed under our hands {ATTEMPTS} times"))
        .hint("other deploys of this environment are at work; wait for their end and run this again")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Span, Target};
    use crate::previews::record::State;
    use crate::previews::record::tests::{at, claim};
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
    use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
    use aws_sdk_s3::primitives::ByteStream;
    use aws_sdk_s3::types::error::NoSuchKey;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    const APP: &str =
        "{app: demo, defaultEnvironment: dev, homeRegion: r, services: {}, previews: {like: dev, ttl: 2h}}";
    const BY: &str = "arn:aws:iam::1:user/ada";

    fn config() -> Config {
        let mut config = Config::sample(APP, Target::Account("111111111111".into()));
        config.env.like = Some("dev".into());
        config.env.name = "pr-a-aaaaaaa".into();
        config
    }

    fn store(rules: &[&Rule]) -> Store {
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules);
        Store { client, bucket: "b".into(), prefix: "environments/1/r/".into() }
    }

    fn stored(record: Record, etag: &'static str) -> Rule {
        mock!(Client::get_object).then_output(move || {
            GetObjectOutput::builder().e_tag(etag).body(ByteStream::from(serde_json::to_vec(&record).unwrap())).build()
        })
    }

    fn nothing() -> Rule {
        mock!(Client::get_object).then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().build()))
    }

    fn put(when: &'static str) -> Rule {
        mock!(Client::put_object)
            .match_requests(move |call| call.if_match().or(call.if_none_match()) == Some(when))
            .then_output(|| PutObjectOutput::builder().e_tag("new").build())
    }

    fn lost(when: &'static str) -> Rule {
        mock!(Client::put_object)
            .match_requests(move |call| call.if_match() == Some(when))
            .then_error(|| PutObjectError::generic(ErrorMetadata::builder().code("PreconditionFailed").build()))
    }

    fn record() -> Record {
        crate::previews::record::tests::record(0)
    }

    #[tokio::test]
    async fn a_deploy_into_an_environment_that_nobody_asked_for_is_refused() {
        let mut config = config();
        let error = open(&store(&[&nothing()]), &mut config, None, BY).await.unwrap_err();
        assert!(error.to_string().contains("there is no environment `pr-a-aaaaaaa`"), "{error}");
    }

    #[tokio::test]
    async fn stacks_are_tagged_with_branch_and_owner_from_the_first_deploy_on() {
        let mut config = config();
        open(&store(&[&nothing()]), &mut config, Some(&claim("feature/a")), BY).await.unwrap();
        assert_eq!(config.env.labels["owner"], "ada");
        let first = config.env.labels.clone();
        open(&store(&[&stored(record(), "e")]), &mut config, None, "arn:aws:iam::1:user/eve").await.unwrap();
        assert_eq!(config.env.labels, first);
    }

    #[tokio::test]
    async fn an_environment_with_a_file_has_no_record() {
        let mut config = Config::sample(APP, Target::Account("111111111111".into()));
        open(&store(&[]), &mut config, None, BY).await.unwrap();
        renew(&store(&[]), &config, None, (BY, true)).await.unwrap();
    }

    #[tokio::test]
    async fn the_first_deploy_makes_the_record_and_a_further_one_changes_what_it_read() {
        let ours = claim("feature/a");
        renew(&store(&[&nothing(), &put("*")]), &config(), Some(&ours), (BY, false)).await.unwrap();
        renew(&store(&[&stored(record(), "e"), &put("e")]), &config(), None, (BY, false)).await.unwrap();
    }

    #[tokio::test]
    async fn a_deploy_that_meets_the_end_of_its_environment_stops() {
        let ending = record().ended("gc", at(1));
        // Read as live, ended before the write: what is read then decides.
        let rules = [stored(record(), "e"), lost("e"), stored(ending.clone(), "f"), stored(ending, "f")];
        let rules: Vec<&Rule> = rules.iter().collect();
        let error = renew(&store(&rules), &config(), None, (BY, false)).await.unwrap_err();
        assert!(error.to_string().contains("is being torn down"), "{error}");
    }

    #[tokio::test]
    async fn a_collection_leaves_alone_what_was_deployed_since_it_looked() {
        assert!(!end(&store(&[&stored(record(), "newer")]), "pr-a-aaaaaaa", Some("seen"), "gc").await.unwrap());
        let renewed = || stored(Record { ttl: Span::minutes(90), ..record() }, "newer");
        let rules = [stored(record(), "seen"), lost("seen"), renewed(), renewed()];
        let rules: Vec<&Rule> = rules.iter().collect();
        assert!(!end(&store(&rules), "pr-a-aaaaaaa", Some("seen"), "gc").await.unwrap());
        assert!(!end(&store(&[&nothing()]), "pr-a-aaaaaaa", Some("seen"), "gc").await.unwrap());
    }

    #[tokio::test]
    async fn an_end_that_was_killed_goes_on_without_a_write() {
        let ending = record().ended("gc", at(1));
        assert_eq!(ending.state(at(2)), State::Ending);
        assert!(end(&store(&[&stored(ending, "e")]), "pr-a-aaaaaaa", Some("e"), "other").await.unwrap());
        assert!(end(&store(&[&stored(record(), "e"), &put("e")]), "pr-a-aaaaaaa", None, "me").await.unwrap());
        assert!(end(&store(&[&nothing()]), "pr-a-aaaaaaa", None, "me").await.unwrap());
    }

    #[tokio::test]
    async fn only_the_record_of_what_has_ended_is_deleted() {
        forget(&store(&[&stored(record(), "e")]), "pr-a-aaaaaaa").await.unwrap();
        let delete = mock!(Client::delete_object)
            .match_requests(|call| call.if_match() == Some("e"))
            .then_output(|| aws_sdk_s3::operation::delete_object::DeleteObjectOutput::builder().build());
        forget(&store(&[&stored(record().ended("gc", at(1)), "e"), &delete]), "pr-a-aaaaaaa").await.unwrap();
        assert_eq!(delete.num_calls(), 1);
    }

    #[test]
    fn the_length_of_life_is_asked_for_else_configured() {
        let (config, tick) = (config(), crate::previews::record::tests::tick(0));
        assert_eq!(first(&config, Some(&claim("a")), &tick).unwrap().ttl, Span::minutes(120));
        let asked = Claim { ttl: Some(Span::minutes(90)), ..claim("a") };
        assert_eq!(first(&config, Some(&asked), &tick).unwrap().expires, at(5_400));
    }

    #[test]
    fn who_named_a_branch_without_an_environment_is_told_how_to_make_one_for_it() {
        let hint = |branch: Option<&str>| {
            let mut config = config();
            config.env.branch = branch.map(str::to_owned);
            let error = first(&config, None, &tick(&config, BY, None)).unwrap_err();
            crate::error::hints(&error.into()).collect::<String>()
        };
        assert_eq!(hint(Some("feature/a")), "cargo xtask env up --branch feature/a");
        assert_eq!(hint(Some("it's")), r"cargo xtask env up --branch 'it'\''s'");
        assert_eq!(hint(None), "cargo xtask env up --branch <branch>");
    }
}
