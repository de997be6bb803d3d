//! What content and versions are called: SHA-256 of bytes as S3 computes it, and ETags.

use sha2::{Digest as _, Sha256};

/// Bytes of a part, and of the largest file that is sent in one piece. S3 takes parts from 5 MiB on and 10,000 of them
/// (S3 User Guide, "Amazon S3 multipart upload limits"); a larger file has larger parts, see `part_size`.
pub const PART: u64 = 8 << 20;
/// The most parts that an object has.
const MOST_PARTS: u64 = 10_000;

/// The SHA-256 of a file in one piece; of a larger one, that of its parts' SHA-256s, as S3 computes the checksum of a
/// multipart upload (S3 User Guide, "Checking object integrity": composite checksums).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of bytes in one piece.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of a file's parts, given one by one.
    #[must_use]
    pub fn of_parts(parts: &[Self]) -> Self {
        match parts {
            [only] => *only,
            parts => {
                let mut hasher = Sha256::new();
                for part in parts {
                    hasher.update(part.0);
                }
                Self(hasher.finalize().into())
            }
        }
    }

    /// Hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// As S3's headers carry it.
    #[must_use]
    pub fn base64(&self) -> String {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(self.0)
    }

    /// From `base64`, or from the same with the count of parts behind a dash.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        use base64::Engine;
        let text = text.split_once('-').map_or(text, |(digest, _)| digest);
        base64::engine::general_purpose::STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// From `hex`.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// Bytes of each part but the last one of a file of this size: the same for everybody, or digests would differ.
#[must_use]
pub(crate) fn part_size(size: u64) -> u64 {
    PART.max(size.div_ceil(MOST_PARTS))
}

/// An `ETag` in 16 bytes, to compare: most are an MD5 and are kept as that, the rest by their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag(pub [u8; 16]);

impl Tag {
    /// With or without quotes.
    #[must_use]
    pub fn of(etag: &str) -> Self {
        let text = etag.trim_matches('"');
        let mut bytes = [0; 16];
        if hex::decode_to_slice(text, &mut bytes).is_err() {
            bytes.copy_from_slice(&Sha256::digest(text)[..16]);
        }
        Self(bytes)
    }

    /// As the manifest has it.
    pub(crate) fn base64(self) -> String {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(self.0)
    }

    /// From `base64`.
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// From hexadecimal.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_comes_back_from_each_of_its_forms() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Digest::from_hex(&digest.hex()), Some(digest));
        assert_eq!(Digest::from_base64(&digest.base64()), Some(digest));
        assert_eq!(Digest::from_base64(&format!("{}-3", digest.base64())), Some(digest));
        assert_eq!((Digest::from_hex("ab"), Digest::from_base64("ab")), (None, None));
    }

    #[test]
    fn no_file_has_more_parts_than_s3_takes() {
        assert_eq!((part_size(0), part_size(PART * MOST_PARTS)), (PART, PART));
        assert_eq!(part_size(PART * MOST_PARTS + 1), PART + 1);
        let largest = 5 << 40;
        assert!(u64::div_ceil(largest, part_size(largest)) <= MOST_PARTS);
    }

    #[test]
    fn tags_differ_where_etags_do_and_quotes_do_not_count() {
        let plain = "900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(Tag::of(plain), Tag::of(&format!("\"{plain}\"")));
        assert_ne!(Tag::of(plain), Tag::of(&format!("{plain}-2")));
        assert_ne!(Tag::of(&format!("{plain}-1")), Tag::of(&format!("{plain}-2")));
        assert_eq!(Tag::from_base64(&Tag::of(plain).base64()), Some(Tag::of(plain)));
        assert_eq!(Tag::from_hex(plain), Some(Tag::of(plain)));
        assert_eq!((Tag::from_base64("ab"), Tag::from_hex("ab")), (None, None));
    }
}
