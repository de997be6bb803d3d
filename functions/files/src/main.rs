//! The files service: one binary, six functions, chosen by the configured handler.

mod confirm;
mod download;
mod event;
mod file;
mod folder;
mod forward;
mod function;
mod http;
mod objects;
mod purge;
mod store;
mod upload;

use shared::{aws, env};

use crate::function::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::from_handler(&env::handler()?)?;
    function.serve(&aws::config().await).await
}
