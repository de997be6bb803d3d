//! Lambda: one call of a function, waited for. Calls only.

use std::time::Duration;

use anyhow::Context;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use serde_json::Value;

use super::explain;
use crate::error::Problem;

/// The longest call there can be, 15 minutes (AWS Lambda quotas), and a minute for both ends.
const LONGEST: Duration = Duration::from_mins(16);

/// A call that reached its function.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// Names the call in the function's log.
    pub request_id: String,
    /// The answer, or what the function failed with, in words.
    pub outcome: Result<Value, String>,
}

/// Calls a function and waits for its answer.
///
/// # Errors
/// Where the function was not reached, or where it cannot be known whether it was.
pub async fn invoke(client: &Client, name: &str, event: &Value) -> anyhow::Result<Invocation> {
    let call = patient(client).invoke().function_name(name).invocation_type(InvocationType::RequestResponse);
    let answer = match call.payload(Blob::new(event.to_string())).send().await {
        Ok(answer) => answer,
        Err(error) if error.as_service_error().is_some_and(InvokeError::is_resource_not_found_exception) => {
            let problem = Problem::failed(format!("there is no function `{name}`"));
            return Err(problem.hint("deploy the environment, then run this again").into());
        }
        Err(error @ (SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_))) => {
            let problem = Problem::failed(format!("no answer from `{name}`: it may have run, or still run"));
            let hint = format!("look at its log /aws/lambda/{name} before you call it again");
            return Err(explain(error).context(problem.hint(hint)));
        }
        Err(error) => return Err(explain(error)).with_context(|| format!("cannot call `{name}`")),
    };
    let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
    let value = match payload {
        [] => Value::Null,
        bytes => serde_json::from_slice(bytes).with_context(|| format!("the answer of `{name}` is no JSON"))?,
    };
    let request_id = answer.request_id().unwrap_or_default().to_owned();
    let outcome = match answer.function_error() {
        None => Ok(value),
        Some(_) => Err(told(&value)),
    };
    Ok(Invocation { request_id, outcome })
}

/// Waits as long as a function can run, and never asks twice: a call without an answer may have done its work.
fn patient(client: &Client) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(LONGEST).build();
    let config = client.config().to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
    Client::from_conf(config.build())
}

/// Lambda's error object in words (AWS Lambda Developer Guide, "Function errors").
fn told(error: &Value) -> String {
    let text = |name: &str| error[name].as_str();
    match (text("errorType"), text("errorMessage")) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (None, Some(message)) => message.to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::operation::invoke::InvokeOutput;
    use aws_sdk_lambda::types::error::{ResourceNotFoundException, TooManyRequestsException};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::json;

    use super::*;
    use crate::error::hints;

    async fn call(rule: &Rule) -> anyhow::Result<Result<Value, String>> {
        let client = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [rule]);
        Ok(invoke(&client, "demo-dev-orders-sweep", &json!({"a": 1})).await?.outcome)
    }

    fn answer(payload: &'static str, error: Option<&'static str>) -> Rule {
        mock!(Client::invoke)
            .match_requests(|call| {
                call.payload().is_some_and(|event| event.as_ref() == br#"{"a":1}"#)
                    && call.invocation_type() == Some(&InvocationType::RequestResponse)
            })
            .then_output(move || {
                let output = InvokeOutput::builder().payload(Blob::new(payload));
                output.set_function_error(error.map(str::to_owned)).build()
            })
    }

    #[tokio::test]
    async fn an_answer_is_what_the_function_said() {
        assert_eq!(call(&answer(r#"{"b":2}"#, None)).await.unwrap(), Ok(json!({"b": 2})));
        assert_eq!(call(&answer("", None)).await.unwrap(), Ok(Value::Null));
    }

    #[tokio::test]
    async fn a_function_that_failed_is_told_apart_from_an_answer() {
        let failed = answer(r#"{"errorType":"internal","errorMessage":"on fire"}"#, Some("Unhandled"));
        assert_eq!(call(&failed).await.unwrap(), Err("internal: on fire".to_owned()));
        let timeout = answer(r#"{"errorMessage":"Task timed out after 3.00 seconds"}"#, Some("Unhandled"));
        assert_eq!(call(&timeout).await.unwrap(), Err("Task timed out after 3.00 seconds".to_owned()));
    }

    #[tokio::test]
    async fn a_function_that_is_not_deployed_is_told_with_the_way_out() {
        let missing = mock!(Client::invoke)
            .then_error(|| InvokeError::ResourceNotFoundException(ResourceNotFoundException::builder().build()));
        let error = call(&missing).await.unwrap_err();
        assert!(error.to_string().contains("no function `demo-dev-orders-sweep`"), "{error}");
        assert_eq!(hints(&error).count(), 1);
    }

    #[tokio::test]
    async fn nothing_is_asked_twice() {
        let throttled = mock!(Client::invoke)
            .then_error(|| InvokeError::TooManyRequestsException(TooManyRequestsException::builder().build()));
        call(&throttled).await.unwrap_err();
        assert_eq!(throttled.num_calls(), 1);
        let broken = mock!(Client::invoke).then_http_response(|| {
            let status = aws_smithy_runtime_api::http::StatusCode::try_from(503).unwrap();
            aws_sdk_lambda::config::http::HttpResponse::new(status, aws_sdk_lambda::primitives::SdkBody::empty())
        });
        call(&broken).await.unwrap_err();
        assert_eq!(broken.num_calls(), 1);
    }
}
