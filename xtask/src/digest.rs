//! SHA-256 in the one form in which names, records and fingerprints have it. Pure.

use sha2::{Digest, Sha256};

/// SHA-256 of some bytes: 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The first digits of it, where a name need only tell a few things apart.
#[must_use]
pub fn start(bytes: impl AsRef<[u8]>, digits: usize) -> String {
    let mut digest = sha256(bytes);
    digest.truncate(digits);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_one_that_sha256sum_prints_and_its_start_is_a_part_of_it() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256("abc"), abc);
        assert_eq!(start(b"abc", 16), abc[..16]);
        assert_eq!(start("abc", 0), "");
    }
}
