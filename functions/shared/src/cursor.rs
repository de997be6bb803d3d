//! Page cursors: a position in the caller's own partition, made opaque. The partition itself is never in a cursor:
//! it comes from the token, so that a forged cursor can't leave it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

/// Wraps a position.
#[must_use]
pub fn encode(position: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(position)
}

/// Unwraps a position and lets `parse` check it; every failure is told alike.
pub fn decode<T>(cursor: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let position = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    position.and_then(|position| parse(&position)).ok_or_else(|| "is not a cursor of this list".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_gives_back_its_position(position in ".*") {
            prop_assert_eq!(decode(&encode(&position), |text| Some(text.to_owned())), Ok(position));
        }

        #[test]
        fn any_text_is_decoded_or_refused(cursor in ".*") {
            let _ = decode(&cursor, |text| Some(text.to_owned()));
        }
    }

    #[test]
    fn a_position_that_the_service_refuses_is_no_cursor() {
        assert!(decode::<()>(&encode("x"), |_| None).is_err());
        assert!(decode("=", |_| Some(())).is_err());
    }
}
