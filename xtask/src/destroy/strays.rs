//! What has a name of the environment and no stack: what a stack has kept at its end, and what AWS makes by itself.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::empty::empty;
use super::scope::Scope;
use crate::aws::{Aws, buckets, logs, names};
use crate::ui::Ui;

/// How long a table may take to go.
const PATIENCE: Duration = Duration::from_mins(10);

/// Types that can be found and deleted by their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Bucket,
    Function,
    LogGroup,
    Table,
}

impl Kind {
    /// The kind of a CloudFormation type.
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "AWS::S3::Bucket" => Some(Self::Bucket),
            "AWS::Lambda::Function" => Some(Self::Function),
            "AWS::Logs::LogGroup" => Some(Self::LogGroup),
            "AWS::DynamoDB::Table" => Some(Self::Table),
            _ => None,
        }
    }

    /// Whether somebody may want to keep it.
    pub(super) fn holds_data(self) -> bool {
        matches!(self, Self::Bucket | Self::Table)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bucket => "bucket",
            Self::Function => "function",
            Self::LogGroup => "log group",
            Self::Table => "table",
        })
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stray {
    pub(super) kind: Kind,
    pub(super) name: String,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// Everything that has a name of the environment, whoever owns it.
pub(super) async fn named(aws: &Aws, scope: &Scope) -> anyhow::Result<BTreeSet<Stray>> {
    let prefix = scope.prefix.as_str();
    let (buckets, tables, functions, groups) = tokio::try_join!(
        buckets::names(&aws.s3, prefix),
        names::tables(aws, prefix),
        names::functions(aws, prefix),
        logs::groups(&aws.logs, prefix),
    )?;
    let kinds = [(Kind::Bucket, buckets), (Kind::Table, tables), (Kind::Function, functions), (Kind::LogGroup, groups)];
    let all = kinds.into_iter().flat_map(|(kind, names)| names.into_iter().map(move |name| Stray { kind, name }));
    // A log group is named by a path, and its last part is the function's name.
    Ok(all.filter(|one| scope.holds(one.name.rsplit('/').next().unwrap_or(&one.name))).collect())
}

/// Deletes one with all that it holds; one that has gone already is as good.
pub(super) async fn remove(ui: &Ui, aws: &Aws, stray: &Stray) -> anyhow::Result<()> {
    let name = stray.name.as_str();
    match stray.kind {
        Kind::Bucket => {
            empty(ui, &aws.s3, name).await?;
            buckets::remove(&aws.s3, name).await?;
        }
        Kind::Function => names::delete_function(aws, name).await?,
        Kind::LogGroup => logs::delete_group(&aws.logs, name).await?,
        Kind::Table => names::delete_table(aws, name, PATIENCE).await?,
    }
    ui.step("Deleted", stray.to_string());
    Ok(())
}
