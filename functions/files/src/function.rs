//! Which functions there are, and what each is made of: clients and settings are read once, and only those it needs.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use shared::serve;

use crate::download::Signer;
use crate::forward::Queue;
use crate::objects::Objects;
use crate::store::Store;
use crate::{confirm, forward, http, purge};

/// One function of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    GetTodoFiles,
    AddTodoFiles,
    DeleteTodoFiles,
    ConfirmUpload,
    ForwardTodoDeletions,
    PurgeTodoFiles,
}

impl Function {
    const ALL: [Self; 6] = [
        Self::GetTodoFiles,
        Self::AddTodoFiles,
        Self::DeleteTodoFiles,
        Self::ConfirmUpload,
        Self::ForwardTodoDeletions,
        Self::PurgeTodoFiles,
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
                let queue = Arc::new(Queue::new(aws_sdk_sqs::Client::new(config), env("PURGE_QUEUE_URL")?));
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
        }
    }
}

fn env(name: &str) -> anyhow::Result<String> {
    shared::env::required(name)
}

fn store(config: &SdkConfig) -> anyhow::Result<Store> {
    Ok(Store::new(aws_sdk_dynamodb::Client::new(config), env("TABLE_NAME")?))
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

/// The signer of download URLs; its key is fetched once per execution environment.
async fn signer(config: &SdkConfig) -> anyhow::Result<Signer> {
    let secret = aws_sdk_secretsmanager::Client::new(config)
        .get_secret_value()
        .secret_id(env("URL_SIGNING_KEY_SECRET_ARN")?)
        .send()
        .await
        .context("can't read the URL signing key")?;
    let pem = secret.secret_string().context("the URL signing key's secret holds no text")?;
    Signer::new(pem, env("URL_SIGNING_KEY_ID")?, env("CDN_URL")?)
}

#[cfg(test)]
mod tests {
    use super::*;

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
