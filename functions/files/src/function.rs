//! Which functions there are, and what each is made of: clients and settings are read once, and only those it needs.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use aws_types::SdkConfig;
use shared::serve;

use crate::download::Signer;
use crate::objects::Objects;
use crate::queue::Queue;
use crate::reconcile::Parts;
use crate::store::Store;
use crate::todos::Todos;
use crate::{confirm, forward, http, purge, reconcile};

/// One function of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    GetTodoFiles,
    AddTodoFiles,
    DeleteTodoFiles,
    ConfirmUpload,
    ForwardTodoDeletions,
    PurgeTodoFiles,
    ReconcileFiles,
}

impl Function {
    const ALL: [Self; 7] = [
        Self::GetTodoFiles,
        Self::AddTodoFiles,
        Self::DeleteTodoFiles,
        Self::ConfirmUpload,
        Self::ForwardTodoDeletions,
        Self::PurgeTodoFiles,
        Self::ReconcileFiles,
    ];

    pub(crate) fn from_handler(name: &str) -> anyhow::Result<Self> {
        let Some(function) = Self::ALL.into_iter().find(|function| function.name() == name) else {
            bail!("unknown handler `{name}`; this service has {}", Self::ALL.map(Self::name).join(", "));
        };
        Ok(function)
    }

    fn name(self) -> &'static str {
        match self {
            Self::GetTodoFiles => "getTodoFiles",
            Self::AddTodoFiles => "addTodoFiles",
            Self::DeleteTodoFiles => "deleteTodoFiles",
            Self::ConfirmUpload => "confirmUpload",
            Self::ForwardTodoDeletions => "forwardTodoDeletions",
            Self::PurgeTodoFiles => "purgeTodoFiles",
            Self::ReconcileFiles => "reconcileFiles",
        }
    }

    /// Serves calls until the environment ends.
    pub(crate) async fn serve(self, config: &SdkConfig) -> Result<(), lambda_runtime::Error> {
        let name = self.name();
        match self {
            Self::GetTodoFiles => {
                let parts = Arc::new((store(config)?, signer(config).await?));
                serve::http(name, |request| {
                    let parts = Arc::clone(&parts);
                    async move { http::list(&parts.0, &parts.1, &request).await }
                })
                .await
            }
            Self::AddTodoFiles => {
                let largest = env("MAX_FILE_SIZE")?.parse().context("`MAX_FILE_SIZE` is not a number of bytes")?;
                let parts = Arc::new((store(config)?, objects(config)?));
                serve::http(name, |request| {
                    let parts = Arc::clone(&parts);
                    async move { http::add(&parts.0, &parts.1, largest, &request).await }
                })
                .await
            }
            Self::DeleteTodoFiles => {
                let parts = Arc::new((store(config)?, objects(config)?));
                serve::http(name, |request| {
                    let parts = Arc::clone(&parts);
                    async move { http::delete(&parts.0, &parts.1, &request).await }
                })
                .await
            }
            Self::ConfirmUpload => {
                let parts = Arc::new((store(config)?, objects(config)?));
                serve::events(name, |event, _| {
                    let parts = Arc::clone(&parts);
                    async move { confirm::handle(&parts.0, &parts.1, event).await }
                })
                .await
            }
            Self::ForwardTodoDeletions => {
                let queue = Arc::new(purge_queue(config)?);
                serve::events(name, |event, _| {
                    let queue = Arc::clone(&queue);
                    async move { forward::handle(&queue, event).await }
                })
                .await
            }
            Self::PurgeTodoFiles => {
                let parts = Arc::new((store(config)?, objects(config)?));
                serve::events(name, |event, end| {
                    let parts = Arc::clone(&parts);
                    async move { purge::handle(&parts.0, &parts.1, event, end).await }
                })
                .await
            }
            Self::ReconcileFiles => {
                let parts = Arc::new(Parts {
                    store: store(config)?,
                    objects: objects(config)?,
                    todos: Todos::new(aws_sdk_dynamodb::Client::new(config), env("TODOS_TABLE_NAME")?),
                    purges: purge_queue(config)?,
                });
                serve::events(name, |event, end| {
                    let parts = Arc::clone(&parts);
                    async move { reconcile::handle(&parts, event, end).await }
                })
                .await
            }
        }
    }
}

fn env(name: &str) -> anyhow::Result<String> {
    shared::env::required(name)
}

fn store(config: &SdkConfig) -> anyhow::Result<Store> {
    Ok(Store::new(aws_sdk_dynamodb::Client::new(config), env("TABLE_NAME")?))
}

fn purge_queue(config: &SdkConfig) -> anyhow::Result<Queue> {
    Ok(Queue::new(aws_sdk_sqs::Client::new(config), env("PURGE_QUEUE_URL")?))
}

fn objects(config: &SdkConfig) -> anyhow::Result<Objects> {
    let path_style = match env("S3_PATH_STYLE")?.as_str() {
        "true" => true,
        "false" => false,
        other => bail!("`S3_PATH_STYLE` is `{other}`, not true or false"),
    };
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
    Ok(Objects::new(aws_sdk_s3::Client::from_conf(config), env("BUCKET_NAME")?))
}

/// The signer of download URLs; its key is fetched once per execution environment, and is the version whose id the CDN
/// was told with the same configuration. No other version will do: the CDN would refuse what it signs.
async fn signer(config: &SdkConfig) -> anyhow::Result<Signer> {
    let client = aws_sdk_secretsmanager::Client::new(config);
    let pem = signing_key(&client, env("URL_SIGNING_KEY_SECRET_ARN")?, &env("URL_SIGNING_KEY_VERSION")?).await?;
    let lifetime = env("URL_LIFETIME")?.parse().context("`URL_LIFETIME` is not a number of seconds")?;
    Signer::new(&pem, lifetime, env("URL_SIGNING_KEY_ID")?, env("CDN_URL")?)
}

/// A failure ends the start: the gateway answers 500, the log has the cause, and the next call starts anew.
async fn signing_key(client: &aws_sdk_secretsmanager::Client, secret: String, version: &str) -> anyhow::Result<String> {
    let request = client.get_secret_value().secret_id(secret).version_id(version);
    let secret =
        request.send().await.with_context(|| format!("can't read version `{version}` of the URL signing key"))?;
    secret.secret_string.context("the URL signing key's secret holds no text")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::retry::RetryConfig;
    use aws_sdk_secretsmanager::Client;
    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::http::StatusCode;
    use shared::refusals::{COMMON, SECRETS_MANAGER, json_body};

    use super::*;

    async fn key_of(rule: Rule) -> Result<String, String> {
        let client = mock_client!(aws_sdk_secretsmanager, RuleMode::MatchAny, [&rule], |config| {
            config.retry_config(RetryConfig::disabled())
        });
        signing_key(&client, "arn".to_owned(), "v1").await.map_err(|error| format!("{error:#}"))
    }

    #[tokio::test]
    async fn a_key_that_is_refused_in_any_way_ends_the_start_with_its_class_in_the_log() {
        for (code, status, _) in SECRETS_MANAGER.into_iter().chain(COMMON) {
            let response = move || {
                let status = StatusCode::try_from(status).expect("a status");
                HttpResponse::new(status, json_body(code).into())
            };
            let error = key_of(mock!(Client::get_secret_value).then_http_response(response)).await.expect_err(code);
            assert!(
                error.starts_with("can't read version `v1` of the URL signing key: ") && error.contains(code),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_secret_must_hold_text() {
        let secret = |text: Option<&'static str>| {
            mock!(Client::get_secret_value)
                .then_output(move || GetSecretValueOutput::builder().set_secret_string(text.map(str::to_owned)).build())
        };
        assert_eq!(key_of(secret(Some("pem"))).await.as_deref(), Ok("pem"));
        assert_eq!(key_of(secret(None)).await, Err("the URL signing key's secret holds no text".to_owned()));
    }

    #[test]
    fn every_function_is_found_by_its_name() {
        for function in Function::ALL {
            assert_eq!(Function::from_handler(function.name()).ok(), Some(function));
        }
    }

    #[test]
    fn an_unknown_handler_is_told_with_the_known_ones() {
        let error = Function::from_handler("getTodo").expect_err("not here").to_string();
        assert!(error.contains("`getTodo`") && error.contains("purgeTodoFiles"), "{error}");
    }
}
