//! What is known of a branch's environment, and what may become of it. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Span;
use crate::error::Problem;
use crate::releases::record::Commit;

/// The format of the records that this deployer writes, and the newest that it reads.
const VERSION: u32 = 1;
/// Longest value of a tag (AWS General Reference, "Tag naming limits and requirements").
const TAG_VALUE_MAX: usize = 256;

/// A branch's environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The format.
    pub version: u32,
    /// The environment's name.
    pub environment: String,
    /// The branch that it is of; never changes.
    pub branch: String,
    /// Whose it is; never changes, since the stacks are tagged with it.
    pub owner: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its last deploy began or ended.
    pub deployed: Timestamp,
    /// The caller's ARN of that deploy.
    pub by: String,
    /// The commit that it was made from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// How long it lives after a deploy.
    pub ttl: Span,
    /// When it may go.
    pub expires: Timestamp,
    /// Set as soon as somebody has begun to tear it down. There is no way back but to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// Who tears an environment down, since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The caller's ARN.
    pub by: String,
    /// When it began.
    pub at: Timestamp,
}

/// What is asked for with `env up`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The branch.
    pub branch: String,
    /// Whose the environment becomes, where it is new.
    pub owner: Option<String>,
    /// How long it lives after a deploy, if not as before.
    pub ttl: Option<Span>,
}

/// A deploy at its beginning or end.
#[derive(Clone, Debug)]
pub(super) struct Tick<'a> {
    pub(super) environment: &'a str,
    pub(super) by: &'a str,
    pub(super) at: Timestamp,
    pub(super) commit: Option<Commit>,
}

/// What an environment is, as far as its clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Its time is not over.
    Live,
    /// It may go.
    Expired,
    /// Somebody tears it down, or was killed while doing so.
    Ending,
}

impl Record {
    /// A new environment.
    pub(super) fn new(claim: &Claim, ttl: Span, tick: &Tick<'_>) -> Result<Self, Problem> {
        let record = Self {
            version: VERSION,
            environment: tick.environment.to_owned(),
            branch: claim.branch.clone(),
            owner: claim.owner.clone().unwrap_or_else(|| name_of(tick.by).to_owned()),
            created: tick.at,
            deployed: tick.at,
            by: tick.by.to_owned(),
            commit: None,
            ttl,
            expires: tick.at,
            ending: None,
        };
        record.renewed(Some(claim), tick)
    }

    /// The clock set anew by a deploy.
    ///
    /// # Errors
    /// Where the environment is being torn down, or is another branch's.
    pub(super) fn renewed(&self, claim: Option<&Claim>, tick: &Tick<'_>) -> Result<Self, Problem> {
        self.refuse(claim)?;
        let ttl = claim.and_then(|claim| claim.ttl).unwrap_or(self.ttl);
        let life = i64::try_from(ttl.seconds()).unwrap_or(i64::MAX);
        let expires = Timestamp::from_second(tick.at.as_second().saturating_add(life)).unwrap_or(Timestamp::MAX);
        let commit = tick.commit.clone().or_else(|| self.commit.clone());
        Ok(Self { deployed: tick.at, by: tick.by.to_owned(), commit, ttl, expires, ..self.clone() })
    }

    /// Refuses a deploy into an environment that is not there for it.
    pub(super) fn refuse(&self, claim: Option<&Claim>) -> Result<(), Problem> {
        let name = &self.environment;
        if let Some(ending) = &self.ending {
            let text = format!("environment `{name}` is being torn down, by {} since {:.0}", ending.by, ending.at);
            let hint =
                "wait for its end; if that was killed, `cargo xtask env gc` brings it to one, then run this again";
            return Err(Problem::failed(text).hint(hint));
        }
        if let Some(claim) = claim.filter(|claim| claim.branch != self.branch) {
            let text = format!("environment `{name}` is of branch `{}`, not of `{}`", self.branch, claim.branch);
            return Err(Problem::failed(text).hint("rename the branch: the two have the same hash"));
        }
        Ok(())
    }

    /// The same, for somebody who tears it down.
    pub(super) fn ended(&self, by: &str, at: Timestamp) -> Self {
        let ending = self.ending.clone().unwrap_or_else(|| Ending { by: by.to_owned(), at });
        Self { ending: Some(ending), ..self.clone() }
    }

    /// What it is at this time.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.ending.is_some() {
            return State::Ending;
        }
        if now >= self.expires { State::Expired } else { State::Live }
    }

    /// Tags of the environment's stacks: what never changes of it.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        [("branch", &self.branch), ("owner", &self.owner)].map(|(key, value)| (key.to_owned(), tag_value(value))).into()
    }

    pub(super) fn parse(bytes: &[u8], key: &str) -> anyhow::Result<Self> {
        let hint = "look at it; an environment without a record is no longer collected";
        let record: Self = serde_json::from_slice(bytes).map_err(|error| {
            let problem = Problem::failed(format!("`{key}` is no record of an environment")).hint(hint);
            anyhow::Error::from(error).context(problem)
        })?;
        if record.version > VERSION {
            let text = format!("`{key}` has format {}, this version reads up to {VERSION}", record.version);
            return Err(Problem::failed(text).hint("run a newer version of the deployer").into());
        }
        Ok(record)
    }
}

/// The last part of an ARN: a user's name, or that of a role's session.
fn name_of(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Only what a tag may hold.
fn tag_value(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '_' }).take(TAG_VALUE_MAX).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(crate) fn claim(branch: &str) -> Claim {
        Claim { branch: branch.into(), owner: None, ttl: None }
    }

    pub(crate) fn tick(second: i64) -> Tick<'static> {
        let by = "arn:aws:sts::111111111111:assumed-role/dev/ada";
        Tick { environment: "pr-a-aaaaaaa", by, at: at(second), commit: None }
    }

    pub(crate) fn record(second: i64) -> Record {
        Record::new(&claim("feature/a"), Span::minutes(60), &tick(second)).unwrap()
    }

    #[test]
    fn an_environment_lives_its_time_and_not_a_second_longer() {
        let record = record(0);
        assert_eq!((record.state(at(3_599)), record.state(at(3_600))), (State::Live, State::Expired));
        assert_eq!(record.owner, "ada", "whoever makes it");
    }

    #[test]
    fn each_deploy_sets_the_clock_anew_and_keeps_what_never_changes() {
        let first = record(0);
        let other = Claim { owner: Some("eve".into()), ttl: Some(Span::minutes(120)), ..claim("feature/a") };
        let second = first.renewed(Some(&other), &tick(1_000)).unwrap();
        assert_eq!((second.expires, second.ttl, second.created), (at(8_200), Span::minutes(120), first.created));
        assert_eq!(second.labels(), first.labels());
        let third = second.renewed(None, &tick(2_000)).unwrap();
        assert_eq!((third.expires, third.ttl), (at(9_200), second.ttl), "the length stays until another is asked for");
    }

    #[test]
    fn an_environment_that_is_torn_down_is_never_deployed_to() {
        let ending = record(0).ended("arn:aws:iam::1:user/gc", at(5_000));
        assert_eq!(ending.state(at(0)), State::Ending);
        let error = ending.renewed(None, &tick(1)).unwrap_err().to_string();
        assert!(error.contains("is being torn down, by arn:aws:iam::1:user/gc since 1970-01-01T01:23:20Z"), "{error}");
        assert_eq!(ending.ended("another", at(6_000)), ending, "the first one is named");
    }

    #[test]
    fn an_environment_of_another_branch_is_refused() {
        let error = record(0).renewed(Some(&claim("feature/b")), &tick(1)).unwrap_err().to_string();
        assert_eq!(error, "environment `pr-a-aaaaaaa` is of branch `feature/a`, not of `feature/b`");
    }

    #[test]
    fn labels_hold_only_what_a_tag_may_hold() {
        let odd = Record { branch: "fix/#1?".into(), owner: "x".repeat(300), ..record(0) };
        let labels = odd.labels();
        assert_eq!(labels["branch"], "fix/_1_");
        assert_eq!(labels["owner"].len(), 256);
    }

    #[test]
    fn a_record_round_trips_and_a_newer_format_is_refused() {
        let record = record(7);
        let bytes = serde_json::to_vec(&record).unwrap();
        assert_eq!(Record::parse(&bytes, "k").unwrap(), record);
        let newer = serde_json::to_vec(&Record { version: 2, ..record }).unwrap();
        assert!(Record::parse(&newer, "k").unwrap_err().to_string().contains("format 2"));
        assert!(Record::parse(b"{}", "k").unwrap_err().to_string().contains("is no record"));
    }
}
