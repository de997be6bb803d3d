//! A table that gives answers prepared for it and keeps the calls, at the level of DynamoDB's protocol: nothing is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::store::Store;

/// Prepared answers, and the calls that got them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    calls: Arc<Mutex<Vec<Value>>>,
}

impl Table {
    /// A table that gives these answers, one per call: a status and a body.
    pub(crate) fn with(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    /// Access to it.
    pub(crate) fn store(&self) -> Store {
        let connector = SharedHttpConnector::new(self.clone());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()));
        Store::new(Client::from_conf(config.build()), "table".to_owned())
    }

    /// The calls so far, as they were sent.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.calls.lock().expect("no test has failed here").clone()
    }
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = serde_json::from_slice(request.body().bytes().expect("a body in memory")).expect("JSON");
        self.calls.lock().expect("no test has failed here").push(sent);
        let answer = self.answers.lock().expect("no test has failed here").pop_front();
        let (status, body) = answer.expect("no call but those that the test expects");
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body.to_string().into())))
    }
}
