//! After a deploy: what it left of each service becomes the next release, if it differs from what is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::archive;
use super::record::{Code, Commit, Made, Object, Record, Release, SiteRecord, VERSION};
use super::{Ledger, commit, ended, fresh, sources};
use crate::aws::Aws;
use crate::build::Artifact;
use crate::config::Config;
use crate::deploy::Source;
use crate::digest::sha256;
use crate::site::Built;

/// What a deploy left of one service.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Whether the stack or the site changed, or the stack was seen to the end of a change that had begun before.
    pub touched: bool,
    /// The rendered template's SHA-256 and the code, unless the stack only got new inputs.
    pub stack: Option<(String, Option<Artifact>)>,
    /// The site, if it was synced.
    pub site: Option<Built>,
}

/// A deploy that has ended.
#[derive(Debug)]
pub struct Leaving<'a> {
    /// The clients.
    pub aws: &'a Aws,
    /// The deploy's configuration.
    pub config: &'a Config,
    /// Where its bytes came from.
    pub source: &'a Source,
    /// The caller's ARN.
    pub by: &'a str,
    /// Wall time.
    pub took: Duration,
    /// Whether it came to its end.
    pub complete: bool,
    /// The services that have a stack.
    pub deployed: BTreeSet<String>,
    /// By service.
    pub left: BTreeMap<String, Left>,
    /// What was kept of the clone meanwhile; kept now where nothing was.
    pub checkout: Option<Checkout>,
}

/// What a record names of a clone.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The templates' sources, in the artifact bucket.
    sources: Object,
    commit: Option<Commit>,
}

impl Checkout {
    /// Reads the templates' sources, which it uploads, and asks git.
    pub async fn keep(aws: &Aws, config: &Config) -> anyhow::Result<Self> {
        let own = config.clone();
        let read = move || anyhow::Ok((archive::pack(&sources::of_clone(&own)?)?, commit::of(&own.root)));
        let (bytes, commit) = tokio::task::spawn_blocking(read).await??;
        Ok(Self { sources: put((aws, config), "sources", bytes).await?, commit })
    }
}

/// What became of a deploy's release.
#[derive(Debug)]
pub enum Leave {
    /// The deploy changed nothing, and everything is recorded already.
    Nothing,
    /// It was added.
    Added(Release),
    /// All that is not recorded is the work of another deploy, which may not have ended: the release is that one's to leave.
    Others {
        /// The stack that changes, or has just changed.
        stack: String,
    },
}

/// Adds the release that a deploy makes. One that changed nothing adds what another one had done before it was cut off.
///
/// `known` is the newest release as it was a while ago, where somebody has looked: if it no longer is, that shows in the end.
pub async fn leave(leaving: &Leaving<'_>, known: Option<Option<Release>>) -> anyhow::Result<Leave> {
    if leaving.left.is_empty() {
        return Ok(Leave::Nothing);
    }
    let ledger = Ledger::of(&leaving.aws.s3, leaving.config);
    let mut base = match known {
        Some(known) => known,
        None => ledger.newest().await?,
    };
    let any_due = |base: &Option<Release>| {
        let mut left = leaving.left.iter();
        left.any(|(service, left)| due(service, left, base.as_ref()))
    };
    if !any_due(&base) {
        return Ok(Leave::Nothing);
    }
    // Whoever has changed something tells the whole of what is there by then.
    if leaving.left.values().all(|left| !left.touched) {
        // Looked at again: whoever has done the work may have told of it meanwhile.
        base = ledger.newest().await?;
        if !any_due(&base) {
            return Ok(Leave::Nothing);
        }
        let told = |service| Some(base.as_ref()?.services.get(service)?.made.at);
        let known = leaving.deployed.iter().filter(|service| leaving.config.app.services.contains_key(*service));
        let stacks: Vec<_> = known.map(|service| (leaving.config.stack_name(service), told(service))).collect();
        if let Some(stack) = ended::at_work(&leaving.aws.cloudformation, &stacks).await? {
            return Ok(Leave::Others { stack });
        }
    }
    let made = Made {
        at: Timestamp::from_second(Timestamp::now().as_second())?,
        by: leaving.by.to_owned(),
        milliseconds: u64::try_from(leaving.took.as_millis()).unwrap_or(u64::MAX),
        action: leaving.source.action(),
    };
    let drafts = drafts(leaving, base.as_ref(), &made).await?;
    let added = ledger.add(base, |id, base| next((leaving, &drafts), &made, id, base)).await?;
    Ok(added.map_or(Leave::Nothing, Leave::Added))
}

/// What the deploy knows of each service; `None` of a stack that only got new inputs.
type Drafts = BTreeMap<String, (Option<Record>, Option<SiteRecord>)>;

/// Whether a release names the same bytes and values of a service, whoever brought them and when.
fn is_same(one: &Record, other: &Record) -> bool {
    let parts = |record: &Record| Record { release: 0, commit: None, made: other.made.clone(), ..record.clone() };
    parts(one) == parts(other)
}

/// Whether a service's record has to be written: something changed, or an earlier deploy was killed before it could.
fn due(service: &str, left: &Left, base: Option<&Release>) -> bool {
    let Some(record) = base.and_then(|release| release.services.get(service)) else {
        return left.stack.is_some();
    };
    let template = left.stack.as_ref().is_some_and(|(template, code)| {
        let key = code.as_ref().map(|code| &code.key);
        *template != record.template || key != record.code.as_ref().map(|code| &code.zip.key)
    });
    let site = |built: &Built| record.site.as_ref().is_none_or(|site| site.digest != built.digest);
    left.touched || template || left.site.as_ref().is_some_and(site)
}

/// The release after `base`: services that are not there any more go, others keep their records.
fn next((leaving, drafts): (&Leaving<'_>, &Drafts), made: &Made, id: u64, base: Option<&Release>) -> Option<Release> {
    let mut services = base.map(|release| release.services.clone()).unwrap_or_default();
    services.retain(|name, _| leaving.deployed.contains(name) || !leaving.config.app.services.contains_key(name));
    let mut changed = false;
    for (service, left) in &leaving.left {
        if !due(service, left, base) {
            continue;
        }
        let (draft, site) = drafts.get(service).cloned().unwrap_or_default();
        let before = services.get(service).cloned();
        let Some(mut record) = draft.or_else(|| before.clone()) else { continue };
        record.release = id;
        record.made = made.clone();
        record.site = site.or_else(|| before.as_ref().and_then(|record| record.site.clone()));
        // Another deploy has just brought the very same.
        if base.is_some_and(|base| base.complete == leaving.complete)
            && before.is_some_and(|one| is_same(&one, &record))
        {
            continue;
        }
        services.insert(service.clone(), record);
        changed = true;
    }
    changed.then(|| Release {
        version: VERSION,
        id,
        environment: leaving.config.env.name.clone(),
        made: made.clone(),
        complete: leaving.complete,
        services,
    })
}

/// Makes the records, and puts the bytes that they name into the bucket: before a record does.
async fn drafts(leaving: &Leaving<'_>, base: Option<&Release>, made: &Made) -> anyhow::Result<Drafts> {
    let from_clone = matches!(leaving.source, Source::Checkout(_));
    let clone = if from_clone { Some(of_clone(leaving).await?) } else { None };
    let mut drafts = Drafts::new();
    for (service, left) in &leaving.left {
        let (sources, commit) = match (&clone, leaving.source.record(service)) {
            (Some((sources, commit)), _) => (sources.clone(), commit.clone()),
            (None, Some(record)) => (record.sources.clone(), record.commit.clone()),
            (None, None) => continue,
        };
        let site = match &left.site {
            Some(built) => Some(site(leaving, base, (service, built)).await?),
            None => None,
        };
        let config = leaving.source.config(leaving.config, service)?;
        let record = left.stack.as_ref().map(|(template, code)| Record {
            release: 0,
            made: made.clone(),
            commit,
            architecture: config.env.architecture,
            sources,
            template: template.clone(),
            code: code.as_ref().map(|code| code_of(config, service, code)),
            site: None,
            literals: sources::literals(config, service),
            references: sources::references(config, service),
        });
        drafts.insert(service.clone(), (record, site));
    }
    Ok(drafts)
}

/// The clone's template sources, uploaded, and its commit.
async fn of_clone(leaving: &Leaving<'_>) -> anyhow::Result<(Object, Option<Commit>)> {
    let Checkout { sources, commit } = match &leaving.checkout {
        Some(kept) => kept.clone(),
        None => Checkout::keep(leaving.aws, leaving.config).await?,
    };
    Ok((sources, commit))
}

fn code_of(config: &Config, service: &str, artifact: &Artifact) -> Code {
    let package = config.app.services.get(service).and_then(|spec| spec.package.clone());
    Code {
        package: package.unwrap_or_default(),
        zip: Object { key: artifact.key.clone(), sha256: artifact.sha256.clone() },
        toolchain: artifact.toolchain.clone(),
    }
}

/// A release's site is in the bucket; a clone's is packed and uploaded, unless it was before.
async fn site(
    leaving: &Leaving<'_>,
    base: Option<&Release>,
    (service, built): (&str, &Built),
) -> anyhow::Result<SiteRecord> {
    let known = [leaving.source.record(service), base.and_then(|release| release.services.get(service))];
    let mut known = known.into_iter().flatten().filter_map(|record| record.site.clone());
    if let Some(same) = known.find(|site| site.digest == built.digest) {
        return Ok(same);
    }
    let archive = put((leaving.aws, leaving.config), "site", archive::pack(&archive::read(&built.folder)?)?).await?;
    Ok(SiteRecord { archive, digest: built.digest.clone() })
}

/// Puts a zip under its hash: `<kind>/<sha256>.zip`.
async fn put((aws, config): (&Aws, &Config), kind: &str, bytes: Vec<u8>) -> anyhow::Result<Object> {
    let sha256 = sha256(&bytes);
    let key = format!("{kind}/{sha256}.zip");
    fresh::put(aws, config, &key, (bytes, &sha256)).await?;
    Ok(Object { key, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::release;
    use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
    use aws_sdk_cloudformation::primitives::DateTime;
    use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
    use aws_sdk_s3::operation::put_object::PutObjectOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    fn leaving<'a>(
        (aws, config, source): (&'a Aws, &'a Config, &'a Source),
        service: String,
        touched: bool,
    ) -> Leaving<'a> {
        let left = Left { touched, stack: Some(("template".into(), None)), site: None };
        Leaving {
            aws,
            config,
            source,
            by: "arn",
            took: Duration::from_secs(1),
            complete: true,
            deployed: BTreeSet::from([service.clone()]),
            left: BTreeMap::from([(service, left)]),
            checkout: None,
        }
    }

    /// What a deploy leaves where no release is there and the stacks came to rest some minutes ago, and whether it asked for that.
    async fn left(touched: bool, minutes_ago: i64) -> (Leave, bool) {
        let rest = DateTime::from_secs(Timestamp::now().as_second() - minutes_ago * 60);
        let events = mock!(aws_sdk_cloudformation::Client::describe_stack_events).then_output(move || {
            let event = StackEvent::builder().resource_type("AWS::CloudFormation::Stack").event_id("1").timestamp(rest);
            let event = event.stack_id("s").stack_name("s").resource_status(ResourceStatus::UpdateComplete).build();
            DescribeStackEventsOutput::builder().stack_events(event).build()
        });
        let list = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build());
        let put = mock!(aws_sdk_s3::Client::put_object).then_output(|| PutObjectOutput::builder().e_tag("e").build());
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("local")).unwrap();
        let aws = Aws {
            cloudformation: mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&events]),
            s3: mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&list, &put]),
            ..Aws::connect(&config.env).await
        };
        let service = config.app.services.keys().next().unwrap().clone();
        let source = Source::checkout(&config).unwrap();
        let outcome = leave(&leaving((&aws, &config, &source), service, touched), None).await.unwrap();
        assert_eq!(put.num_calls() > 0, matches!(outcome, Leave::Added(_)), "{outcome:?}");
        (outcome, events.num_calls() > 0)
    }

    #[tokio::test]
    async fn a_deploy_that_changed_nothing_leaves_the_release_to_whoever_is_at_work() {
        let (outcome, asked) = left(false, 1).await;
        assert!(asked && matches!(outcome, Leave::Others { .. }), "{outcome:?}");
    }

    #[tokio::test]
    async fn what_a_deploy_that_was_cut_off_had_done_is_recorded_by_the_next_one_though_that_changes_nothing() {
        let (outcome, asked) = left(false, 60).await;
        assert!(
            asked && matches!(outcome, Leave::Added(ref release) if release.id == 1 && release.complete),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn what_was_told_since_the_newest_release_was_looked_at_is_not_told_again() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("local")).unwrap();
        let service = config.app.services.keys().next().unwrap().clone();
        let mut told = release(1).with(&service, "1");
        let record = told.services.get_mut(&service).unwrap();
        (record.template, record.code) = ("template".into(), None);
        let key = format!("{}000001.json", Ledger::prefix(&config));
        let list = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(move || {
            let object = aws_sdk_s3::types::Object::builder().key(&key).build();
            ListObjectsV2Output::builder().contents(object).build()
        });
        let get = mock!(aws_sdk_s3::Client::get_object).then_output(move || {
            let body = aws_sdk_s3::primitives::ByteStream::from(told.bytes().unwrap());
            aws_sdk_s3::operation::get_object::GetObjectOutput::builder().body(body).build()
        });
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&list, &get]);
        let aws = Aws { s3, ..Aws::connect(&config.env).await };
        let source = Source::checkout(&config).unwrap();
        let leaving = leaving((&aws, &config, &source), service, false);
        assert!(matches!(leave(&leaving, Some(None)).await.unwrap(), Leave::Nothing));
    }

    #[tokio::test]
    async fn a_deploy_that_changed_something_leaves_its_release_whoever_else_is_at_work() {
        let (outcome, asked) = left(true, 0).await;
        assert!(!asked && matches!(outcome, Leave::Added(_)), "{outcome:?}");
    }

    #[test]
    fn the_same_parts_are_the_same_whoever_brought_them() {
        let (one, mut other) = (release(1).with("web", "a"), release(2).with("web", "a"));
        let record = other.services.get_mut("web").unwrap();
        record.commit = None;
        assert!(is_same(&one.services["web"], record));
        record.template = "other".into();
        assert!(!is_same(&one.services["web"], record));
        assert!(!is_same(&one.services["web"], &release(1).with("web", "b").services["web"]));
    }
}
