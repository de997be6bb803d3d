//! One request to S3: signed by the SDK's signer, sent over its transport, repeated where that helps. The SDK's client would
//! repeat by itself, and so hide each `SlowDown` from the limit that must hear of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};

use super::limit::Limit;
use super::payload::Payload;
use super::xml::{self, Refusal};
use crate::digest::Digest;
use crate::problem::Problem;

/// How often a request is sent at the most; with the pauses between, half a minute of trouble is waited for.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Credentials are asked for anew when they are about to end.
const EARLY: Duration = Duration::from_mins(5);

/// Where the bucket is and who asks.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The bucket's own URL, without a slash at its end: `https://bucket.s3.eu-central-1.amazonaws.com`.
    pub url: String,
    /// The region that signatures name.
    pub region: String,
    /// Whose the bucket must be: S3 refuses another account's of the same name.
    pub account: Option<String>,
    /// Whose credentials sign.
    pub credentials: SharedCredentialsProvider,
    /// The transport.
    pub connector: SharedHttpConnector,
}

/// A request before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The key as it is; encoded here.
    pub(super) key: String,
    /// Already encoded, without `?`.
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Payload,
}

/// An answer in full.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Whether an earlier attempt may have reached S3.
    pub(super) repeated: bool,
}

/// Where an answer's body goes.
pub(super) trait Sink: Send {
    /// It begins; after an attempt that was cut off, anew.
    fn begin(&mut self);
    /// It goes on.
    fn take(&mut self, bytes: &[u8]);
}

impl Sink for BytesMut {
    fn begin(&mut self) {
        self.clear();
    }

    fn take(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Sends requests; clones share connections, credentials and the limit.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    endpoint: Arc<Endpoint>,
    limit: Limit,
    identity: Arc<Mutex<Option<Identity>>>,
}

impl Call {
    pub(super) fn new(method: Method, key: impl Into<String>) -> Self {
        let body = Payload::Bytes(Bytes::new(), Digest::of(&[]));
        Self { method, key: key.into(), query: String::new(), headers: Vec::new(), body }
    }

    pub(super) fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.headers.push((name, value));
        }
        self
    }

    pub(super) fn body(mut self, body: Payload) -> Self {
        self.body = body;
        self
    }

    /// What the call is about, for people.
    fn text(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{} /{}{query}", self.method, self.key)
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// S3's refusal, if it is one.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        if self.status.is_success() {
            return None;
        }
        let named = xml::refusals(&self.body).ok().and_then(|all| all.into_iter().next());
        Some(named.unwrap_or_else(|| Refusal { code: self.status.to_string(), ..Refusal::default() }))
    }
}

impl Wire {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint: Arc::new(endpoint), limit: Limit::new(), identity: Arc::default() }
    }

    /// How many requests are on their way at a time, now.
    pub(super) fn at_a_time(&self) -> usize {
        self.limit.now()
    }

    /// Sends a call until it is answered by something that would not change by asking again.
    pub(super) async fn send(&self, call: &Call) -> anyhow::Result<Answer> {
        let mut body = BytesMut::new();
        let answer = self.send_into(call, &mut body).await?;
        Ok(if answer.status.is_success() { Answer { body: body.freeze(), ..answer } } else { answer })
    }

    /// The same; what comes with a success goes elsewhere as it arrives.
    pub(super) async fn send_into(&self, call: &Call, sink: &mut dyn Sink) -> anyhow::Result<Answer> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let slot = self.limit.slot().await?;
            let sent = self.once(call, sink).await;
            let slow_down = sent.as_ref().is_ok_and(is_slow_down);
            self.limit.answered(slot, slow_down);
            match sent {
                Ok(answer) if !is_passing(&answer) || attempt == ATTEMPTS => {
                    return Ok(Answer { repeated: attempt > 1, ..answer });
                }
                Err(error) if attempt == ATTEMPTS || error.is::<Problem>() => {
                    return Err(error.context(format!("no answer to {}", call.text())));
                }
                _ => {}
            }
            tokio::time::sleep(pause.mul_f64(random())).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        unreachable!("the last attempt returns")
    }

    async fn once(&self, call: &Call, sink: &mut dyn Sink) -> anyhow::Result<Answer> {
        let request = self.request(call).await?;
        let answer = self.endpoint.connector.call(request).await.context("the connection failed")?;
        let status = StatusCode::from_u16(answer.status().as_u16()).context("no HTTP status")?;
        let mut headers = HeaderMap::new();
        for (name, value) in answer.headers() {
            headers.append(http::HeaderName::try_from(name)?, value.try_into()?);
        }
        let mut body = BytesMut::new();
        let sink = if status.is_success() { sink } else { &mut body };
        sink.begin();
        let mut stream = ByteStream::new(answer.into_body());
        while let Some(chunk) = stream.try_next().await.context("the answer was cut off")? {
            sink.take(&chunk);
        }
        let body = body.freeze();
        Ok(Answer { status, headers, body, repeated: false })
    }

    async fn request(&self, call: &Call) -> anyhow::Result<HttpRequest> {
        let question = if call.query.is_empty() { "" } else { "?" };
        let uri = format!("{}/{}{question}{}", self.endpoint.url, encode(&call.key), call.query);
        let mut request = http::Request::builder().method(call.method.clone()).uri(&uri);
        let owner = self.endpoint.account.as_deref().map(|account| ("x-amz-expected-bucket-owner", account));
        let headers = call.headers.iter().map(|(name, value)| (*name, value.as_str())).chain(owner);
        for (name, value) in headers.clone() {
            request = request.header(name, value);
        }
        let length = call.body.len();
        if length > 0 || call.method == Method::PUT || call.method == Method::POST {
            request = request.header("content-length", length);
        }
        let mut request = request.body(call.body.sent())?;
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = self.identity().await?;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.endpoint.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()?;
        let digest = call.body.digest().hex();
        let signable = SignableRequest::new(call.method.as_str(), uri, headers, SignableBody::Precomputed(digest))?;
        let (instructions, _) = sign(signable, &params.into())?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request.try_into()?)
    }

    async fn identity(&self) -> anyhow::Result<Identity> {
        let ends_late = |known: &Identity| known.expiration().is_none_or(|end| end > SystemTime::now() + EARLY);
        let known = self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(ends_late) {
            return Ok(known);
        }
        let fresh = self.endpoint.credentials.provide_credentials().await.map_err(|error| {
            let problem = Problem::failed("no usable credentials").hint("aws sso login, or set AWS_PROFILE");
            anyhow::Error::new(error).context(problem)
        })?;
        let identity = Identity::from(fresh);
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
        Ok(identity)
    }
}

/// Refusals by which S3 asks for fewer requests (S3 API reference, "Error responses").
fn is_slow_down(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 429 | 503)
}

/// Refusals that pass by themselves.
fn is_passing(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        429 | 500 | 502 | 503 | 504 => true,
        400 => answer.refusal().is_some_and(|refusal| refusal.code == "RequestTimeout"),
        _ => false,
    }
}

/// From one half up to one: what was sent together does not come back together.
fn random() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let bits = std::hash::RandomState::new().build_hasher().finish();
    #[expect(clippy::cast_precision_loss, reason = "a pause need not be exact")]
    let part = bits as f64 / u64::MAX as f64;
    0.5 + part / 2.0
}

/// A key in a path: everything but RFC 3986's unreserved characters and `/` is encoded, as signatures ask for it.
fn encode(key: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(key, KEPT).to_string()
}

/// A value in a query.
pub(super) fn encode_value(value: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(value, KEPT).to_string()
}
