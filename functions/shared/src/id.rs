//! Identifiers in paths: UUIDs in their one canonical spelling.

use uuid::Uuid;

use crate::Error;

/// Reads an identifier from a path. Anything but a lower-case, hyphenated UUID names nothing, so it is answered
/// like an unknown one; another spelling of a known id would otherwise be a second name for the same thing.
pub fn from_path(text: &str) -> Result<Uuid, Error> {
    canonical(text).ok_or(Error::NotFound)
}

/// The UUID, if this is its canonical spelling.
#[must_use]
pub fn canonical(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (id.hyphenated().encode_lower(&mut buffer) == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn the_canonical_spelling_is_read() {
        assert_eq!(from_path(ID).map(|id| id.to_string()).ok().as_deref(), Some(ID));
    }

    #[test]
    fn anything_else_is_not_found() {
        let upper = ID.to_uppercase();
        let simple = ID.replace('-', "");
        let braced = format!("{{{ID}}}");
        for text in ["", "1", "idem#x", upper.as_str(), simple.as_str(), braced.as_str()] {
            assert!(matches!(from_path(text), Err(Error::NotFound)), "{text}");
        }
    }
}
