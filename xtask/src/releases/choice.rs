//! Which release to go back to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Action, Record, Release};
use crate::digest::sha256;
use crate::error::Problem;

/// What a stack says of a service: the key of its code, and its template.
pub type Live<'a> = (Option<&'a str>, Option<&'a str>);

/// The services that run what the newest release does not name: a deploy after it was cut off before it left one.
#[must_use]
pub fn unrecorded(current: &Release, live: &BTreeMap<&str, Live<'_>>) -> BTreeSet<String> {
    let differs = |(name, record): &(&String, &Record)| {
        let Some((code, template)) = live.get(name.as_str()) else { return false };
        let other_code = record.code.as_ref().zip(*code).is_some_and(|(recorded, code)| recorded.zip.key != code);
        // CloudFormation may give a template back without its last line's end.
        let ends = |text: &str| [text.to_owned(), format!("{}\n", text.trim_end())];
        let other_template =
            template.is_some_and(|text| !ends(text).iter().any(|text| sha256(text) == record.template));
        other_code || other_template
    };
    current.services.iter().filter(differs).map(|(name, _)| name.clone()).collect()
}

/// The release to go back to: the one asked for, or the newest whole one before what is in force that differs from it; the newest
/// itself where something of it is `unrecorded`.
///
/// What is in force after a rollback is the release that it went to, so a second rollback goes further back instead of
/// forth again. With `services` only their records count.
pub fn target<'a>(
    history: &'a BTreeMap<u64, Release>,
    asked: Option<u64>,
    services: &BTreeSet<String>,
    unrecorded: &BTreeSet<String>,
) -> Result<&'a Release, Problem> {
    let current = history.values().next_back().ok_or_else(|| {
        Problem::failed("this environment has no releases").hint("every deploy that changes something leaves one")
    })?;
    if let Some(id) = asked {
        return history.get(&id).ok_or_else(|| {
            let hint = "see what there is: cargo xtask releases";
            Problem::failed(format!("there is no release {id}: never made, or collected")).hint(hint)
        });
    }
    let moved = |name: &String| services.is_empty() || services.contains(name);
    if current.complete && unrecorded.iter().any(moved) {
        return Ok(current);
    }
    let start = in_force(history, current, services);
    let differs = |release: &&Release| !same(release, current, services);
    let earlier = history.range(..start).rev().map(|(_, release)| release);
    earlier.filter(|release| release.complete).find(differs).ok_or_else(|| {
        Problem::failed(format!("there is no earlier release than {start} to go back to"))
            .hint("name one with `--to`: cargo xtask releases")
    })
}

/// The id of the release whose bytes are in force: a rollback that put all of them back is followed to where it went.
fn in_force(history: &BTreeMap<u64, Release>, current: &Release, services: &BTreeSet<String>) -> u64 {
    let records = current.services.iter().filter(|(name, _)| services.contains(*name)).map(|(_, record)| record);
    let newest = records.max_by_key(|record| record.release);
    let (mut id, mut action) = newest.map_or((current.id, &current.made.action), |one| (one.release, &one.made.action));
    while let Action::Rollback { to } = action {
        let release = history.get(to).filter(|release| release.id < id && same(release, current, services));
        let Some(release) = release else { break };
        (id, action) = (release.id, &release.made.action);
    }
    id
}

/// Whether the services, or all of `release`, are made of the same bytes in both.
fn same(release: &Release, current: &Release, services: &BTreeSet<String>) -> bool {
    let mut names = release.services.iter().filter(|(name, _)| services.is_empty() || services.contains(*name));
    names.all(|(name, record)| current.services.get(name).is_some_and(|now| record.same_bytes(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::{history, release};

    fn chosen(history: &BTreeMap<u64, Release>, services: &[&str]) -> Option<u64> {
        let services = services.iter().map(|name| (*name).to_owned()).collect();
        target(history, None, &services, &BTreeSet::new()).ok().map(|release| release.id)
    }

    #[test]
    fn the_release_before_the_current_one_is_the_default() {
        let history = history([release(1).with("a", "1"), release(2).with("a", "2"), release(3).with("a", "3")]);
        assert_eq!(chosen(&history, &[]), Some(2));
    }

    #[test]
    fn a_second_rollback_goes_further_back_instead_of_forth() {
        let mut all = vec![release(1).with("a", "1"), release(2).with("a", "2"), release(3).with("a", "3")];
        all.push(release(4).rolled_back_to(2).with("a", "2"));
        assert_eq!(chosen(&history(all.clone()), &[]), Some(1));
        all.push(release(5).rolled_back_to(1).with("a", "1"));
        assert_eq!(chosen(&history(all.clone()), &[]), None);
        all.push(release(6).with("a", "6"));
        assert_eq!(chosen(&history(all), &[]), Some(5));
    }

    #[test]
    fn a_rollback_of_one_service_counts_as_a_release_of_its_own_for_the_others() {
        let two = release(2).with("a", "2").with("b", "2");
        let three = release(3).rolled_back_to(1).with("a", "1").keep(2, "b", "2");
        let history = history([release(1).with("a", "1").with("b", "1"), two, three]);
        assert_eq!(chosen(&history, &[]), Some(2));
        assert_eq!(chosen(&history, &["a"]), None);
        assert_eq!(chosen(&history, &["b"]), Some(1));
    }

    #[test]
    fn a_failed_deploy_is_left_behind_and_never_gone_back_to() {
        let all = [release(1).with("a", "1"), release(2).failed().with("a", "2"), release(3).failed().with("a", "3")];
        assert_eq!(chosen(&history(all), &[]), Some(1));
    }

    #[test]
    fn a_service_goes_back_to_where_it_differed() {
        let two = release(2).with("a", "2").keep(1, "b", "1");
        let three = release(3).keep(2, "a", "2").with("b", "3");
        let history = history([release(1).with("a", "1").with("b", "1"), two, three]);
        assert_eq!(chosen(&history, &["a"]), Some(1));
        assert_eq!(chosen(&history, &["b"]), Some(2));
        assert_eq!(chosen(&history, &[]), Some(2));
    }

    #[test]
    fn a_deploy_that_was_cut_off_goes_back_to_the_newest_release_and_not_beyond_it() {
        let mut newest = release(2).with("a", "2").with("b", "2");
        for record in newest.services.values_mut() {
            record.template = sha256("template\n");
        }
        let live = |code| BTreeMap::from([("a", (Some(code), Some("template"))), ("c", (None, None))]);
        assert!(unrecorded(&newest, &live("code/a/2.zip")).is_empty());
        let moved = unrecorded(&newest, &live("code/a/3.zip"));
        assert_eq!(moved, ["a".to_owned()].into());
        let template = BTreeMap::from([("b", (Some("code/b/2.zip"), Some("other")))]);
        assert_eq!(unrecorded(&newest, &template), ["b".to_owned()].into());
        let history = history([release(1).with("a", "1").with("b", "1"), newest]);
        let chosen = |services: &[&str]| {
            let services = services.iter().map(|name| (*name).to_owned()).collect();
            target(&history, None, &services, &moved).unwrap().id
        };
        assert_eq!((chosen(&[]), chosen(&["a"]), chosen(&["b"])), (2, 2, 1));
    }

    #[test]
    fn a_release_that_has_gone_is_named() {
        let history = history([release(4).with("a", "1")]);
        let error = target(&history, Some(2), &BTreeSet::new(), &BTreeSet::new()).unwrap_err();
        assert_eq!(error.to_string(), "there is no release 2: never made, or collected");
        assert_eq!(target(&history, Some(4), &BTreeSet::new(), &BTreeSet::new()).unwrap().id, 4);
        assert!(target(&BTreeMap::new(), None, &BTreeSet::new(), &BTreeSet::new()).is_err());
    }
}
