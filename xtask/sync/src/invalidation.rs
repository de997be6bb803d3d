//! The paths that a CDN is told to forget: few, and never more than what changed. Pure.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::rules::INDEX;

/// The most paths with a wildcard that a distribution takes at a time; without one it takes 3,000 (Amazon CloudFront
/// Developer Guide, "Quotas"). A wildcard costs what one path costs: 1,000 paths a month are free, each further one is
/// $0.005 (Amazon CloudFront pricing, "Invalidation Requests"). So a folder's wildcard is cheaper from two paths on, but it
/// makes the CDN forget unchanged files too, which the origin then has to serve anew.
const MOST: usize = 15;
/// RFC 3986's unreserved characters and `/` stay as they are.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The paths for changed `keys` of all `known` ones, both in order: each on its own as long as they are few; then folders as
/// deep as possible; `/*` only where nothing less fits, or everything changed.
pub(crate) fn paths<'a>(keys: &[&'a str], known: impl Iterator<Item = &'a str>) -> Vec<String> {
    if let Some(paths) = few(BTreeSet::new(), keys.iter().copied()) {
        return paths.into_iter().collect();
    }
    let known: Vec<&str> = known.collect();
    // What a folder's wildcard makes forgotten beside what changed in it.
    let unchanged = |folder: &str| {
        let inside = inside(&known, folder).iter();
        inside.filter(|key| keys.binary_search(key).is_err()).count()
    };
    let mut chosen: BTreeSet<&str> = keys.iter().map(|key| parent(key)).filter(|folder| !folder.is_empty()).collect();
    loop {
        if chosen.len() <= MOST {
            let uncovered = keys.iter().copied().filter(|key| !folders(key).any(|folder| chosen.contains(folder)));
            let wildcards = chosen.iter().map(|folder| format!("/{}*", encode(folder))).collect();
            if let Some(paths) = few(wildcards, uncovered) {
                // A folder with one changed file is named by that file.
                return refine(paths, &chosen, keys);
            }
        }
        let Some(deepest) = chosen.iter().map(|folder| depth(folder)).max().filter(|depth| *depth > 1) else {
            return vec!["/*".to_owned()];
        };
        // The folder whose parent costs the least goes up.
        let candidates = chosen.iter().filter(|folder| depth(folder) == deepest);
        let ups: BTreeSet<&str> = candidates.map(|folder| parent(folder.trim_end_matches('/'))).collect();
        let Some(up) = ups.into_iter().min_by_key(|up| unchanged(up)) else {
            return vec!["/*".to_owned()];
        };
        chosen.retain(|folder| !folder.starts_with(up));
        chosen.insert(up);
    }
}

/// These paths and those of keys, unless they are more than a distribution takes.
fn few<'a>(mut paths: BTreeSet<String>, keys: impl Iterator<Item = &'a str>) -> Option<BTreeSet<String>> {
    for key in keys {
        paths.extend(of_key(key));
        if paths.len() > MOST {
            return None;
        }
    }
    (paths.len() <= MOST).then_some(paths)
}

/// The folder of a key with its slash; empty at the root.
fn parent(key: &str) -> &str {
    key.rfind('/').map_or("", |at| &key[..=at])
}

/// All folders above a key.
fn folders(key: &str) -> impl Iterator<Item = &str> {
    key.match_indices('/').map(|(at, _)| &key[..=at])
}

fn depth(folder: &str) -> usize {
    folder.matches('/').count()
}

/// Of keys in order, those in a folder.
fn inside<'a, 'b>(keys: &'b [&'a str], folder: &str) -> &'b [&'a str] {
    let from = &keys[keys.partition_point(|key| *key < folder)..];
    &from[..from.partition_point(|key| key.starts_with(folder))]
}

fn refine(paths: BTreeSet<String>, chosen: &BTreeSet<&str>, keys: &[&str]) -> Vec<String> {
    let mut refined = paths;
    for folder in chosen {
        if let [only] = inside(keys, folder) {
            let wildcard = format!("/{}*", encode(folder));
            let own: Vec<String> = of_key(only).collect();
            if refined.len() - 1 + own.len() <= MOST {
                refined.remove(&wildcard);
                refined.extend(own);
            }
        }
    }
    refined.into_iter().collect()
}

/// As browsers ask for it; a folder's `index.html` by the folder's name as well.
fn of_key(key: &str) -> impl Iterator<Item = String> {
    let folder = key.strip_suffix(INDEX).filter(|folder| folder.is_empty() || folder.ends_with('/'));
    let folder = folder.map(|folder| format!("/{}", encode(folder)));
    folder.into_iter().chain([format!("/{}", encode(key))])
}

fn encode(key: &str) -> String {
    utf8_percent_encode(key, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(count: usize, folder: &str) -> BTreeSet<String> {
        (0..count).map(|number| format!("{folder}{number}.txt")).collect()
    }

    fn fold(changed: &BTreeSet<String>) -> Vec<String> {
        let keys: Vec<&str> = changed.iter().map(String::as_str).collect();
        paths(&keys, keys.iter().copied())
    }

    #[test]
    fn a_path_is_as_browsers_ask_for_it_and_a_folders_index_has_two() {
        let special = BTreeSet::from(["a b/ü+%.txt".to_owned(), INDEX.to_owned(), "about/index.html".to_owned()]);
        let expected = ["/", "/a%20b/%C3%BC%2B%25.txt", "/about/", "/about/index.html", "/index.html"];
        assert_eq!(fold(&special), expected);
    }

    #[test]
    fn up_to_fifteen_paths_stand_alone_and_more_are_folded_as_deep_as_possible() {
        assert_eq!(fold(&keys(15, "x/")).len(), 15);
        assert_eq!(fold(&keys(16, "x/")), ["/x/*"]);
        assert_eq!(fold(&keys(16, "")), ["/*"]);
        assert_eq!(fold(&BTreeSet::new()), Vec::<String>::new());
        let mut two = keys(20, "deep/one/");
        two.extend(keys(1, "deep/two/"));
        assert_eq!(fold(&two), ["/deep/one/*", "/deep/two/0.txt"]);
    }

    #[test]
    fn folders_go_up_where_there_are_too_many() {
        let changed: BTreeSet<String> = (0..20).map(|number| format!("posts/{number}/index.txt")).collect();
        assert_eq!(fold(&changed), ["/posts/*"]);
        let apart: BTreeSet<String> = (0..20).map(|number| format!("{number}/index.txt")).collect();
        assert_eq!(fold(&apart), ["/*"]);
    }

    #[test]
    fn of_a_hundred_thousand_files_in_deep_folders_it_says_little_at_once() {
        let keys: BTreeSet<String> =
            (0..100_000).map(|number| format!("a/{:02}/{:03}/{number:06}.txt", number % 100, number % 1_000)).collect();
        assert_eq!(fold(&keys), ["/a/*"]);
        // One folder of many, with what has not changed beside it.
        let changed: Vec<&str> = inside(&keys.iter().map(String::as_str).collect::<Vec<_>>(), "a/07/107/").to_vec();
        assert_eq!(paths(&changed, keys.iter().map(String::as_str)), ["/a/07/107/*"]);
    }

    proptest! {
        #[test]
        fn every_changed_key_is_covered_by_few_paths(
            changed in proptest::collection::btree_set("[ab]{1,2}(/[ab]{1,2}){0,2}\\.txt", 0..60)
        ) {
            let paths = fold(&changed);
            prop_assert!(paths.len() <= MOST);
            for key in &changed {
                let path = format!("/{key}");
                let covered = |one: &String| one.strip_suffix('*').map_or(*one == path, |start| path.starts_with(start));
                prop_assert!(paths.iter().any(covered), "{} not in {:?}", key, paths);
            }
        }
    }
}
