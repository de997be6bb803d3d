//! What the caller says about a file to upload, and how its name travels in a header.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use shared::Error;
use shared::body::{self, Body};

/// Longest file name, in Unicode scalar values.
const MAX_NAME: usize = 255;
/// Longest `content-disposition`, in bytes. S3 takes 2 KB of system-defined metadata, which the content type shares
/// (Amazon S3 User Guide, "Working with object metadata").
const MAX_DISPOSITION: usize = 1_900;
/// Longest content type, in bytes.
const MAX_TYPE: usize = 127;
/// Bytes of a SHA-256.
const HASH_BYTES: usize = 32;

/// All but `attr-char` of RFC 5987 (alphanumerics are never encoded).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// An announced upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) file_name: String,
    pub(crate) content_type: String,
    pub(crate) size: i64,
    /// Base64 of the content's SHA-256.
    pub(crate) sha256: String,
}

impl Upload {
    pub(crate) fn parse(bytes: &[u8], largest: i64) -> Result<Self, Error> {
        let mut body = Body::parse(bytes)?;
        let file_name = body.required("fileName", file_name);
        let content_type = body.required("contentType", content_type);
        let size = body.required("size", |value| size(value, largest));
        let sha256 = body.required("sha256", sha256);
        let (Some(file_name), Some(content_type), Some(size), Some(sha256)) = (file_name, content_type, size, sha256)
        else {
            return Err(body.refusal());
        };
        body.finish()?;
        Ok(Self { file_name, content_type, size, sha256 })
    }

    /// Makes the object a download under its own name, whatever its type.
    pub(crate) fn disposition(&self) -> String {
        disposition(&self.file_name)
    }
}

fn disposition(file_name: &str) -> String {
    format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(file_name, ENCODED))
}

fn file_name(value: &Value) -> Result<String, String> {
    let name = body::text(value)?;
    if !(1..=MAX_NAME).contains(&name.chars().count()) {
        return Err(format!("must have 1 to {MAX_NAME} characters"));
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) || matches!(name, "." | "..") {
        return Err("must be a plain file name, without control characters and path separators".to_owned());
    }
    if disposition(name).len() > MAX_DISPOSITION {
        return Err("is too long when encoded for a header".to_owned());
    }
    Ok(name.to_owned())
}

/// A bare media type; a parameter could smuggle anything into the object's header.
fn content_type(value: &Value) -> Result<String, String> {
    let text = body::text(value)?;
    let token = |part: &str| !part.is_empty() && part.bytes().all(is_token);
    let valid = text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    if !valid || text.len() > MAX_TYPE {
        return Err("must be a media type like image/png".to_owned());
    }
    Ok(text.to_owned())
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn size(value: &Value, largest: i64) -> Result<i64, String> {
    let size = body::whole(value).ok().filter(|size| (0..=largest).contains(size));
    size.ok_or_else(|| format!("must be a whole number of bytes from 0 to {largest}"))
}

fn sha256(value: &Value) -> Result<String, String> {
    let text = body::text(value)?;
    let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
    if bytes.len() != HASH_BYTES {
        return Err("must be the base64 of a SHA-256, 32 bytes".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn with(name: &str, value: Value) -> Result<Upload, Error> {
        let mut body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 1, "sha256": HASH});
        body[name] = value;
        Upload::parse(body.to_string().as_bytes(), 100)
    }

    fn assert_refused(name: &str, value: Value) {
        let told = value.to_string();
        let Err(Error::Unprocessable(fields)) = with(name, value) else { panic!("{name} = {told} was accepted") };
        assert_eq!(fields.into_keys().collect::<Vec<_>>(), [name]);
    }

    #[test]
    fn sizes_have_sharp_bounds() {
        assert_eq!(with("size", json!(0)).expect("fine").size, 0);
        assert_eq!(with("size", json!(100)).expect("fine").size, 100);
        assert_eq!(with("size", json!(7.0)).expect("fine").size, 7);
        for size in [json!(101), json!(-1), json!(1.5), json!("1"), json!(null), json!(u64::MAX), json!(1e300)] {
            assert_refused("size", size);
        }
    }

    #[test]
    fn file_names_are_plain() {
        for name in ["a", "日本語.txt", "🦀", &"x".repeat(255), "a b;\"c'%.txt", "...", "C:"] {
            assert_eq!(with("fileName", json!(name)).expect("fine").file_name, name);
        }
        for name in ["", ".", "..", "a/b", "a\\b", "a\nb", "a\0", "\u{85}", &"x".repeat(256), &"🦀".repeat(200)] {
            assert_refused("fileName", json!(name));
        }
    }

    #[test]
    fn content_types_are_bare_media_types() {
        for text in ["text/plain", "application/vnd.a+json", "x/!#$"] {
            assert!(with("contentType", json!(text)).is_ok(), "{text}");
        }
        let long = format!("a/{}", "b".repeat(126));
        for text in
            ["", "text", "text/", "/plain", "a/b/c", "text/html; charset=x", "text/ plain", "té/x", "a/b\r\n", &long]
        {
            assert_refused("contentType", json!(text));
        }
    }

    #[test]
    fn a_hash_is_the_base64_of_32_bytes() {
        for text in ["", "x", "AAAA", &HASH[..43], &HASH.replace('+', "-"), &format!("{HASH}AAAA")] {
            assert_refused("sha256", json!(text));
        }
    }

    #[test]
    fn every_missing_and_unknown_field_is_named() {
        let Err(Error::Unprocessable(fields)) = Upload::parse(br#"{"odd":1}"#, 1) else { panic!("accepted") };
        assert_eq!(fields.into_keys().collect::<Vec<_>>(), ["contentType", "fileName", "odd", "sha256", "size"]);
    }

    #[test]
    fn the_disposition_encodes_all_but_attribute_characters() {
        assert_eq!(disposition("a-b_c.txt"), "attachment; filename*=UTF-8''a-b_c.txt");
        assert_eq!(disposition("é \"(';*%"), "attachment; filename*=UTF-8''%C3%A9%20%22%28%27%3B%2A%25");
    }
}
