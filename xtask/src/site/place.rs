//! Where a site goes: its stack's bucket and CDN.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use site_sync::s3::{Bucket, Cdn};
use site_sync::{GRACE, Kind, Options, Rules};

use crate::aws::{distribution, transfer};
use crate::config::{Config, Site};
use crate::digest;
use crate::recorder;

/// A distribution that can be told to forget.
#[derive(Clone, Debug)]
pub struct Distribution {
    client: aws_sdk_cloudfront::Client,
    id: String,
    /// Makes a repeated call of this run the same invalidation.
    run: String,
}

impl Distribution {
    /// Nothing is asked yet; `what` names the run for people who read the list of invalidations.
    #[must_use]
    pub fn new(client: aws_sdk_cloudfront::Client, id: &str, what: &str) -> Self {
        Self { client, id: id.to_owned(), run: format!("{what}-{}", Timestamp::now().as_nanosecond()) }
    }
}

impl Cdn for Distribution {
    fn forget<'a>(&'a self, paths: &'a [String]) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>> {
        let reference = format!("{}-{}", self.run, digest::start(paths.join("\n"), 8));
        Box::pin(async move {
            let work = distribution::invalidate(&self.client, &self.id, paths, &reference);
            recorder::span(recorder::Kind::Invalidation, &self.id, work).await
        })
    }
}

/// The bucket of a site; without a distribution nothing can be invalidated, nor must it.
pub(super) async fn bucket(
    (aws, config): (&crate::aws::Aws, &Config),
    name: &str,
    distribution: Option<Distribution>,
) -> anyhow::Result<Bucket> {
    let account = config.env.endpoint().is_none().then(|| config.env.account());
    let cdn = distribution.map(|one| Arc::new(one) as Arc<dyn Cdn>);
    Ok(Bucket::new(transfer::endpoint(&aws.sdk, name, account).await?, name, "", cdn))
}

/// The rules of a bundler's output, with those of the configuration.
pub(super) fn rules(site: &Site) -> anyhow::Result<Rules> {
    Ok(Rules::new(Kind::Site, site.rules.clone())?)
}

/// The bucket is the stack's own: nobody else has a site there.
pub(super) fn options(config: &Config, service: &str) -> Options {
    Options { owner: config.stack_name(service), adopt: true, delete: Some(GRACE), max_delete: usize::MAX }
}
