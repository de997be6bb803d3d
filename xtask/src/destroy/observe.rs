//! What there is to destroy, counted as far as it is cheap, and how it is shown.

use std::collections::BTreeMap;

use super::empty;
use super::scope::Scope;
use crate::aws::buckets::Contents;
use crate::aws::names::TableSize;
use crate::aws::stacks::{self, LiveStack};
use crate::aws::{Aws, names};
use crate::config::Config;

/// A stack of the environment.
#[derive(Clone, Debug)]
pub(super) struct Doomed {
    pub(super) name: String,
    /// The service, where it has one in config/app.yaml.
    pub(super) service: Option<String>,
    pub(super) live: LiveStack,
    /// Number of resources.
    pub(super) resources: usize,
    /// What each bucket holds; `false` where it holds more than was counted.
    pub(super) buckets: BTreeMap<String, (Contents, bool)>,
    pub(super) tables: BTreeMap<String, TableSize>,
    pub(super) pools: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) scope: Scope,
    pub(super) stacks: Vec<Doomed>,
    pub(super) secrets: Vec<String>,
}

/// Looks at the environment.
pub(super) async fn observe(aws: &Aws, config: &Config) -> anyhow::Result<Observed> {
    let all = stacks::all(&aws.cloudformation).await?;
    let scope = super::scope(config, &all);
    let mut found = Vec::new();
    for (name, live) in all {
        let service = config.app.services.keys().find(|service| config.stack_name(service) == name).cloned();
        // A service that app.yaml no longer has is known by its tags.
        let tagged = |key: &str, value: &str| live.tags.get(key).is_some_and(|own| own == value);
        let ours = tagged("app", &config.app.app) && tagged("environment", &config.env.name) && scope.holds(&name);
        if service.is_some() || ours {
            found.push(look(aws, name, service, live).await?);
        }
    }
    let secrets = names::secrets(aws, &scope.secrets).await?;
    Ok(Observed { scope, stacks: found, secrets })
}

async fn look(aws: &Aws, name: String, service: Option<String>, live: LiveStack) -> anyhow::Result<Doomed> {
    let resources = stacks::resources(&aws.cloudformation, &live.id).await?;
    let of = |kind: &str| -> Vec<String> {
        resources.iter().filter(|(_, own, id)| own == kind && !id.is_empty()).map(|(_, _, id)| id.clone()).collect()
    };
    let (mut buckets, mut tables) = (BTreeMap::new(), BTreeMap::new());
    for bucket in of("AWS::S3::Bucket") {
        if let Some(counted) = empty::count(&aws.s3, &bucket).await? {
            buckets.insert(bucket, counted);
        }
    }
    for table in of("AWS::DynamoDB::Table") {
        if let Some(size) = names::table_size(aws, &table).await? {
            tables.insert(table, size);
        }
    }
    Ok(Doomed { name, service, live, resources: resources.len(), buckets, tables, pools: of("AWS::Cognito::UserPool") })
}

impl Observed {
    pub(super) fn is_empty(&self) -> bool {
        self.stacks.is_empty() && self.secrets.is_empty()
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let stacks = self.stacks.iter().flat_map(Doomed::lines);
        stacks.chain(self.secrets.iter().map(|name| format!("  secret {name}"))).collect()
    }
}

impl Doomed {
    fn lines(&self) -> Vec<String> {
        let removed = if self.service.is_none() { ", no longer in config/app.yaml" } else { "" };
        let mut lines =
            vec![format!("  stack {}: {} resources, {}{removed}", self.name, self.resources, self.live.status)];
        for (name, (contents, whole)) in &self.buckets {
            let least = if *whole { "" } else { "at least " };
            let Contents { versions, objects, bytes } = contents;
            lines
                .push(format!("    bucket {name}: {least}{objects} objects in {versions} versions, {}", human(*bytes)));
        }
        for (name, TableSize { items, bytes }) in &self.tables {
            lines.push(format!("    table {name}: about {items} items, {}", human(*bytes)));
        }
        lines.extend(self.pools.iter().map(|pool| format!("    user pool {pool} with all its users")));
        lines
    }
}

fn human(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), "B");
    for next in UNITS {
        if tenths < 10_000 {
            break;
        }
        (tenths, unit) = (tenths / 1000, next);
    }
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        rest => format!("{}.{rest} {unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        let table = [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (1_540, "1.5 kB"), (104_857_600, "104.8 MB")];
        for (bytes, expected) in table {
            assert_eq!(human(bytes), expected);
        }
    }
}
