//! The todos service: one binary, seven functions, chosen by the configured handler.

mod due;
mod edit;
mod http;
mod list;
mod order;
mod search;
mod store;
mod todo;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use shared::{aws, env, serve};

use crate::http::Route;
use crate::store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let route = Route::from_handler(&env::handler()?)?;
    let table = env::required("TABLE_NAME")?;
    let store = Arc::new(Store::new(Client::new(&aws::config().await), table));
    serve::http(route.name(), |request| {
        let store = Arc::clone(&store);
        async move { route.answer(&store, &request).await }
    })
    .await
}
