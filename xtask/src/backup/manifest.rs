//! What a backup is made of. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Problem;
use crate::plan::counted;

/// The file that makes a backup whole.
pub(super) const MANIFEST: &str = "manifest.json";
/// The file that says whose backup a place is for.
pub(super) const BEGUN: &str = "begun.json";
/// The format that this deployer writes and reads.
const VERSION: u32 = 1;
/// How long a backup may be gone on with: what was saved first is as old as that.
const STALE: i64 = 24 * 3_600;

/// Whose backup it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// The format.
    pub version: u32,
    /// The application.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// When the backup began.
    pub at: Timestamp,
}

impl Begun {
    pub(super) fn now(config: &Config, now: Timestamp) -> Self {
        let env = &config.env;
        Self {
            version: VERSION,
            app: config.app.app.clone(),
            environment: env.name.clone(),
            account: env.account().to_owned(),
            region: env.region.clone(),
            at: now,
        }
    }

    /// Refuses to go on with another environment's backup, or with an old one.
    pub(super) fn refuse(&self, now: &Self, place: &str) -> Result<(), Problem> {
        let same = Self { at: self.at, ..now.clone() };
        let problem = if *self != same {
            format!("{place} holds what was begun for `{}` in {} {}", self.environment, self.account, self.region)
        } else if now.at.as_second() - self.at.as_second() > STALE {
            format!(
                "{place} holds a backup that was begun at {:.0} and never ended: it is too old to go on with",
                self.at
            )
        } else {
            return Ok(());
        };
        Err(Problem::failed(problem).hint("name another place"))
    }
}

/// A whole backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Whose it is.
    #[serde(flatten)]
    pub of: Begun,
    /// The tables.
    pub tables: Vec<Whole>,
    /// The buckets, but for those of sites.
    pub buckets: Vec<Whole>,
}

/// A table or a bucket, found again by service and logical id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whole {
    /// The service whose stack has it.
    pub service: String,
    /// Its logical id there.
    pub logical: String,
    /// Its name on AWS.
    pub name: String,
    /// What it holds, in order.
    pub parts: Vec<Part>,
}

/// A file of JSON lines: items, or objects beside whose lines lie their bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its path in the place.
    pub file: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Its lines.
    pub count: u64,
    /// Where the next part begins; `None` where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Whole {
    /// Items or objects.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.parts.iter().map(|part| part.count).sum()
    }
}

impl Manifest {
    pub(super) fn new(of: Begun) -> Self {
        Self { of, tables: vec![], buckets: vec![] }
    }

    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| {
            anyhow::Error::from(error).context(Problem::failed(format!("`{MANIFEST}` is no manifest of a backup")))
        })?;
        if manifest.of.version != VERSION {
            let text = format!("the backup has format {}, this version reads {VERSION}", manifest.of.version);
            return Err(Problem::failed(text).hint("use the version of the deployer that wrote it").into());
        }
        Ok(manifest)
    }

    /// In words: how much it is.
    #[must_use]
    pub fn told(&self) -> String {
        let sum = |all: &[Whole]| usize::try_from(all.iter().map(Whole::count).sum::<u64>()).unwrap_or(usize::MAX);
        let (items, objects) = (sum(&self.tables), sum(&self.buckets));
        let (tables, buckets) = (counted(self.tables.len(), "table"), counted(self.buckets.len(), "bucket"));
        format!("{} of {tables}, {} of {buckets}", counted(items, "item"), counted(objects, "object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(environment: &str, second: i64) -> Begun {
        Begun {
            version: VERSION,
            app: "demo".into(),
            environment: environment.into(),
            account: "111111111111".into(),
            region: "eu-central-1".into(),
            at: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn only_the_same_environments_backup_of_today_is_gone_on_with() {
        let first = begun("dev", 0);
        assert!(first.refuse(&begun("dev", STALE), "/b").is_ok());
        assert!(first.refuse(&begun("dev", STALE + 1), "/b").unwrap_err().to_string().contains("too old"));
        assert!(first.refuse(&begun("prod", 1), "/b").unwrap_err().to_string().contains("begun for `dev`"));
    }

    #[test]
    fn a_manifest_round_trips_and_another_format_is_refused() {
        let part = Part { file: "tables/a/T/000001.jsonl".into(), sha256: "00".into(), count: 3, next: None };
        let table =
            Whole { service: "a".into(), logical: "T".into(), name: "t".into(), parts: vec![part.clone(), part] };
        let manifest = Manifest { tables: vec![table], ..Manifest::new(begun("dev", 7)) };
        assert_eq!(Manifest::parse(&serde_json::to_vec(&manifest).unwrap()).unwrap(), manifest);
        assert_eq!(manifest.told(), "6 items of 1 table, 0 objects of 0 buckets");
        let other = Manifest { of: Begun { version: 2, ..begun("dev", 7) }, ..manifest };
        assert!(Manifest::parse(&serde_json::to_vec(&other).unwrap()).unwrap_err().to_string().contains("format 2"));
    }
}
