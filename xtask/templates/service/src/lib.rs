//! The __name__ service: its functions in one binary, chosen by the configured handler.

mod http;
mod item;
mod store;

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use shared::{aws, env, serve};

use crate::http::Route;
use crate::store::Store;

/// Runs the configured function until its execution environment ends; a start that failed is told in the log.
#[must_use]
pub fn run() -> ExitCode {
    shared::serve::process(serve())
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let route = Route::from_handler(&env::handler()?)?;
    let table = env::required("TABLE_NAME")?;
    let store = Arc::new(Store::new(Client::new(&aws::config()?), table));
    serve::http(route.name(), |request| {
        let store = Arc::clone(&store);
        async move { route.answer(&store, &request).await }
    })
    .await
}
