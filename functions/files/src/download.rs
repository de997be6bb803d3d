//! Signed CDN URLs: one signature per page of a list, good for one folder and for minutes.

use anyhow::Context as _;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use serde_json::json;
use uuid::Uuid;

use crate::folder::Folder;

/// Signs URLs with a key whose public half the CDN trusts.
pub(crate) struct Signer {
    key: SigningKey,
    /// How long a URL is good, in seconds; the deployer sets it beside the time that a rotated key stays trusted.
    lifetime: i64,
    key_id: String,
    cdn_url: String,
}

impl Signer {
    pub(crate) fn new(pem: &str, lifetime: i64, key_id: String, cdn_url: String) -> anyhow::Result<Self> {
        let key = SigningKey::from_pkcs8_pem(pem).context("the URL signing key is no PKCS#8 P-256 key")?;
        Ok(Self { key, lifetime, key_id, cdn_url })
    }

    pub(crate) fn lifetime(&self) -> i64 {
        self.lifetime
    }

    /// Signs a custom policy for everything in the folder, ECDSA P-256 over SHA-256. Policy and signature are DER and JSON
    /// in `CloudFront`'s base64 alphabet, and `Hash-Algorithm` says that the hash is not the default SHA-1: Amazon
    /// `CloudFront` Developer Guide, "Create a signed URL using a custom policy" and "Linux commands and OpenSSL for
    /// base64 encoding and encryption".
    pub(crate) fn sign(&self, folder: &Folder, expires_at: i64) -> Pass {
        let base = format!("{}/{}", self.cdn_url, folder.prefix());
        let condition = json!({"DateLessThan": {"AWS:EpochTime": expires_at}});
        let policy = json!({"Statement": [{"Resource": format!("{base}*"), "Condition": condition}]}).to_string();
        let signature: DerSignature = self.key.sign(policy.as_bytes());
        let query = format!(
            "Policy={}&Signature={}&Key-Pair-Id={}&Hash-Algorithm=SHA256",
            encode(policy.as_bytes()),
            encode(signature.as_bytes()),
            self.key_id
        );
        Pass { base, query }
    }
}

/// Opens every file of one folder until it expires.
#[derive(Debug)]
pub(crate) struct Pass {
    base: String,
    query: String,
}

impl Pass {
    pub(crate) fn url(&self, file_id: Uuid) -> String {
        format!("{}{file_id}?{}", self.base, self.query)
    }
}

/// Base64 with the three characters replaced that a query string can't carry.
fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;
    use p256::elliptic_curve::Generate as _;
    use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

    use super::*;

    fn decode(text: &str) -> Vec<u8> {
        let standard = text.replace('-', "+").replace('_', "=").replace('~', "/");
        BASE64_STANDARD.decode(standard).expect("base64")
    }

    fn folder() -> Folder {
        Folder::parse("alice", "01890a5d-ac96-774b-bcce-b302099a8057").expect("a folder")
    }

    fn signer() -> (Signer, VerifyingKey) {
        let key = SigningKey::generate();
        let pem = key.to_pkcs8_pem(LineEnding::LF).expect("a PEM");
        let signer = Signer::new(&pem, 900, "K1".into(), "https://cdn.example".into()).expect("a signer");
        (signer, *key.verifying_key())
    }

    #[test]
    fn the_signature_verifies_with_the_public_key_over_the_policy_in_the_url() {
        let (signer, public) = signer();
        // Signatures are of many lengths and bytes: enough of them to meet every character of the alphabet.
        for expires_at in 0..64 {
            let file_id = Uuid::from_u128(7);
            let url = signer.sign(&folder(), expires_at).url(file_id);
            let (path, query) = url.split_once('?').expect("a query");
            assert_eq!(path, format!("https://cdn.example/alice/01890a5d-ac96-774b-bcce-b302099a8057/{file_id}"));
            let parts: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
            let [("Policy", policy), ("Signature", signature), ("Key-Pair-Id", "K1"), ("Hash-Algorithm", "SHA256")] =
                parts[..]
            else {
                panic!("{query}")
            };
            let policy = decode(policy);
            assert_eq!(
                String::from_utf8_lossy(&policy),
                format!(
                    "{{\"Statement\":[{{\"Resource\":\"https://cdn.example/alice/01890a5d-ac96-774b-bcce-b302099a8057/*\",\
                     \"Condition\":{{\"DateLessThan\":{{\"AWS:EpochTime\":{expires_at}}}}}}}]}}"
                )
            );
            let signature = DerSignature::try_from(decode(signature).as_slice()).expect("DER");
            assert!(public.verify(&policy, &signature).is_ok());
            assert!(public.verify(b"another policy", &signature).is_err());
        }
    }

    #[test]
    fn the_query_needs_no_escaping() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(encode(&all).bytes().all(|b| b.is_ascii_alphanumeric() || b"-_~".contains(&b)));
    }

    #[test]
    fn what_is_no_key_is_an_error() {
        assert!(
            Signer::new("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 900, "K".into(), "c".into())
                .is_err()
        );
    }
}
