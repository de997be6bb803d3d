//! What a deploy leaves behind: for each service the bytes that it is made of, by hash, and who brought them, when. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Architecture;
use crate::error::Problem;

/// The format of the records that this deployer writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// An environment as one deploy left it. Services that the deploy did not touch keep the record that they had, so that
/// one release alone says what the whole environment runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The format.
    pub version: u32,
    /// Counts up in its environment, from 1.
    pub id: u64,
    /// The environment's name.
    pub environment: String,
    /// The deploy that left it.
    pub made: Made,
    /// Whether the deploy came to its end: one that failed leaves a record of what it had done by then.
    pub complete: bool,
    /// What each service is made of.
    pub services: BTreeMap<String, Record>,
}

/// A deploy, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// When it ended.
    pub at: Timestamp,
    /// The caller's ARN.
    pub by: String,
    /// Wall time.
    pub milliseconds: u64,
    /// Which command it was.
    pub action: Action,
}

/// What kind of deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Action {
    /// From a clone.
    #[default]
    Deploy,
    /// Back to an earlier release of the same environment.
    Rollback {
        /// Its id.
        to: u64,
    },
    /// From another environment.
    Promote {
        /// That environment's name.
        from: String,
        /// The account that it is in.
        account: String,
        /// The id of its release.
        release: u64,
    },
}

/// One service in a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The release that brought it.
    pub release: u64,
    /// The deploy that brought it.
    pub made: Made,
    /// The commit of its sources, if they were in a git repository.
    pub commit: Option<Commit>,
    /// The functions' processor.
    pub architecture: Architecture,
    /// The zip of the templates' sources and of the configuration that they were rendered with.
    pub sources: Object,
    /// SHA-256 of the rendered template, hexadecimal.
    pub template: String,
    /// The function code.
    pub code: Option<Code>,
    /// The built site.
    pub site: Option<SiteRecord>,
    /// Values that the configuration gave: memory, timeouts, limits.
    pub literals: BTreeMap<String, Value>,
    /// Parameters that come from other stacks or from keys, and from where: resolved anew by every deploy.
    pub references: BTreeMap<String, String>,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// Its hash.
    pub id: String,
    /// Whether the clone held changes that are in no commit.
    pub dirty: bool,
}

/// An object of the artifact bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Its key.
    pub key: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// Function code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// The package that it was built from.
    pub package: String,
    /// The zip.
    #[serde(flatten)]
    pub zip: Object,
    /// What built it, such as `rustc 1.95.0`; empty where the artifact does not say.
    pub toolchain: String,
}

/// A built site, before an environment was filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteRecord {
    /// The zip of the built files.
    #[serde(flatten)]
    pub archive: Object,
    /// Digest of the sources that it was built from, hexadecimal.
    pub digest: String,
}

impl Release {
    /// Reads a record.
    ///
    /// # Errors
    /// What a newer deployer wrote, and what is no record.
    pub fn parse(bytes: &[u8], key: &str) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Format {
            version: u32,
        }
        let broken = |error| Problem::failed(format!("`{key}` is no release record: {error}"));
        let format: Format = serde_json::from_slice(bytes).map_err(broken)?;
        if format.version > VERSION {
            let text = format!("`{key}` has format {}, this deployer reads up to {VERSION}", format.version);
            return Err(Problem::failed(text).hint("use the deployer of a newer commit: git pull"));
        }
        serde_json::from_slice(bytes).map_err(broken)
    }

    /// The record as it is stored.
    pub fn bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The services that this very deploy touched.
    pub fn touched(&self) -> impl Iterator<Item = (&str, &Record)> {
        let own = self.services.iter().filter(|(_, record)| record.release == self.id);
        own.map(|(name, record)| (name.as_str(), record))
    }

    /// Every object of the artifact bucket that it needs, by key.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.services.values().flat_map(Record::objects)
    }
}

impl Record {
    /// Every object of the artifact bucket that it needs.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        let code = self.code.iter().map(|code| &code.zip);
        let site = self.site.iter().map(|site| &site.archive);
        code.chain(site).chain(std::iter::once(&self.sources))
    }

    /// Whether both are made of the same bytes: who brought them, when, and what key rotation did to the rendered
    /// template is not looked at.
    #[must_use]
    pub fn same_bytes(&self, other: &Self) -> bool {
        let zip = |record: &Self| record.code.as_ref().map(|code| code.zip.clone());
        let site = |record: &Self| record.site.as_ref().map(|site| site.archive.clone());
        self.release == other.release
            || (zip(self) == zip(other)
                && site(self) == site(other)
                && self.sources == other.sources
                && self.literals == other.literals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::release;

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let mut written = release(7).with("web", "1").keep(3, "orders", "2");
        let from = Action::Promote { from: "dev".into(), account: "1".into(), release: 4 };
        written.made.action = from;
        assert_eq!(Release::parse(&written.bytes().unwrap(), "k").unwrap(), written);
    }

    #[test]
    fn the_form_of_a_record_is_kept() {
        let written = release(7).rolled_back_to(3).with("web", "1");
        insta::assert_snapshot!(String::from_utf8(written.bytes().unwrap()).unwrap());
    }

    #[test]
    fn what_a_newer_deployer_wrote_is_refused_by_its_version_and_not_by_its_fields() {
        let error = Release::parse(br#"{"version": 2, "id": "of another kind"}"#, "k").unwrap_err();
        assert_eq!(error.to_string(), "`k` has format 2, this deployer reads up to 1");
        assert!(Release::parse(b"{}", "k").unwrap_err().to_string().contains("no release record"));
    }

    #[test]
    fn a_release_names_every_object_that_it_needs() {
        let release = release(7).with("web", "1").keep(3, "orders", "2");
        let keys: Vec<&str> = release.objects().map(|object| object.key.as_str()).collect();
        assert_eq!(keys, ["code/orders/2.zip", "sources/2.zip", "code/web/1.zip", "site/1.zip", "sources/1.zip"]);
        assert_eq!(release.touched().map(|(name, _)| name).collect::<Vec<_>>(), ["web"]);
    }
}
