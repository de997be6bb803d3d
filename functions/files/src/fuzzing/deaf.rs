//! AWS clients without a network: what needs no network works, every call fails.

use std::sync::LazyLock;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use p256::ecdsa::SigningKey;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

use crate::download::Signer;
use crate::objects::Objects;
use crate::queue::Queue;
use crate::store::Store;

/// The clients of all handlers.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) queue: Queue,
    pub(crate) signer: Option<Signer>,
}

pub(crate) static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("x"))
        .retry_config(RetryConfig::disabled())
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("id", "secret", None)))
        .build();
    Parts {
        store: Store::new(aws_sdk_dynamodb::Client::new(&config), "files".to_owned()),
        objects: Objects::new(aws_sdk_s3::Client::new(&config), "bucket".to_owned()),
        queue: Queue::new(aws_sdk_sqs::Client::new(&config), "http://queue".to_owned()),
        signer: signer(),
    }
});

fn signer() -> Option<Signer> {
    let pem = SigningKey::from_slice(&[7; 32]).ok()?.to_pkcs8_pem(LineEnding::LF).ok()?;
    Signer::new(&pem, 900, "K1".to_owned(), "https://cdn.example".to_owned()).ok()
}

/// The outcome of a handler.
pub(crate) fn outcome<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?;
    Some(runtime.block_on(work))
}
