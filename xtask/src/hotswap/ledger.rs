//! What hotswaps have put beside the stacks: one small object per environment, and the tags that say the same on each
//! function. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::Config;

/// Longest value of a tag (AWS General Reference, "Tag naming limits and requirements").
const TAG_VALUE_MAX: usize = 256;

/// The tags on a hotswapped function; a full deploy takes them off.
pub(crate) const TAGS: [&str; 4] = ["hotswap-by", "hotswap-at", "hotswap-code", "hotswap-replaced"];

/// Every function of an environment whose code is, or is about to be, another one than its stack's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// By the function's name on AWS.
    pub functions: BTreeMap<String, Swap>,
}

/// One function's swap. Written before the code is put: what runs is for its `CodeSha256` to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Swap {
    /// The function's service.
    pub service: String,
    /// Key of the code in the artifact bucket.
    pub code: String,
    /// SHA-256 of that code in Base64, as Lambda tells it.
    pub sha256: String,
    /// SHA-256 of the code that the stack had deployed, in Base64.
    pub replaced: String,
    /// ARN of who did it.
    pub by: String,
    /// When, as RFC 3339 in UTC.
    pub at: String,
}

impl Swap {
    /// The tags of the function.
    #[must_use]
    pub fn tags(&self) -> BTreeMap<String, String> {
        let values = [&self.by, &self.at, &self.code, &self.replaced];
        TAGS.into_iter().zip(values).map(|(name, value)| (name.to_owned(), tag_value(value))).collect()
    }
}

impl Ledger {
    /// Where an environment's ledger is in the artifact bucket, which account and region have to themselves.
    #[must_use]
    pub fn key(config: &Config) -> String {
        format!("hotswap/{}.json", config.env.name)
    }

    /// The functions of one service.
    pub fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = (&'a String, &'a Swap)> {
        self.functions.iter().filter(move |(_, swap)| swap.service == service)
    }

    /// Every code that a hotswapped function runs: what must not be collected.
    #[must_use]
    pub fn codes(&self) -> BTreeSet<&str> {
        self.functions.values().map(|swap| swap.code.as_str()).collect()
    }

    /// Adds swaps. What the stack had deployed is what the first swap of a function found.
    pub(super) fn intend(&mut self, swaps: &BTreeMap<String, Swap>) {
        for (name, swap) in swaps {
            let mut swap = swap.clone();
            if let Some(earlier) = self.functions.get(name) {
                swap.replaced.clone_from(&earlier.replaced);
            }
            self.functions.insert(name.clone(), swap);
        }
    }
}

/// Only what a tag may hold.
fn tag_value(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '_' }).take(TAG_VALUE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn swap(code: &str, replaced: &str) -> Swap {
        Swap {
            service: "orders".into(),
            code: code.into(),
            sha256: format!("{code}="),
            replaced: replaced.into(),
            by: "arn:aws:sts::1:assumed-role/dev/me".into(),
            at: "2026-01-01T00:00:00Z".into(),
        }
    }

    #[test]
    fn a_second_swap_keeps_what_the_stack_had_deployed() {
        let mut ledger = Ledger::default();
        ledger.intend(&BTreeMap::from([("f".into(), swap("b", "a"))]));
        ledger.intend(&BTreeMap::from([("f".into(), swap("c", "b"))]));
        assert_eq!(ledger.functions["f"], swap("c", "a"));
        assert_eq!(ledger.codes(), BTreeSet::from(["c"]));
    }

    #[test]
    fn a_service_sees_its_own_functions() {
        let mut ledger = Ledger::default();
        let other = Swap { service: "mail".into(), ..swap("b", "a") };
        ledger.intend(&BTreeMap::from([("f".into(), swap("b", "a")), ("g".into(), other)]));
        assert_eq!(ledger.of("orders").map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["f"]);
    }

    #[test]
    fn the_tags_say_who_when_which_code_and_what_it_replaced() {
        let tags = swap("code/orders/1.zip", "a+/=").tags();
        assert_eq!(tags["hotswap-by"], "arn:aws:sts::1:assumed-role/dev/me");
        assert_eq!(tags["hotswap-at"], "2026-01-01T00:00:00Z");
        assert_eq!(tags["hotswap-code"], "code/orders/1.zip");
        assert_eq!(tags["hotswap-replaced"], "a+/=");
    }

    proptest! {
        #[test]
        fn every_tag_is_one_that_aws_takes(by in ".{0,400}") {
            let tags = Swap { by, ..swap("b", "a") }.tags();
            prop_assert!(tags.values().all(|value| value.chars().count() <= 256));
            prop_assert!(tags.values().flat_map(|value| value.chars()).all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c)));
        }
    }
}
