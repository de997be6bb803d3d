//! Where a site goes: its stack's bucket and CDN.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use site_sync::s3::{Bucket, Cdn};
use site_sync::{GRACE, Kind, Options, Rules};

use crate::aws::{distribution, transfer};
use crate::config::{Config, Site};
use crate::deploy::wait::Pace;
use crate::digest;
use crate::recorder;
use crate::ui::Ui;

/// Longest wait for an invalidation, which takes seconds as a rule and minutes on a bad day.
const PATIENCE: Duration = Duration::from_mins(15);

/// A distribution that can be told to forget. Clones know of each other's invalidations.
#[derive(Clone, Debug)]
pub struct Distribution {
    client: aws_sdk_cloudfront::Client,
    id: String,
    /// Makes a repeated call of this run the same invalidation.
    run: String,
    /// The invalidations that were asked for.
    begun: Arc<Mutex<Vec<String>>>,
}

impl Distribution {
    /// Nothing is asked yet; `what` names the run for people who read the list of invalidations.
    #[must_use]
    pub fn new(client: aws_sdk_cloudfront::Client, id: &str, what: &str) -> Self {
        let run = format!("{what}-{}", Timestamp::now().as_nanosecond());
        Self { client, id: id.to_owned(), run, begun: Arc::default() }
    }

    async fn invalidate(&self, paths: &[String]) -> anyhow::Result<()> {
        let reference = format!("{}-{}", self.run, digest::start(paths.join("\n"), 8));
        let invalidation = distribution::invalidate(&self.client, &self.id, paths, &reference).await?;
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(invalidation);
        Ok(())
    }

    /// Waits until every edge has forgotten what it was told to. An end that is not seen is no failure of anything that was done: a
    /// warning says how to wait on.
    pub async fn wait(&self, ui: &Ui) {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for invalidation in begun {
            let seen = recorder::span(recorder::Kind::Invalidation, &self.id, self.forgotten(&invalidation)).await;
            if let Err(error) = seen {
                ui.warn(format!(
                    "{error:#}: visitors may see the old site a while longer; to wait on\n  \
                     aws cloudfront wait invalidation-completed --distribution-id {} --id {invalidation}",
                    self.id
                ));
            }
        }
    }

    async fn forgotten(&self, invalidation: &str) -> anyhow::Result<()> {
        let (start, mut pace) = (Instant::now(), Pace::default());
        loop {
            let look = distribution::is_forgotten(&self.client, &self.id, invalidation).await;
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
    let owner = config.stack_name(service);
    Options { owner, adopt: true, delete: Some(GRACE), max_delete: usize::MAX, cdn: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Mode;
    use aws_sdk_cloudfront::Client;
    use aws_sdk_cloudfront::operation::create_invalidation::CreateInvalidationOutput;
    use aws_sdk_cloudfront::operation::get_invalidation::GetInvalidationOutput;
    use aws_sdk_cloudfront::primitives::DateTime;
    use aws_sdk_cloudfront::types::{Invalidation, InvalidationBatch, Paths};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    fn invalidation(status: &str) -> Invalidation {
        let paths = Paths::builder().quantity(1).items("/").build().unwrap();
        let batch = InvalidationBatch::builder().paths(paths).caller_reference("r").build().unwrap();
        let one = Invalidation::builder().id("I1").status(status).create_time(DateTime::from_secs(0));
        one.invalidation_batch(batch).build().unwrap()
    }

    #[tokio::test]
    async fn only_who_wants_to_waits_until_every_edge_has_forgotten() {
        for (waits, looks) in [(false, 0), (true, 3)] {
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
            let distribution = Distribution::new(client, "D1", "demo");
            distribution.clone().forget(&["/".to_owned()]).await.unwrap();
            if waits {
                distribution.wait(&Ui::unattended(Mode::default())).await;
            }
            assert_eq!((create.num_calls(), look.num_calls()), (1, looks));
        }
    }
}
