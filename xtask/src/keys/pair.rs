//! Key pairs as data: made, read, told apart. ECDSA P-256, the one curve that `CloudFront` takes besides RSA.

use anyhow::Context;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::zeroize::Zeroizing;
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use p256::{PublicKey, SecretKey};
use serde::Serialize;

use crate::digest;

/// The half that everybody may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Public {
    /// The first 16 hex digits of the SHA-256 of the key's DER (SPKI): fit for a logical id.
    pub fingerprint: String,
    /// SPKI PEM.
    #[serde(rename = "public")]
    pub pem: String,
}

impl Public {
    /// What stands between the first and the last line of the PEM, in one.
    pub(super) fn base64(&self) -> String {
        self.pem.lines().filter(|line| !line.starts_with("-----")).collect()
    }

    /// From what `base64` gives; `None` of anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        public(&PublicKey::from_public_key_der(&BASE64_STANDARD.decode(text).ok()?).ok()?)
    }
}

/// A new private key as PKCS #8 PEM.
pub(super) fn generate() -> anyhow::Result<Zeroizing<String>> {
    let key = SecretKey::try_generate().context("the system gives no random numbers")?;
    key.to_pkcs8_pem(LineEnding::LF).context("cannot encode a new key")
}

/// The public half of a PKCS #8 PEM; `None` where it is none. The cause is left out on purpose: a parser may quote
/// what it read.
pub(super) fn public_of(pem: &str) -> Option<Public> {
    public(&SecretKey::from_pkcs8_pem(pem).ok()?.public_key())
}

/// A public key for templates that nobody deploys. Everybody knows its private half, which is `number` itself.
pub(crate) fn placeholder(number: u8) -> Option<Public> {
    let mut scalar = [0; 32];
    scalar[31] = number;
    public(&SecretKey::from_slice(&scalar).ok()?.public_key())
}

fn public(key: &PublicKey) -> Option<Public> {
    let der = key.to_public_key_der().ok()?;
    let fingerprint = digest::start(der.as_bytes(), 16);
    Some(Public { fingerprint, pem: key.to_public_key_pem(LineEnding::LF).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_read_again_and_no_two_are_the_same() {
        let (one, other) = (public_of(&generate().unwrap()).unwrap(), public_of(&generate().unwrap()).unwrap());
        assert!(one.pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{}", one.pem);
        assert_ne!(one.fingerprint, other.fingerprint);
    }

    #[test]
    fn a_fingerprint_fits_a_logical_id() {
        let fingerprint = placeholder(1).unwrap().fingerprint;
        assert_eq!(fingerprint.len(), 16);
        assert!(fingerprint.chars().all(|c| c.is_ascii_alphanumeric()), "{fingerprint}");
    }

    #[test]
    fn a_fingerprint_is_that_of_the_keys_der() {
        let public = placeholder(1).unwrap();
        let digest = digest::sha256(BASE64_STANDARD.decode(public.base64()).unwrap());
        assert!(digest.starts_with(&public.fingerprint), "{digest} {}", public.fingerprint);
    }
}
