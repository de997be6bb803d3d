//! One configuration for all AWS clients of a function.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_types::SdkConfig;

use crate::env;

/// The longest that one call may take, attempts and waits included: well below the shortest function timeout.
const LONGEST_CALL: Duration = Duration::from_secs(6);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(1);

/// Region, credentials and endpoint as Lambda puts them into the environment, for as long as the process lives. Nothing
/// else is asked: the SDK's default chain also looks for profiles, containers and instances, in a third of its code.
/// What is still throttled after the retries is told to the client.
pub fn config() -> anyhow::Result<SdkConfig> {
    let credentials = Credentials::new(
        env::required("AWS_ACCESS_KEY_ID")?,
        env::required("AWS_SECRET_ACCESS_KEY")?,
        env::optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(LONGEST_CALL)
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env::required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client())
        .retry_config(retries())
        .timeout_config(timeouts)
        // An answer is read within its attempt's timeout; a second watch over it would cost each call.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(env::optional("AWS_ENDPOINT_URL"));
    Ok(config.build())
}

/// One connector for all clients, made at the start. Left to itself, the SDK makes one to see that it can, and another
/// at each client's first call, and each reads a hundred root certificates.
fn http_client() -> SharedHttpClient {
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
        .sleep_impl(TokioSleep::new())
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// How often a call is tried, and how long is waited in between.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The timeouts that the environments give their functions.
    fn timeouts() -> Vec<Duration> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        let files = std::fs::read_dir(folder).expect("the environments").map(|file| file.expect("a file").path());
        let texts = files.filter(|file| file.is_file()).map(|file| std::fs::read_to_string(file).expect("a text"));
        let text = texts.collect::<String>();
        let digits =
            |rest: &str| rest.chars().skip_while(|c| *c == ' ').take_while(char::is_ascii_digit).collect::<String>();
        let seconds = text.split("timeout:").skip(1).map(|rest| digits(rest).parse().expect("a number"));
        seconds.map(Duration::from_secs).collect()
    }

    #[test]
    fn retries_of_calls_and_of_lost_races_end_before_every_functions_timeout() {
        let shortest = timeouts().into_iter().min().expect("a timeout");
        let waits = retries().max_backoff() * (retries().max_attempts() - 1);
        assert!(waits <= Duration::from_secs(1));
        // All waits of a race together stay below two seconds: a test of `retry` says so.
        assert!(LONGEST_CALL + Duration::from_secs(2) < shortest, "{shortest:?}");
    }
}
