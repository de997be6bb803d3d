//! The tables and buckets of an environment, by service and logical id: their names differ from one environment to another.

use std::collections::BTreeMap;

use super::manifest::Whole;
use crate::aws::{Aws, stacks};
use crate::config::Config;
use crate::deploy;
use crate::error::Problem;

/// Service and logical id → name.
type Named = BTreeMap<(String, String), String>;

/// What an environment holds data in.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) tables: Named,
    pub(super) buckets: Named,
}

impl Sources {
    pub(super) async fn of(aws: &Aws, config: &Config) -> anyhow::Result<Self> {
        let mut sources = Self::default();
        for (service, live) in deploy::observe(aws, config).await? {
            let site = config.app.services.get(&service).is_some_and(|spec| spec.site.is_some());
            for (logical, kind, name) in stacks::resources(&aws.cloudformation, &live.id).await? {
                let list = match kind.as_str() {
                    "AWS::DynamoDB::Table" => &mut sources.tables,
                    "AWS::S3::Bucket" if !site => &mut sources.buckets,
                    _ => continue,
                };
                list.insert((service.clone(), logical), name);
            }
        }
        Ok(sources)
    }

    pub(super) fn table(&self, whole: &Whole, environment: &str) -> Result<&str, Problem> {
        find(&self.tables, "table", whole, environment)
    }

    pub(super) fn bucket(&self, whole: &Whole, environment: &str) -> Result<&str, Problem> {
        find(&self.buckets, "bucket", whole, environment)
    }
}

fn find<'a>(named: &'a Named, what: &str, whole: &Whole, environment: &str) -> Result<&'a str, Problem> {
    let key = (whole.service.clone(), whole.logical.clone());
    named.get(&key).map(String::as_str).ok_or_else(|| {
        let text =
            format!("`{environment}` has no {what} `{}.{}`, which the backup is of", whole.service, whole.logical);
        Problem::failed(text).hint(format!("cargo xtask deploy --env {environment}, from a clone that has it"))
    })
}
