//! A blocking HTTP client that finds the emulator under every `*.localhost` name, as browsers do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use ureq::config::Config;
use ureq::http::{HeaderMap, Request, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::contract;

/// A request in the making.
#[derive(Debug)]
#[must_use]
pub struct Call {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Call {
    /// A request without headers or body.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: None }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Sets the body's bytes.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it; panics where there is no answer at all, or one that the API's document doesn't have.
    #[must_use]
    pub fn send(self) -> Response {
        let answer = self.exchange();
        let body = self.body.as_deref().unwrap_or_default();
        let request = contract::Request { method: self.method, url: &self.url, headers: &self.headers, body };
        contract::check(&request, &answer);
        answer
    }

    /// Sends it and looks at nothing; panics where there is no answer at all. For those who measure.
    #[must_use]
    pub fn exchange(&self) -> Response {
        let mut request = Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = match (&self.body, self.method) {
            (None, "POST" | "PUT" | "PATCH") => agent().run(request.body(Vec::new()).unwrap()),
            (None, _) => agent().run(request.body(()).unwrap()),
            (Some(body), _) => agent().run(request.body(body).unwrap()),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.url));
        Response {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.body_mut().with_config().limit(200 << 20).read_to_vec().unwrap(),
        }
    }
}

impl Response {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The body as JSON, after a look at the status.
    #[must_use]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// One header, empty where it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn agent() -> &'static Agent {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        let config = Config::builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_mins(1)));
        Agent::with_parts(config.build(), DefaultConnector::default(), Loopback(DefaultResolver::default()))
    })
}

/// `*.localhost` is the loopback address (RFC 6761), which not every C library knows.
#[derive(Debug)]
struct Loopback(DefaultResolver);

impl Resolver for Loopback {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        match (uri.host(), uri.port_u16()) {
            (Some(host), Some(port)) if host.ends_with(".localhost") => {
                let mut found = self.empty();
                found.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
                Ok(found)
            }
            _ => self.0.resolve(uri, config, timeout),
        }
    }
}
