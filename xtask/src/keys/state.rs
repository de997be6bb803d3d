//! What is known of a key's versions, and which of them must be trusted. Pure: the time is given.

use jiff::Timestamp;

use super::pair::Public;
use super::tags::Tagging;
use crate::config::Span;

/// A version of a secret, as far as anyone but its function may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Secrets Manager's id of it.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The public half.
    pub public: Public,
}

/// A key as its secret holds it. Secrets Manager forgets versions without a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The secret's ARN.
    pub arn: String,
    /// Signs, once the stack is deployed with it (`AWSCURRENT`).
    pub current: Version,
    /// Signed before (`AWSPREVIOUS`).
    pub previous: Option<Version>,
    /// Will sign, once everybody trusts it (`AWSPENDING`).
    pub pending: Option<Version>,
    /// A version's id, and since when the stack is known to sign with it.
    pub since: Option<(String, Timestamp)>,
    /// What its tags do not say of its versions yet, or no longer should.
    pub tagging: Tagging,
}

/// How long the previous key is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// What it signed has ended.
    No,
    /// What it signed may be good until then.
    Until(Timestamp),
    /// Nobody knows yet: it signs, or nobody has written down since when it doesn't.
    Open,
}

impl Secret {
    /// Whether the previous key is needed. `live` is the version that the stack signs with; `None` where there is no
    /// stack, `Some("")` where it does not say.
    ///
    /// The grace begins with the stack's own switch, not with the new key's birth: a run that is killed between the
    /// two must not shorten it.
    #[must_use]
    pub fn previous_needed(&self, live: Option<&str>, now: Timestamp, grace: Span) -> Needed {
        let (Some(_), Some(live)) = (&self.previous, live) else { return Needed::No };
        match &self.since {
            Some((version, at)) if live == self.current.id && *version == self.current.id => {
                // A time that no calendar has is never over.
                let Ok(end) = at.checked_add(grace.duration()) else { return Needed::Open };
                if now < end { Needed::Until(end) } else { Needed::No }
            }
            _ => Needed::Open,
        }
    }

    /// Whether a deploy that has just made the stack sign with the current key must write the time down.
    #[must_use]
    pub fn must_record(&self, live_before: Option<&str>) -> bool {
        let known = self.since.as_ref().is_some_and(|(version, _)| *version == self.current.id);
        self.previous.is_some() && (!known || live_before != Some(&self.current.id))
    }

    /// The keys that URLs may be signed with, from now until the next deploy; the current one first.
    #[must_use]
    pub fn trusted(&self, previous: Needed) -> Vec<Public> {
        let previous = self.previous.as_ref().filter(|_| previous != Needed::No);
        let versions = [Some(&self.current), self.pending.as_ref(), previous];
        versions.into_iter().flatten().map(|version| version.public.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::pair::placeholder;
    use super::*;

    const GRACE: Span = Span::minutes(60);

    fn version(number: u8) -> Version {
        Version { id: format!("v{number}"), created: Timestamp::UNIX_EPOCH, public: placeholder(number).unwrap() }
    }

    /// Rotated from the first to the second version.
    fn rotated(since: Option<(&str, i64)>) -> Secret {
        Secret {
            arn: "arn".into(),
            current: version(2),
            previous: Some(version(1)),
            pending: None,
            since: since.map(|(version, at)| (version.into(), Timestamp::from_second(at).unwrap())),
            tagging: Tagging::default(),
        }
    }

    fn needed(secret: &Secret, live: Option<&str>, now: i64) -> Needed {
        secret.previous_needed(live, Timestamp::from_second(now).unwrap(), GRACE)
    }

    #[test]
    fn the_previous_key_is_needed_for_its_grace_and_not_a_second_longer() {
        let secret = rotated(Some(("v2", 1_000)));
        let end = Needed::Until(Timestamp::from_second(4_600).unwrap());
        assert_eq!(needed(&secret, Some("v2"), 1_000), end);
        assert_eq!(needed(&secret, Some("v2"), 4_599), end);
        assert_eq!(needed(&secret, Some("v2"), 4_600), Needed::No);
    }

    #[test]
    fn a_stack_that_has_not_switched_needs_it_however_late_it_is() {
        for live in ["v1", "", "v0"] {
            assert_eq!(needed(&rotated(None), Some(live), i64::from(i32::MAX)), Needed::Open);
            assert_eq!(needed(&rotated(Some(("v2", 0))), Some(live), i64::from(i32::MAX)), Needed::Open);
        }
    }

    #[test]
    fn a_switch_that_nobody_wrote_down_ends_nothing() {
        assert_eq!(needed(&rotated(None), Some("v2"), i64::from(i32::MAX)), Needed::Open);
        assert_eq!(needed(&rotated(Some(("v1", 0))), Some("v2"), i64::from(i32::MAX)), Needed::Open);
    }

    #[test]
    fn without_a_stack_nothing_was_signed() {
        assert_eq!(needed(&rotated(None), None, 0), Needed::No);
    }

    #[test]
    fn a_switch_is_written_down_once() {
        assert!(rotated(None).must_record(Some("v1")));
        assert!(rotated(None).must_record(Some("v2")), "killed before it could");
        assert!(rotated(Some(("v1", 0))).must_record(Some("v1")));
        assert!(!rotated(Some(("v2", 0))).must_record(Some("v2")));
        assert!(rotated(Some(("v2", 0))).must_record(Some("v1")), "a switch forth, back and forth again");
        assert!(!Secret { previous: None, ..rotated(None) }.must_record(None));
    }

    #[test]
    fn the_current_key_comes_first_and_a_pending_one_is_trusted_before_it_signs() {
        let numbers = |secret: &Secret, needed: Needed| -> Vec<u8> {
            let trusted = secret.trusted(needed);
            trusted.iter().map(|one| (1..=3).find(|n| placeholder(*n).as_ref() == Some(one)).unwrap()).collect()
        };
        let mut secret = rotated(None);
        assert_eq!(numbers(&secret, Needed::Open), [2, 1]);
        assert_eq!(numbers(&secret, Needed::Until(Timestamp::UNIX_EPOCH)), [2, 1]);
        assert_eq!(numbers(&secret, Needed::No), [2]);
        secret.pending = Some(version(3));
        assert_eq!(numbers(&secret, Needed::No), [2, 3]);
    }
}
