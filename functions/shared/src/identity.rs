//! Who is asking: the token's subject and nothing else.

use sha2::{Digest, Sha256};

use crate::Error;

/// Longer than any subject that a user pool issues (those are UUIDs).
const MAX_LENGTH: usize = 128;

/// The `sub` claim of a token that the gateway's authorizer has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(String);

impl User {
    /// Takes a subject. The separators of table and object keys (`#`, `/`) must not occur in it, or one user's key
    /// could be read as another's; a subject like that is refused rather than escaped.
    pub fn from_subject(subject: &str) -> Result<Self, Error> {
        let plain = subject.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if subject.is_empty() || subject.len() > MAX_LENGTH || !plain {
            return Err(Error::Forbidden);
        }
        Ok(Self(subject.to_owned()))
    }

    /// The subject, as it stands in keys.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sixteen hex digits that tell users apart in logs without naming them.
    #[must_use]
    pub fn log_hash(&self) -> String {
        hex::encode(&Sha256::digest(&self.0)[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_with_a_key_separator_is_refused() {
        for subject in ["", "a#b", "a/b", "a b", "ä", &"x".repeat(129)] {
            assert!(matches!(User::from_subject(subject), Err(Error::Forbidden)), "{subject}");
        }
    }

    #[test]
    fn the_log_hash_is_stable_and_not_the_subject() {
        let user = User::from_subject("01890a5d-ac96-774b-bcce-b302099a8057").expect("a plain subject");
        assert_eq!(user.log_hash(), user.clone().log_hash());
        assert_eq!(user.log_hash().len(), 16);
        assert!(!user.as_str().contains(&user.log_hash()));
    }
}
