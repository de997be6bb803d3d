//! `CloudFront`: invalidations, and whose signatures are taken. Calls only.

use anyhow::Context;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};

use super::explain;

/// Asks for an invalidation, and returns its id; `reference` makes a repeated call the same invalidation.
pub async fn invalidate(
    client: &Client,
    distribution: &str,
    paths: &[String],
    reference: &str,
) -> anyhow::Result<String> {
    let context = || format!("cannot invalidate {} at distribution `{distribution}`", paths.join(" "));
    let quantity = i32::try_from(paths.len()).with_context(context)?;
    let items = Paths::builder().quantity(quantity).set_items(Some(paths.to_vec())).build().with_context(context)?;
    let batch = InvalidationBatch::builder().paths(items).caller_reference(reference).build().with_context(context)?;
    let call = client.create_invalidation().distribution_id(distribution).invalidation_batch(batch);
    let answer = call.send().await.map_err(explain).with_context(context)?;
    Ok(answer.invalidation().map(|one| one.id().to_owned()).unwrap_or_default())
}

/// Whether every edge has forgotten what an invalidation names.
pub async fn is_forgotten(client: &Client, distribution: &str, invalidation: &str) -> anyhow::Result<bool> {
    let call = client.get_invalidation().distribution_id(distribution).id(invalidation);
    let answer = call.send().await.map_err(explain);
    let answer = answer.with_context(|| format!("cannot look at invalidation `{invalidation}` of `{distribution}`"))?;
    Ok(answer.invalidation().is_some_and(|one| one.status() == "Completed"))
}

/// Whose signatures a distribution takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signers {
    /// Whether every edge has the distribution as it is configured.
    pub at_rest: bool,
    /// The ids of the public keys.
    pub keys: Vec<String>,
}

/// The keys that `CloudFront` is aware of, which are not yet those that a key group was given a moment ago.
pub async fn signers(client: &Client, distribution: &str) -> anyhow::Result<Signers> {
    let answer = client.get_distribution().id(distribution).send().await.map_err(explain);
    let answer = answer.with_context(|| format!("cannot read distribution `{distribution}`"))?;
    let found = answer.distribution();
    let groups = found.and_then(|one| one.active_trusted_key_groups()).map_or(&[][..], |groups| groups.items());
    let keys = groups.iter().filter_map(|group| group.key_pair_ids()).flat_map(|ids| ids.items().iter().cloned());
    Ok(Signers { at_rest: found.is_some_and(|one| one.status() == "Deployed"), keys: keys.collect() })
}
