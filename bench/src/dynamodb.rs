//! DynamoDB in the emulator: signed calls, and a proxy that writes down what a function's queries cost.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};
use tests::{Call, Response};

use crate::http::{Server, answer};

/// What one query cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Items that the query read, whether or not they were returned.
    pub(crate) examined: u64,
    /// Bytes of the answer.
    pub(crate) bytes: u64,
}

/// Where `DynamoDB` is, and as whom it is called.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) region: String,
}

impl Endpoint {
    /// Makes one call. The emulator takes these keys for the account's owner.
    pub(crate) fn call(&self, operation: &str, body: &Value) -> anyhow::Result<Response> {
        let url = format!("{}/", self.url.trim_end_matches('/'));
        let target = format!("DynamoDB_20120810.{operation}");
        let body = body.to_string();
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let identity = Credentials::new("test", "test", None, None, "benchmark").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
        let (signed, _) = sign(signable, &parameters)?.into_parts();
        let call = headers.into_iter().fold(Call::new("POST", url), |call, (name, value)| call.header(name, value));
        let call = signed.headers().fold(call, |call, (name, value)| call.header(name, value));
        Ok(call.body(body).send())
    }

    /// Puts items into a table, as many as are given.
    pub(crate) fn put_all(&self, table: &str, items: &[Value]) -> anyhow::Result<()> {
        // As many as one call takes (DynamoDB API reference, BatchWriteItem).
        for batch in items.chunks(25) {
            let puts: Vec<Value> = batch.iter().map(|item| json!({"PutRequest": {"Item": item}})).collect();
            let answer = self.call("BatchWriteItem", &json!({"RequestItems": {table: puts}}))?;
            ensure!(answer.status == 200, "cannot fill the table: {}", answer.text());
            let left = &answer.json()["UnprocessedItems"];
            ensure!(left.as_object().is_none_or(serde_json::Map::is_empty), "the table took only a part: {left}");
        }
        Ok(())
    }
}

/// Stands between a function and the emulator.
#[derive(Debug)]
pub(crate) struct Recorder {
    server: Server,
    costs: Arc<Mutex<Vec<Cost>>>,
}

impl Recorder {
    /// Starts it. Calls are passed on as they are, signed anew.
    pub(crate) fn start(behind: Endpoint) -> anyhow::Result<Self> {
        let costs = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&costs);
        let server = Server::start(move |connection| {
            while let Some(request) = connection.read()? {
                let operation = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
                let passed = operation.map(|operation| pass(&behind, operation, &request.body));
                let (status, body, cost) = passed.transpose().map_err(io::Error::other)?.unwrap_or_default();
                written.lock().unwrap_or_else(PoisonError::into_inner).extend(cost);
                connection.write(&answer(status, "content-type: application/x-amz-json-1.0\r\n", &body))?;
            }
            Ok(())
        })?;
        Ok(Self { server, costs })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// What was written down since this was last asked.
    pub(crate) fn take(&self) -> Vec<Cost> {
        std::mem::take(&mut self.costs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn pass(behind: &Endpoint, operation: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>, Option<Cost>)> {
    let body: Value = serde_json::from_slice(body).context("a call without JSON")?;
    let answer = behind.call(operation, &body)?;
    let examined = (answer.status == 200).then(|| answer.json()["ScannedCount"].as_u64()).flatten();
    let cost = examined.map(|examined| Cost { examined, bytes: answer.body.len() as u64 });
    Ok((answer.status, answer.body, cost))
}
