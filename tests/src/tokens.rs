//! Tokens that a stranger may come with: each is good but for one thing.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::user::{claims, sign_up};
use crate::{Call, Deployment, User, aws};

/// Signs with the pool's own private key. The emulator keeps it in its state folder, which its health answer names: so a
/// token can be wrong in one claim and right in all others. That no other way leads to an expired token within a test's
/// time, has a reason: Cognito gives none that lives shorter than five minutes.
#[derive(Debug)]
pub struct Forge {
    key: RsaKeyPair,
    header: Value,
    claims: Value,
}

impl Forge {
    /// A forge of tokens like this user's access token.
    #[must_use]
    pub fn like(user: &User) -> Self {
        let health = format!("{}/_ministack/health", Deployment::get().output("aws", "endpoint"));
        let edition = Call::new("GET", health).send().expect(200)["edition"].clone();
        let edition: Value = serde_json::from_str(edition.as_str().unwrap()).unwrap();
        let pool = Deployment::get().output("auth", "UserPoolId");
        let file = format!("{}/state/cognito-pool-keys/{pool}-access.pem", edition["folder"].as_str().unwrap());
        let pem = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("cannot read `{file}`: {error}"));
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let key = BASE64_STANDARD.decode(base64).unwrap();
        let key = RsaKeyPair::from_pkcs8(&key).or_else(|_| RsaKeyPair::from_der(&key)).unwrap();
        let header = user.access.split('.').next().unwrap();
        let header = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        Self { key, header, claims: claims(&user.access) }
    }

    /// A signed token with some other claims; `null` takes a claim away.
    #[must_use]
    pub fn with(&self, changes: &Value) -> String {
        let mut claims = self.claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let text = format!("{}.{}", encode(&self.header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The same claims "signed" by nothing.
    #[must_use]
    pub fn unsigned(&self, algorithm: &str) -> String {
        let mut header = self.header.clone();
        header["alg"] = json!(algorithm);
        format!("{}.{}.", encode(&header), encode(&self.claims))
    }

    /// The same claims signed with the public key as if it were a shared secret.
    #[must_use]
    pub fn confused(&self) -> String {
        let mut header = self.header.clone();
        header["alg"] = json!("HS256");
        let text = format!("{}.{}", encode(&header), encode(&self.claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.public().as_ref());
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
    }
}

/// A good token with another signature: its first character differs, since the last one has bits that decoders may ignore.
#[must_use]
pub fn tampered(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    format!("{signed}.{flipped}{}", &signature[1..])
}

/// A good token whose claims say something else.
#[must_use]
pub fn reworded(token: &str, name: &str, value: &str) -> String {
    let mut parts = token.split('.');
    let mut claims = claims(token);
    claims[name] = json!(value);
    format!("{}.{}.{}", parts.next().unwrap(), encode(&claims), parts.nth(1).unwrap())
}

/// What the same pool gives the same user for another app client.
#[must_use]
pub fn of_another_client(user: &User) -> String {
    let client = new_client(Deployment::get().output("auth", "UserPoolId"));
    user.tokens_for(&client)["AccessToken"].as_str().unwrap().to_owned()
}

/// What another pool gives a user of its own.
#[must_use]
pub fn of_another_pool() -> String {
    let pool = aws::cognito("CreateUserPool", &json!({"PoolName": "another", "UsernameAttributes": ["email"]}));
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let client = new_client(&pool);
    let (email, password) = sign_up(&client, "elsewhere");
    crate::user::sign_in(&pool, &client, &email, &password)["AccessToken"].as_str().unwrap().to_owned()
}

fn new_client(pool: &str) -> String {
    let flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let client = json!({"UserPoolId": pool, "ClientName": "another", "ExplicitAuthFlows": flows});
    let made = aws::cognito("CreateUserPoolClient", &client);
    made["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned()
}

fn encode(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}
