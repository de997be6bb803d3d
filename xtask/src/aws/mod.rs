//! Thin adapters to AWS: one client set per environment, no decisions beyond retries and error classes.

pub mod alarms;
pub mod buckets;
pub mod change_sets;
pub mod code;
pub mod distribution;
pub mod drift;
pub mod events;
pub mod existing;
pub mod functions;
pub mod logs;
pub mod names;
pub mod objects;
pub mod overview;
mod owner;
pub mod rights;
pub mod stacks;
pub mod tagged;
pub mod transfer;

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::future::ProvideCredentials as ProvideCredentialsFuture;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::config::Environment;
use crate::error::Problem;

/// Longest silence of AWS in one call; an artifact on its way through a slow line counts as silence too.
const SILENCE: Duration = Duration::from_mins(5);

/// The clients of one environment, cheap to clone.
#[derive(Clone, Debug)]
pub struct Aws {
    /// Cloud Control
    pub control: aws_sdk_cloudcontrol::Client,
    /// CloudFormation
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// CloudFront
    pub cloudfront: aws_sdk_cloudfront::Client,
    /// CloudWatch
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// DynamoDB
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Lambda
    pub lambda: aws_sdk_lambda::Client,
    /// CloudWatch Logs
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// S3
    pub s3: aws_sdk_s3::Client,
    /// Secrets Manager
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Resource Groups Tagging
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    /// STS
    pub sts: aws_sdk_sts::Client,
    /// What they are made from.
    pub sdk: SdkConfig,
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// 12 digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
}

impl Aws {
    /// Clients for an environment: its emulator, or AWS with the usual credential chain.
    pub async fn connect(env: &Environment) -> Self {
        let shared = configuration(env).await;
        let mut s3 = aws_sdk_s3::config::Builder::from(&shared).force_path_style(env.endpoint().is_some());
        if env.endpoint().is_none() {
            s3 = s3.interceptor(owner::Owner(env.account().to_owned()));
        }
        Self {
            control: aws_sdk_cloudcontrol::Client::new(&shared),
            cloudformation: aws_sdk_cloudformation::Client::new(&shared),
            cloudfront: aws_sdk_cloudfront::Client::new(&shared),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&shared),
            dynamodb: aws_sdk_dynamodb::Client::new(&shared),
            lambda: aws_sdk_lambda::Client::new(&shared),
            logs: aws_sdk_cloudwatchlogs::Client::new(&shared),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            secrets: aws_sdk_secretsmanager::Client::new(&shared),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&shared),
            sts: aws_sdk_sts::Client::new(&shared),
            sdk: shared,
        }
    }

    /// CloudFormation in another region of the same account.
    #[must_use]
    pub fn cloudformation_in(&self, region: &str) -> aws_sdk_cloudformation::Client {
        let config = self.cloudformation.config().to_builder().region(Region::new(region.to_owned()));
        aws_sdk_cloudformation::Client::from_conf(config.build())
    }

    /// Asks STS who we are and refuses another account than the configuration's.
    pub async fn identify(&self, env: &Environment) -> anyhow::Result<Identity> {
        let answer = self.sts.get_caller_identity().send().await.map_err(|error| {
            let (text, hint) = if env.endpoint().is_some() {
                ("the emulator does not answer for environment", format!("cargo xtask local start --env {}", env.name))
            } else if matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_))
                && !is_credentials(&error)
            {
                ("AWS cannot be reached for environment", "look at the network, then run this again".to_owned())
            } else {
                let hint = "aws sso login, or set AWS_PROFILE to a profile of this account";
                ("no usable credentials for environment", hint.to_owned())
            };
            let problem = Problem::failed(format!("{text} `{}`", env.name));
            explain(error).context(problem.hint(hint))
        })?;
        let identity = Identity {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        };
        if identity.account != env.account() {
            let problem = Problem::failed(format!(
                "environment `{}` belongs to account {}, but these credentials are {} of account {}",
                env.name,
                env.account(),
                identity.arn,
                identity.account,
            ));
            return Err(problem
                .hint(format!(
                    "use credentials of {}, or correct `account` in config/{}.yaml",
                    env.account(),
                    env.file()
                ))
                .into());
        }
        Ok(identity)
    }
}

/// Region, credentials, transport and manners of every client of an environment.
async fn configuration(env: &Environment) -> SdkConfig {
    if let Some(endpoint) = env.endpoint() {
        return emulated(&env.region, &endpoint);
    }
    let (mut loader, http) = usual(&env.region);
    if let Some(profile) = &env.profile {
        let region = Some(Region::new(env.region.clone()));
        let parts = ProviderConfig::without_region().with_http_client(http).with_region(region);
        // Before the environment's variables, which can be of one account only, while `promote` needs two.
        let first = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&parts).build();
        let usual = DefaultCredentialsChain::builder().configure(parts).build().await;
        loader =
            loader.credentials_provider(CredentialsProviderChain::first_try("profile", first).or_else("usual", usual));
    }
    loader.load().await
}

/// What the clients of an emulator are made from: nothing of the user's own AWS settings may leak into it.
fn emulated(region: &str, endpoint: &str) -> SdkConfig {
    // The system's certificates, which take longer to read than an emulator to answer, are for nothing there.
    let plain = endpoint.starts_with("http://");
    let http = if plain { Builder::new().build_http() } else { https() };
    // `test` is the emulator's root.
    let root = Credentials::new("test", "test", None, None, "emulator");
    // What is on this machine answers at once or not at all.
    apart(region, endpoint, SharedCredentialsProvider::new(root))
        .into_builder()
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .http_client(http)
        .build()
}

/// Settings that are no user's.
fn apart(region: &str, url: &str, credentials: SharedCredentialsProvider) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(url)
        .credentials_provider(credentials)
        .retry_config(retries())
        .timeout_config(timeouts())
        .build()
}

/// What a client of another S3 is made from: the environment's variables sign, else whom the usual chain finds.
///
/// Nothing of the user's own AWS settings but who signs, which is asked at the first call.
#[must_use]
pub fn elsewhere(region: &str, url: &str) -> SdkConfig {
    let first = EnvironmentVariableCredentialsProvider::new();
    let chain = CredentialsProviderChain::first_try("environment", first).or_else("usual", Usual(region.to_owned()));
    apart(region, url, SharedCredentialsProvider::new(chain)).into_builder().http_client(https()).build()
}

/// The usual chain for a region, put together where it is asked: it brings clients of its own.
#[derive(Debug)]
struct Usual(String);

impl ProvideCredentials for Usual {
    fn provide_credentials<'a>(&'a self) -> ProvideCredentialsFuture<'a>
    where
        Self: 'a,
    {
        ProvideCredentialsFuture::new(async {
            let (_, http) = usual(&self.0);
            let region = Some(Region::new(self.0.clone()));
            let parts = ProviderConfig::without_region().with_http_client(http).with_region(region);
            DefaultCredentialsChain::builder().configure(parts).build().await.provide_credentials().await
        })
    }
}

/// The usual credential chain, for a region.
fn usual(region: &str) -> (ConfigLoader, SharedHttpClient) {
    let http = https();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new(region.to_owned()))
        .retry_config(retries())
        .timeout_config(timeouts());
    (loader, http)
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(6)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(SILENCE).build()
}

fn https() -> SharedHttpClient {
    Builder::new().tls_provider(tls()).build_https()
}

fn tls() -> tls::Provider {
    tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)
}

/// Whether the credential chain failed, which the SDK reports as a dispatch failure as well.
fn is_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if one.is::<aws_credential_types::provider::error::CredentialsError>() {
            return true;
        }
        cause = one.source();
    }
    false
}

/// What AWS answered instead of what was asked for: its code, which decides, and its words, which do not.
#[derive(Debug)]
pub struct Refusal {
    /// Such as `ValidationError`.
    pub code: String,
    message: Option<String>,
}

impl Refusal {
    /// A refusal with AWS's code and words.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: Some(message.to_owned()) }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code),
            None => f.write_str(&self.code),
        }
    }
}

impl std::error::Error for Refusal {}

/// Codes by which AWS says that credentials were good and are no longer (General Reference, "Common errors"; the first
/// is STS's, which most services pass on).
const EXPIRED: [&str; 5] =
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"];

/// Whether a call failed because its credentials are no longer good: repeating it would not help.
#[must_use]
pub fn is_expired(error: &anyhow::Error) -> bool {
    let refused = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<Refusal>().is_some_and(|refusal| EXPIRED.contains(&refusal.code.as_str()))
    };
    error.chain().any(refused) || is_credentials(error.as_ref())
}

/// Codes by which AWS says that who asks has no right to (each service's "Common errors").
const DENIED: [&str; 4] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"];

/// Whether a call failed because who asks has no right to it.
#[must_use]
pub fn is_denied(error: &anyhow::Error) -> bool {
    let refusals = error.chain().filter_map(|cause| cause.downcast_ref::<Refusal>());
    refusals.chain(error.downcast_ref::<Refusal>()).any(|refusal| DENIED.contains(&refusal.code.as_str()))
}

/// An SDK error as one that prints: `SdkError` itself displays as "service error" and hides code and message.
pub fn explain<E, R>(error: SdkError<E, R>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if let Some(code) = error.code() {
        let refusal = Refusal { code: code.to_owned(), message: error.message().map(str::to_owned) };
        return refusal.into();
    }
    let kind = error.to_string();
    match error.into_source() {
        Ok(source) => anyhow::anyhow!(source).context(kind),
        Err(error) => anyhow::anyhow!(error.to_string()),
    }
}
