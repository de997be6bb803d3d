//! What there is to destroy, counted as far as it is cheap, and how it is shown.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_cloudformation::types::StackStatus;
use serde_yaml::Value;

use super::empty;
use super::scope::Scope;
use super::strays::{self, Kind, Stray};
use crate::aws::buckets::Contents;
use crate::aws::names::TableSize;
use crate::aws::stacks::{self, LiveStack};
use crate::aws::{Aws, names};
use crate::config::Config;
use crate::releases::Ledger;

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
    /// What it leaves behind by its template: type and physical id.
    pub(super) retained: Vec<(String, String)>,
    /// Every resource by its physical id.
    owned: BTreeSet<String>,
}

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) scope: Scope,
    pub(super) stacks: Vec<Doomed>,
    pub(super) secrets: Vec<String>,
    /// What no stack owns.
    pub(super) strays: BTreeSet<Stray>,
    /// Whether a release says that it was protected once.
    pub(super) guarded: bool,
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
    let ledger = Ledger::of(&aws.s3, config);
    let (secrets, mut strays, guarded) =
        tokio::try_join!(names::secrets(aws, &scope.secrets), strays::named(aws, &scope), ledger.ever_protected(),)?;
    strays.retain(|stray| !found.iter().any(|stack| stack.owned.contains(&stray.name)));
    Ok(Observed { scope, stacks: found, secrets, strays, guarded })
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
    // Nothing was made of it yet, so it has no template.
    let empty = live.status == StackStatus::ReviewInProgress;
    let policies = if empty { Value::Null } else { template(aws, &live.id).await? };
    let kept = resources.iter().filter(|(logical, _, id)| !id.is_empty() && retains(&policies, logical));
    let retained = kept.map(|(_, kind, id)| (kind.clone(), id.clone())).collect();
    let pools = of("AWS::Cognito::UserPool");
    let owned = resources.iter().map(|(_, _, id)| id.clone()).collect();
    Ok(Doomed { name, service, live, resources: resources.len(), buckets, tables, pools, retained, owned })
}

/// The template in force.
async fn template(aws: &Aws, stack: &str) -> anyhow::Result<Value> {
    let text = stacks::template(&aws.cloudformation, stack).await?;
    serde_yaml::from_str(&text).with_context(|| format!("cannot read the template of `{stack}`"))
}

/// Whether a stack's deletion leaves a resource behind.
fn retains(template: &Value, logical: &str) -> bool {
    template["Resources"][logical]["DeletionPolicy"].as_str().is_some_and(|policy| policy.starts_with("Retain"))
}

impl Observed {
    pub(super) fn is_empty(&self) -> bool {
        self.stacks.is_empty() && self.secrets.is_empty() && self.strays.is_empty()
    }

    /// What outlives its stack, or has outlived it, and may be somebody's data: kept or removed by choice.
    pub(super) fn retained(&self) -> Vec<(String, String)> {
        let by_template = self.stacks.iter().flat_map(|stack| stack.retained.iter().cloned());
        let strays = self.strays.iter().filter(|stray| stray.kind.holds_data());
        by_template.chain(strays.map(|stray| (stray.kind.to_string(), stray.name.clone()))).collect()
    }

    /// What is to be removed by name once the stacks have gone, where retained resources go, too; or what of them can
    /// go with a stack only.
    pub(super) fn removable(&self) -> Result<BTreeSet<Stray>, Vec<String>> {
        let by_template = self.stacks.iter().flat_map(|stack| &stack.retained);
        let (known, unknown): (Vec<_>, Vec<_>) = by_template.partition(|(kind, _)| Kind::of(kind).is_some());
        if !unknown.is_empty() {
            return Err(unknown.into_iter().map(|(kind, name)| format!("{kind} {name}")).collect());
        }
        let known =
            known.into_iter().filter_map(|(kind, name)| Some(Stray { kind: Kind::of(kind)?, name: name.clone() }));
        Ok(known.chain(self.strays.iter().cloned()).collect())
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let stacks = self.stacks.iter().flat_map(Doomed::lines);
        let secrets = self.secrets.iter().map(|name| format!("  secret {name}"));
        stacks.chain(secrets).chain(self.strays.iter().map(|stray| format!("  {stray}, which no stack owns"))).collect()
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
impl Doomed {
    /// A whole stack for tests.
    pub(super) fn of(name: &str) -> Self {
        let live = LiveStack {
            id: name.into(),
            status: StackStatus::CreateComplete,
            reason: String::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            outputs: BTreeMap::new(),
            termination_protection: false,
        };
        Self {
            name: name.into(),
            service: None,
            live,
            resources: 1,
            buckets: BTreeMap::new(),
            tables: BTreeMap::new(),
            pools: vec![],
            retained: vec![],
            owned: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(retained: &[(&str, &str)], strays: &[(Kind, &str)]) -> Observed {
        let pairs = retained.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect();
        let stack = Doomed { retained: pairs, ..Doomed::of("demo-dev-orders") };
        let strays = strays.iter().map(|(kind, name)| Stray { kind: *kind, name: (*name).to_owned() }).collect();
        let scope = Scope::new("demo", "dev", []);
        Observed { scope, stacks: vec![stack], secrets: vec![], strays, guarded: false }
    }

    #[test]
    fn what_may_be_somebodys_data_is_kept_or_removed_by_choice() {
        let all = observed(
            &[("AWS::DynamoDB::Table", "demo-dev-a")],
            &[(Kind::Bucket, "demo-dev-b"), (Kind::LogGroup, "/aws/lambda/demo-dev-c")],
        );
        let names: Vec<String> = all.retained().into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["demo-dev-a", "demo-dev-b"], "logs are nobody's choice");
        let removed: Vec<String> = all.removable().unwrap().iter().map(Stray::to_string).collect();
        assert_eq!(removed, ["bucket demo-dev-b", "log group /aws/lambda/demo-dev-c", "table demo-dev-a"]);
    }

    #[test]
    fn what_only_a_stack_can_remove_is_named_before_anything_is_deleted() {
        let pool = observed(&[("AWS::Cognito::UserPool", "eu_1")], &[]);
        assert_eq!(pool.removable().unwrap_err(), ["AWS::Cognito::UserPool eu_1"]);
    }

    #[test]
    fn the_templates_in_force_say_what_outlives_its_stack() {
        let template = "Resources: {A: {DeletionPolicy: RetainExceptOnCreate}, B: {DeletionPolicy: Delete}, C: {}}";
        let template = serde_yaml::from_str(template).unwrap();
        assert_eq!(["A", "B", "C", "D"].map(|logical| retains(&template, logical)), [true, false, false, false]);
    }

    #[test]
    fn sizes_are_for_people() {
        let table = [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (1_540, "1.5 kB"), (104_857_600, "104.8 MB")];
        for (bytes, expected) in table {
            assert_eq!(human(bytes), expected);
        }
    }
}
