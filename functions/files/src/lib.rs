//! The files service: functions in one binary, chosen by the configured handler. A library, so that fuzz targets
//! reach what reads untrusted bytes.

mod confirm;
mod download;
mod event;
mod file;
mod folder;
mod forward;
mod function;
#[cfg(any(test, feature = "testing"))]
pub mod fuzzing;
mod http;
mod objects;
mod purge;
mod queue;
mod reconcile;
#[cfg(test)]
mod refusals;
mod store;
mod todos;
mod upload;

use std::process::ExitCode;

use shared::{aws, env};

use crate::function::Function;

/// Runs the configured function until its execution environment ends; a start that failed is told in the log.
#[must_use]
pub fn run() -> ExitCode {
    shared::serve::process(serve())
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let function = Function::from_handler(&env::handler()?)?;
    function.serve(&aws::config()?).await
}
