//! After a deploy: what it left of each service becomes the next release, if it differs from what is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::archive;
use super::record::{Code, Commit, Made, Object, Record, Release, SiteRecord, VERSION};
use super::{Ledger, commit, fresh, sources};
use crate::aws::Aws;
use crate::build::Artifact;
use crate::config::Config;
use crate::deploy::Source;
use crate::digest::sha256;
use crate::site::Built;

/// What a deploy left of one service.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Whether the stack or the site changed.
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

/// Adds the release that a deploy makes; `None` where it changed nothing and everything is recorded already.
///
/// `known` is the newest release as it was a while ago, where somebody has looked: if it no longer is, that shows in the end.
pub async fn leave(leaving: &Leaving<'_>, known: Option<Option<Release>>) -> anyhow::Result<Option<Release>> {
    if leaving.left.is_empty() {
        return Ok(None);
    }
    let ledger = Ledger::of(&leaving.aws.s3, leaving.config);
    let base = match known {
        Some(known) => known,
        None => ledger.newest().await?,
    };
    if leaving.left.iter().all(|(service, left)| !due(service, left, base.as_ref())) {
        return Ok(None);
    }
    let made = Made {
        at: Timestamp::from_second(Timestamp::now().as_second())?,
        by: leaving.by.to_owned(),
        milliseconds: u64::try_from(leaving.took.as_millis()).unwrap_or(u64::MAX),
        action: leaving.source.action(),
    };
    let drafts = drafts(leaving, base.as_ref(), &made).await?;
    ledger.add(base, |id, base| next((leaving, &drafts), &made, id, base)).await
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
