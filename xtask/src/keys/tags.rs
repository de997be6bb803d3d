//! Public halves as tags of their secret: who only plans may describe a secret, and needs no private half to know the public
//! one. A deploy goes by the values themselves, and sees that the tags say the same. Pure.

use std::collections::BTreeMap;

use super::pair::Public;
use super::state::Version;

/// What the key of a version's tag begins with; its id follows.
const PREFIX: &str = "public-";

/// What is to be done to a secret's tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tagging {
    /// Tags to write: key and value.
    pub write: Vec<(String, String)>,
    /// Keys of tags to take away: their versions are no more.
    pub remove: Vec<String>,
}

impl Tagging {
    /// What is to be done so that the tags say these versions; `is_there` knows a version by its id.
    pub(super) fn of(tags: &BTreeMap<String, String>, versions: &[&Version], is_there: impl Fn(&str) -> bool) -> Self {
        let wanted = versions.iter().map(|version| tag(version));
        let gone = |key: &&String| key.strip_prefix(PREFIX).is_some_and(|id| !is_there(id));
        Self {
            write: wanted.filter(|(key, value)| tags.get(key) != Some(value)).collect(),
            remove: tags.keys().filter(gone).cloned().collect(),
        }
    }
}

/// A version's tag: its key (DER of the SPKI in Base64) and when it was made, some 145 of the 256 characters that a value
/// may have, all of them of those that it may have (AWS Tagging API reference, `Tag`).
fn tag(version: &Version) -> (String, String) {
    (format!("{PREFIX}{}", version.id), format!("{} {}", version.public.base64(), version.created))
}

/// What the tags say of a version; `None` where they say nothing that can be read.
pub(super) fn version(tags: &BTreeMap<String, String>, id: &str) -> Option<Version> {
    let (key, created) = tags.get(&format!("{PREFIX}{id}"))?.split_once(' ')?;
    Some(Version { id: id.to_owned(), created: created.parse().ok()?, public: Public::parse(key)? })
}

#[cfg(test)]
mod tests {
    use super::super::pair::placeholder;
    use super::*;
    use jiff::Timestamp;

    fn made(number: u8) -> Version {
        let id = format!("{number:064}");
        Version { id, created: Timestamp::from_second(1_800_000_000).unwrap(), public: placeholder(number).unwrap() }
    }

    #[test]
    fn a_version_comes_back_from_its_tag_which_is_one_that_aws_takes() {
        let (key, value) = tag(&made(1));
        assert!(key.len() <= 128 && value.len() <= 256, "{key} {value}");
        let may = |c: char| c.is_ascii_alphanumeric() || " +-=._:/@".contains(c);
        assert!(key.chars().chain(value.chars()).all(may), "{key} {value}");
        let tags = BTreeMap::from([(key, value)]);
        assert_eq!(version(&tags, &made(1).id), Some(made(1)));
        assert_eq!(version(&tags, &made(2).id), None);
    }

    #[test]
    fn a_tag_that_is_no_key_says_nothing() {
        let (key, value) = tag(&made(1));
        for broken in ["", "x", "AAAA 2026-01-01T00:00:00Z", value.split_once(' ').unwrap().0] {
            assert_eq!(version(&BTreeMap::from([(key.clone(), broken.to_owned())]), &made(1).id), None, "{broken}");
        }
    }

    #[test]
    fn only_what_is_missing_or_wrong_is_written_and_only_what_is_of_no_version_goes() {
        let [(one, right), (two, _), (three, _)] = [1, 2, 3].map(|number| tag(&made(number)));
        let other = ("app".to_owned(), "demo".to_owned());
        let tags = BTreeMap::from([(one, right), (two.clone(), "wrong".into()), (three.clone(), "old".into()), other]);
        let there = |id: &str| id != made(3).id;
        let tagging = Tagging::of(&tags, &[&made(1), &made(2)], there);
        assert_eq!(tagging, Tagging { write: vec![(two, tag(&made(2)).1)], remove: vec![three] });
        assert_eq!(Tagging::of(&BTreeMap::from([tag(&made(1))]), &[&made(1)], there), Tagging::default());
    }
}
