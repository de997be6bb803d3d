//! What of the artifact bucket may go. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::record::Release;
use crate::config::Retention;

/// Below these prefixes lies what releases name, and templates that were too long for a request.
pub const PREFIXES: [&str; 4] = ["code/", "site/", "sources/", "template/"];

/// What there is in an artifact bucket, of every environment that uses it.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// Releases by environment and id.
    pub releases: BTreeMap<String, BTreeMap<u64, Release>>,
    /// Environments that have stacks.
    pub live: BTreeSet<String>,
    /// Keys that stacks or hotswapped functions name.
    pub used: BTreeSet<String>,
    /// When each object below `PREFIXES` was written.
    pub objects: BTreeMap<String, Timestamp>,
}

/// What is to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Environment and id.
    pub releases: Vec<(String, u64)>,
    /// Keys.
    pub objects: Vec<String>,
}

impl Collected {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty() && self.objects.is_empty()
    }

    /// What another, later look finds as well: a question takes its time, and deploys go on meanwhile.
    #[must_use]
    pub fn still(&self, later: &Self) -> Self {
        let releases = self.releases.iter().filter(|one| later.releases.contains(one)).cloned().collect();
        let objects = self.objects.iter().filter(|one| later.objects.contains(one)).cloned().collect();
        Self { releases, objects }
    }
}

/// What may go: releases that are neither young nor among the newest of a live environment, and old objects that no
/// release left over and no live environment names.
#[must_use]
pub fn collect(stock: &Stock, retention: Retention, now: Timestamp) -> Collected {
    let young = |at: Timestamp| now.as_second() - at.as_second() < i64::from(retention.days) * 24 * 3_600;
    let mut collected = Collected::default();
    let mut named: BTreeSet<&str> = stock.used.iter().map(String::as_str).collect();
    for (environment, releases) in &stock.releases {
        // At least one: the newest is what the environment runs.
        let newest = if stock.live.contains(environment) { retention.keep.max(1) } else { 0 };
        for (age, (id, release)) in releases.iter().rev().enumerate() {
            if u32::try_from(age).is_ok_and(|age| age < newest) || young(release.made.at) {
                named.extend(release.objects().map(|object| object.key.as_str()));
            } else {
                collected.releases.push((environment.clone(), *id));
            }
        }
    }
    let old = stock.objects.iter().filter(|(key, at)| !named.contains(key.as_str()) && !young(**at));
    collected.objects = old.map(|(key, _)| key.clone()).collect();
    collected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::{history, release};
    use proptest::prelude::*;

    const DAY: i64 = 24 * 3_600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Each release `n` of an environment brings code `n`; made `n` hours after the epoch, like its objects.
    fn stock(ids: &[u64]) -> Stock {
        let releases = history(ids.iter().map(|id| release(*id).with("orders", &id.to_string())));
        let objects = releases.values().flat_map(|release| {
            release.objects().map(|object| (object.key.clone(), release.made.at)).collect::<Vec<_>>()
        });
        let objects = objects.collect();
        Stock {
            releases: BTreeMap::from([("dev".into(), releases)]),
            live: ["dev".into()].into(),
            objects,
            ..Stock::default()
        }
    }

    #[test]
    fn the_newest_and_the_young_stay() {
        let retention = Retention { keep: 2, days: 1 };
        let all = stock(&[1, 2, 3, 4]);
        let later = collect(&all, retention, at(100 * DAY));
        assert_eq!(later.releases, [("dev".to_owned(), 2), ("dev".to_owned(), 1)]);
        assert_eq!(later.objects, ["code/orders/1.zip", "code/orders/2.zip", "sources/1.zip", "sources/2.zip"]);
        assert_eq!(collect(&all, retention, at(DAY)), Collected::default());
    }

    #[test]
    fn what_a_deploy_has_taken_up_again_since_the_first_look_stays() {
        let (keep, now) = (Retention { keep: 1, days: 1 }, at(100 * DAY));
        let mut all = stock(&[1, 2, 3]);
        let first = collect(&all, keep, now);
        all.used.insert("code/orders/1.zip".into());
        all.objects.insert("sources/2.zip".into(), now);
        let still = first.still(&collect(&all, keep, now));
        assert_eq!(still.objects, ["code/orders/2.zip", "sources/1.zip"]);
        assert_eq!(still.releases, first.releases);
        assert!(first.still(&Collected::default()).is_empty());
    }

    #[test]
    fn what_a_stack_names_stays_though_no_release_does() {
        let mut all = stock(&[1, 2]);
        all.used.insert("code/orders/1.zip".into());
        let gone = collect(&all, Retention { keep: 1, days: 1 }, at(100 * DAY));
        assert_eq!(gone.objects, ["sources/1.zip"]);
    }

    #[test]
    fn an_environment_that_was_destroyed_keeps_its_releases_for_their_days_only() {
        let mut all = stock(&[1, 2]);
        all.live.clear();
        assert_eq!(collect(&all, Retention { keep: 9, days: 1 }, at(100 * DAY)).objects.len(), 4);
        assert!(collect(&all, Retention { keep: 9, days: 101 }, at(100 * DAY)).releases.is_empty());
    }

    proptest! {
        #[test]
        fn nothing_that_is_in_use_is_ever_collected(
            ids in proptest::collection::btree_set(1_u64..2_000, 1..20),
            shared in proptest::collection::vec(0_usize..20, 0..6),
            used in proptest::collection::btree_set(1_u64..2_000, 0..5),
            (keep, days, now) in (0_u32..8, 1_u32..60, 0_i64..200),
        ) {
            let ids: Vec<u64> = ids.into_iter().collect();
            let mut all = stock(&ids);
            // Later releases that carry what earlier ones brought.
            for (step, index) in shared.iter().enumerate() {
                let id = 3_000 + u64::try_from(step).unwrap();
                let from = ids[index % ids.len()];
                let later = release(id).keep(from, "orders", &from.to_string());
                all.releases.get_mut("dev").unwrap().insert(id, later);
            }
            all.used = used.iter().map(|id| format!("code/orders/{id}.zip")).collect();
            let now = at(now * DAY);
            let gone = collect(&all, Retention { keep, days }, now);
            let gone_ids: BTreeSet<u64> = gone.releases.iter().map(|(_, id)| *id).collect();
            let gone_keys: BTreeSet<&String> = gone.objects.iter().collect();
            let releases = &all.releases["dev"];
            prop_assert!(gone_keys.iter().all(|key| !all.used.contains(*key)));
            for (index, (id, release)) in releases.iter().rev().enumerate() {
                prop_assert!(index > 0 || !gone_ids.contains(id), "the one in force stays");
                prop_assert!(index >= usize::try_from(keep).unwrap() || !gone_ids.contains(id), "the last N stay");
                if !gone_ids.contains(id) {
                    prop_assert!(release.objects().all(|object| !gone_keys.contains(&object.key)), "{id}");
                }
            }
            let cut = now.as_second() - i64::from(days) * DAY;
            prop_assert!(gone.objects.iter().all(|key| all.objects[key].as_second() <= cut));
        }
    }
}
