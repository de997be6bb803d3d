//! Whatever carries a tag, of whatever type, in a region. Calls only.

use anyhow::Context;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use aws_sdk_resourcegroupstagging::{Client, config::Region};

use super::{Aws, explain};

/// Where what is global is found (AWS General Reference, "AWS Resource Groups Tagging API endpoints and quotas").
const GLOBAL: &str = "us-east-1";

/// ARNs of everything in the region, and of what is global, that carries all of these tags.
pub async fn resources(aws: &Aws, region: &str, tags: &[(&str, &str)]) -> anyhow::Result<Vec<String>> {
    let mut found = in_region(&aws.tagging, tags).await?;
    if region != GLOBAL {
        let config = aws.tagging.config().to_builder().region(Region::new(GLOBAL));
        found.extend(in_region(&Client::from_conf(config.build()), tags).await?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

async fn in_region(client: &Client, tags: &[(&str, &str)]) -> anyhow::Result<Vec<String>> {
    let filters = tags.iter().map(|(key, value)| TagFilter::builder().key(*key).values(*value).build());
    let mut found = Vec::new();
    let mut pages = client.get_resources().set_tag_filters(Some(filters.collect())).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list what is tagged")?;
        found.extend(page.resource_tag_mapping_list().iter().filter_map(|one| one.resource_arn()).map(str::to_owned));
    }
    Ok(found)
}
