//! Where a site goes: its stack's bucket and CDN.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use site_sync::s3::{Bucket, Cdn};
use site_sync::{GRACE, Kind, Options, Rules};

use crate::aws::{distribution, transfer};
use crate::config::{Config, Site};
use crate::deploy::wait::Pace;
use crate::digest;
use crate::recorder;

/// Longest wait for an invalidation, which takes seconds as a rule and minutes on a bad day.
const PATIENCE: Duration = Duration::from_mins(15);

/// How far an invalidation is gone along with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invalidation {
    /// It is asked for.
    #[default]
    Asked,
    /// It is waited for, until every edge has forgotten.
    Awaited,
}

impl Invalidation {
    /// As an option of the command line has it.
    #[must_use]
    pub fn awaited(awaited: bool) -> Self {
        if awaited { Self::Awaited } else { Self::Asked }
    }
}

/// A distribution that can be told to forget.
#[derive(Clone, Debug)]
pub struct Distribution {
    client: aws_sdk_cloudfront::Client,
    id: String,
    /// Makes a repeated call of this run the same invalidation.
    run: String,
    invalidation: Invalidation,
}

impl Distribution {
    /// Nothing is asked yet; `what` names the run for people who read the list of invalidations.
    #[must_use]
    pub fn new(client: aws_sdk_cloudfront::Client, id: &str, what: &str) -> Self {
        let run = format!("{what}-{}", Timestamp::now().as_nanosecond());
        Self { client, id: id.to_owned(), run, invalidation: Invalidation::Asked }
    }

    /// The same, whose invalidations are gone along with so far.
    #[must_use]
    pub fn with(self, invalidation: Invalidation) -> Self {
        Self { invalidation, ..self }
    }

    async fn invalidate(&self, paths: &[String]) -> anyhow::Result<()> {
        let reference = format!("{}-{}", self.run, digest::start(paths.join("\n"), 8));
        let invalidation = distribution::invalidate(&self.client, &self.id, paths, &reference).await?;
        if self.invalidation == Invalidation::Asked {
            return Ok(());
        }
        let (start, mut pace) = (Instant::now(), Pace::default());
        loop {
            let look = distribution::is_forgotten(&self.client, &self.id, &invalidation).await;
            if pace.tolerate(look)? == Some(true) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                let minutes = PATIENCE.as_secs() / 60;
                anyhow::bail!("invalidation `{invalidation}` is still in progress after {minutes} minutes");
            }
            pace.sleep().await;
        }
    }
}

impl Cdn for Distribution {
    fn forget<'a>(&'a self, paths: &'a [String]) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>> {
        Box::pin(recorder::span(recorder::Kind::Invalidation, &self.id, self.invalidate(paths)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudfront::Client;
    use aws_sdk_cloudfront::operation::create_invalidation::CreateInvalidationOutput;
    use aws_sdk_cloudfront::operation::get_invalidation::GetInvalidationOutput;
    use aws_sdk_cloudfront::primitives::DateTime;
    use aws_sdk_cloudfront::types::{Invalidation as Found, InvalidationBatch, Paths};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    fn invalidation(status: &str) -> Found {
        let paths = Paths::builder().quantity(1).items("/").build().unwrap();
        let batch = InvalidationBatch::builder().paths(paths).caller_reference("r").build().unwrap();
        let one = Found::builder().id("I1").status(status).create_time(DateTime::from_secs(0));
        one.invalidation_batch(batch).build().unwrap()
    }

    #[tokio::test]
    async fn only_who_wants_to_waits_until_every_edge_has_forgotten() {
        for (how, looks) in [(Invalidation::Asked, 0), (Invalidation::Awaited, 3)] {
            let create = mock!(Client::create_invalidation)
                .then_output(|| CreateInvalidationOutput::builder().invalidation(invalidation("InProgress")).build());
            let answer = |status| GetInvalidationOutput::builder().invalidation(invalidation(status)).build();
            let look = mock!(Client::get_invalidation)
                .match_requests(|call| call.id() == Some("I1") && call.distribution_id() == Some("D1"))
                .sequence()
                .output(move || answer("InProgress"))
                .times(2)
                .output(move || answer("Completed"))
                .build();
            let client = mock_client!(aws_sdk_cloudfront, RuleMode::Sequential, [&create, &look]);
            let distribution = Distribution::new(client, "D1", "demo").with(how);
            distribution.forget(&["/".to_owned()]).await.unwrap();
            assert_eq!((create.num_calls(), look.num_calls()), (1, looks));
        }
    }
}
