//! What there is under a prefix, whoever made it: tables, functions, secrets. Calls only.

use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::types::TableStatus;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};

use super::{Aws, explain};

/// How much a table holds, as `DescribeTable` knows it: some six hours old (DynamoDB API reference).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSize {
    /// Items.
    pub items: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The region's tables.
pub async fn tables(aws: &Aws, prefix: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pages = aws.dynamodb.list_tables().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the tables")?;
        found.extend(page.table_names().iter().filter(|name| name.starts_with(prefix)).cloned());
    }
    Ok(found)
}

/// About how much a table holds; `None` where there is none.
pub async fn table_size(aws: &Aws, table: &str) -> anyhow::Result<Option<TableSize>> {
    let answer = match aws.dynamodb.describe_table().table_name(table).send().await {
        Ok(answer) => answer,
        Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
        Err(error) => return Err(explain(error)).with_context(|| format!("cannot look at the table `{table}`")),
    };
    let count = |number: Option<i64>| u64::try_from(number.unwrap_or_default()).unwrap_or_default();
    let size = |table: &aws_sdk_dynamodb::types::TableDescription| TableSize {
        items: count(table.item_count()),
        bytes: count(table.table_size_bytes()),
    };
    Ok(answer.table().map(size))
}

/// The region's functions.
pub async fn functions(aws: &Aws, prefix: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pages = aws.lambda.list_functions().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the functions")?;
        let names = page.functions().iter().filter_map(|one| one.function_name());
        found.extend(names.filter(|name| name.starts_with(prefix)).map(str::to_owned));
    }
    Ok(found)
}

/// Deletes a function; one that has gone already is as good.
pub async fn delete_function(aws: &Aws, name: &str) -> anyhow::Result<()> {
    match aws.lambda.delete_function().function_name(name).send().await {
        Err(error) if error.code() != Some("ResourceNotFoundException") => {
            Err(explain(error)).with_context(|| format!("cannot delete the function `{name}`"))
        }
        _ => Ok(()),
    }
}

/// Deletes a table, guarded or not, and waits until it has gone.
pub async fn delete_table(aws: &Aws, name: &str, patience: Duration) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + patience;
    let mut pause = Duration::from_millis(200);
    loop {
        let table = match aws.dynamodb.describe_table().table_name(name).send().await {
            Ok(answer) => answer.table,
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
            Err(error) => return Err(explain(error)).with_context(|| format!("cannot look at the table `{name}`")),
        };
        let guarded = table.as_ref().and_then(|table| table.deletion_protection_enabled) == Some(true);
        // One that is being changed is asked for again: DynamoDB refuses it until then, and one that is deleted just goes.
        let active = table.is_some_and(|table| table.table_status == Some(TableStatus::Active));
        let begun = match (active, guarded) {
            (true, true) => {
                let call = aws.dynamodb.update_table().table_name(name).deletion_protection_enabled(false);
                call.send().await.map(drop).map_err(explain)
            }
            (true, false) => match aws.dynamodb.delete_table().table_name(name).send().await {
                Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
                other => other.map(drop).map_err(explain),
            },
            (false, _) => Ok(()),
        };
        begun.with_context(|| format!("cannot delete the table `{name}`"))?;
        if tokio::time::Instant::now() >= deadline {
            return Err(anyhow::anyhow!("the table `{name}` is still there after {} s", patience.as_secs()));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// The region's secrets, without those whose deletion is under way.
pub async fn secrets(aws: &Aws, prefix: &str) -> anyhow::Result<Vec<String>> {
    let filter = Filter::builder().key(FilterNameStringType::Name).values(prefix).build();
    let mut found = Vec::new();
    let mut pages = aws.secrets.list_secrets().filters(filter).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).context("cannot list the secrets")?;
        let there = page.secret_list().iter().filter(|secret| secret.deleted_date().is_none());
        // The filter splits names into words: only the whole prefix counts (Secrets Manager API reference, `Filter`).
        found.extend(
            there.filter_map(|secret| secret.name()).filter(|name| name.starts_with(prefix)).map(str::to_owned),
        );
    }
    Ok(found)
}

/// Deletes a secret for good; one that has gone already is as good.
pub async fn delete_secret(aws: &Aws, name: &str) -> anyhow::Result<()> {
    match aws.secrets.delete_secret().secret_id(name).force_delete_without_recovery(true).send().await {
        Err(error) if error.code() != Some("ResourceNotFoundException") => {
            Err(explain(error)).with_context(|| format!("cannot delete the secret `{name}`"))
        }
        _ => Ok(()),
    }
}
