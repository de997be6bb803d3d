//! Serves a handler: event in, answer out, one log line, never later than the function's deadline.

use std::future::Future;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::error::chain;
use crate::log::{Line, exit_code, level, milliseconds};
use crate::metrics::{Metrics, members};
use crate::{Error, Request, Response};

/// Left of the function's time for telling that it is over; as much before that is left to a handler of events for
/// telling which parts of its event are done.
const RESERVE: Duration = Duration::from_millis(300);

/// The outcome of a call that did all it was asked for.
const OK: &str = "ok";
/// The outcome of an event of which a part failed.
const PARTLY: &str = "partly_failed";

/// What an event handler did: the answer to Lambda, and counts for the log.
#[derive(Debug)]
pub struct Done {
    /// What Lambda is told, such as the messages that failed.
    pub answer: Value,
    /// What the log is told, an object; its counts become metrics.
    pub detail: Value,
    /// Whether a part of the event failed, which the answer names.
    pub failed: bool,
}

/// What all calls of a function have in common in the log.
struct Function<'a> {
    name: &'a str,
    metrics: Metrics,
}

impl<'a> Function<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, metrics: Metrics::from_env() }
    }
}

/// Runs a service to the end of its process, on the one thread that a function has.
pub fn process(service: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    exit_code(runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(service)))
}

/// Serves an HTTP route. Every failure is an answer.
pub async fn http<F, Fut>(name: &str, handler: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Response, Error>>,
{
    let function = Function::new(name);
    let serve = async |event: LambdaEvent<Value>| {
        Ok::<_, lambda_runtime::Error>(answer_request(&function, &handler, event).await)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Serves events of other services. A failure fails the invocation, so that the event comes again. The handler also
/// learns when to end by itself, should it have partial results to tell.
pub async fn events<F, Fut>(name: &str, handler: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(Value, Instant) -> Fut,
    Fut: Future<Output = Result<Done, Error>>,
{
    let function = Function::new(name);
    lambda_runtime::run(service_fn(async |event| answer_event(&function, &handler, event).await)).await
}

async fn answer_request<F, Fut>(function: &Function<'_>, handler: &F, event: LambdaEvent<Value>) -> Response
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Response, Error>>,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    let request = Request::from_event(payload);
    let user = request.as_ref().ok().and_then(|request| request.user().ok());
    let route = request.as_ref().ok().and_then(|request| request.route().map(str::to_owned));
    let outcome = match request {
        Ok(request) => before(end(&context), handler(request)).await,
        Err(error) => Err(error),
    };
    let (response, error) = match outcome {
        Ok(response) => (response, None),
        Err(error) => (Response::of_error(&error, &context.request_id), Some(error)),
    };
    let members = members(Value::Null, error.as_ref(), false);
    Line {
        level: level(response.status()),
        request_id: &context.request_id,
        handler: function.name,
        route: route.as_deref(),
        user: user.map(|user| user.log_hash()),
        status: response.status(),
        outcome: error.as_ref().map_or(OK, Error::code),
        latency_ms: milliseconds(started.elapsed()),
        error: error.as_ref().map(|error| chain(error)),
        metrics: function.metrics.directive(&members),
        members: &members,
    }
    .write();
    response
}

async fn answer_event<F, Fut>(
    function: &Function<'_>,
    handler: &F,
    event: LambdaEvent<Value>,
) -> Result<Value, Diagnostic>
where
    F: Fn(Value, Instant) -> Fut,
    Fut: Future<Output = Result<Done, Error>>,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    let end = end(&context);
    let outcome = before(end, handler(payload, end.checked_sub(RESERVE).unwrap_or(end))).await;
    let (result, detail, failed, error) = match outcome {
        Ok(done) => (Ok(done.answer), done.detail, done.failed, None),
        Err(error) => (Err(diagnostic(&error)), Value::Null, true, Some(error)),
    };
    let members = members(detail, error.as_ref(), failed);
    Line {
        level: if failed { "error" } else { "info" },
        request_id: &context.request_id,
        handler: function.name,
        route: None,
        user: None,
        status: error.as_ref().map_or(200, Error::status),
        outcome: error.as_ref().map_or(if failed { PARTLY } else { OK }, Error::code),
        latency_ms: milliseconds(started.elapsed()),
        error: error.as_ref().map(|error| chain(error)),
        metrics: function.metrics.directive(&members),
        members: &members,
    }
    .write();
    result
}

fn diagnostic(error: &Error) -> Diagnostic {
    Diagnostic { error_type: error.code().to_owned(), error_message: chain(error) }
}

/// Shortly before the function's end: the client then gets our answer, and the log its line, where Lambda would just
/// cut both off.
fn end(context: &Context) -> Instant {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(RESERVE)
}

/// Does the work, or as much of it as can be done before `end`. After `end` it is not even begun.
pub async fn before<T>(end: Instant, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let over = || Error::internal("the function's time is over");
    if Instant::now() >= end {
        return Err(over());
    }
    // On the heap: an AWS call's future is large, and would be moved through every layer below.
    timeout_at(end, Box::pin(work)).await.unwrap_or_else(|_| Err(over()))
}

#[cfg(test)]
mod tests;
