//! One comment of a pull request per key, written once and updated in place. Calls of GitHub's REST API
//! (GitHub Docs, "REST API endpoints for issue comments"), no decisions but which comment is ours.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Body, Proxy};

use crate::error::Problem;

/// The longest page that GitHub gives.
const PAGE: usize = 100;
/// Longest body of a comment, in characters (GitHub's own refusal, 422, names it).
const LONGEST: usize = 65_536;
/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Which comment of which pull request.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Where the API is, without a slash at its end.
    pub api: String,
    /// `owner/name`
    pub repository: String,
    /// The pull request's number.
    pub number: u64,
    /// What it is about.
    pub key: String,
    /// The token of the workflow's run.
    pub token: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There was none.
    Added,
    /// There was one with another text.
    Updated,
    /// There was one with this text.
    Unchanged,
}

/// Writes the comment, or updates the one that is there.
pub fn write(comment: &Comment, text: &str) -> anyhow::Result<Written> {
    let marker = format!("<!-- cargo xtask ci comment: {} -->", comment.key);
    let body = format!("{marker}\n{}", text.trim_end());
    let length = body.chars().count();
    if length > LONGEST {
        let text = format!("the comment has {length} characters, GitHub takes {LONGEST}");
        return Err(Problem::failed(text).hint("`cargo xtask plan --markdown` stays below that").into());
    }
    let github = GitHub::connect(comment);
    let url = format!("{}/repos/{}/issues", comment.api, comment.repository);
    let all = format!("{url}/{}/comments", comment.number);
    for page in 1.. {
        let found = github.get(&format!("{all}?per_page={PAGE}&page={page}"))?;
        let found = found.as_array().context("GitHub's list of comments is no list")?;
        // Whoever quotes the marker does not begin with it.
        let ours = found.iter().find(|one| one["body"].as_str().is_some_and(|text| text.starts_with(&marker)));
        if let Some(ours) = ours {
            // GitHub gives line ends back as it got them from a browser.
            if ours["body"].as_str().is_some_and(|text| text.replace("\r\n", "\n") == body) {
                return Ok(Written::Unchanged);
            }
            let id = ours["id"].as_u64().context("a comment of GitHub's has no id")?;
            github.send("PATCH", &format!("{url}/comments/{id}"), &body)?;
            return Ok(Written::Updated);
        }
        if found.len() < PAGE {
            break;
        }
    }
    github.send("POST", &all, &body)?;
    Ok(Written::Added)
}

struct GitHub {
    agent: Agent,
    token: String,
}

impl GitHub {
    fn connect(comment: &Comment) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // Those of this machine: a company's own may stand between.
        let roots = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<_> = roots.iter().map(|root| Certificate::from_der(root.as_ref()).to_owned()).collect();
        let roots = RootCerts::new_with_certs(&roots);
        let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider).root_certs(roots).build();
        // Only a stand-in on this machine is without TLS, and no proxy leads there.
        let proxy = if comment.api.starts_with("https:") { Proxy::try_from_env() } else { None };
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(proxy)
            .timeout_global(Some(ANSWER))
            .http_status_as_error(false)
            .build();
        Self { agent: config.new_agent(), token: comment.token.clone() }
    }

    fn get(&self, url: &str) -> anyhow::Result<Value> {
        let mut request = self.agent.get(url);
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        answer("GET", url, request.call())
    }

    fn send(&self, method: &str, url: &str, body: &str) -> anyhow::Result<Value> {
        let mut request = if method == "PATCH" { self.agent.patch(url) } else { self.agent.post(url) };
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        answer(method, url, request.send_json(json!({ "body": body })))
    }

    fn headers(&self) -> [(&'static str, String); 4] {
        [
            ("authorization", format!("Bearer {}", self.token)),
            ("accept", "application/vnd.github+json".to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
            ("user-agent", "cargo-xtask".to_owned()),
        ]
    }
}

fn answer(method: &str, url: &str, response: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Value> {
    let mut response = response.with_context(|| format!("GitHub does not answer {method} {url}"))?;
    let status = response.status();
    let text = response.body_mut().read_to_string().with_context(|| format!("no whole answer to {method} {url}"))?;
    if status.is_success() {
        return serde_json::from_str(&text).with_context(|| format!("the answer to {method} {url} is no JSON"));
    }
    let said = serde_json::from_str::<Value>(&text).ok().and_then(|value| value["message"].as_str().map(str::to_owned));
    let problem = Problem::failed(format!("{method} {url}: {status}: {}", said.unwrap_or(text)));
    Err(match status.as_u16() {
        401 | 403 | 404 => problem.hint(
            "the job needs `permissions: pull-requests: write`; a pull request from a fork never gets that, nor does Dependabot",
        ),
        _ => problem,
    }
    .into())
}
