//! `CloudFront`: invalidations. Calls only.

use anyhow::Context;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};

use super::explain;

/// Asks for an invalidation; `reference` makes a repeated call the same invalidation.
pub async fn invalidate(client: &Client, distribution: &str, paths: &[String], reference: &str) -> anyhow::Result<()> {
    let context = || format!("cannot invalidate {} at distribution `{distribution}`", paths.join(" "));
    let quantity = i32::try_from(paths.len()).with_context(context)?;
    let items = Paths::builder().quantity(quantity).set_items(Some(paths.to_vec())).build().with_context(context)?;
    let batch = InvalidationBatch::builder().paths(items).caller_reference(reference).build().with_context(context)?;
    let call = client.create_invalidation().distribution_id(distribution).invalidation_batch(batch);
    call.send().await.map_err(explain).with_context(context)?;
    Ok(())
}
