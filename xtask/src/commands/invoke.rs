//! `invoke`: calls a function as its operator, once or until it says that nothing is left.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use aws_sdk_lambda::Client;
use serde_json::{Value, json};

use super::Ctx;
use crate::aws::{Aws, functions};
use crate::cli::InvokeArgs;
use crate::config::find_function;
use crate::detach;
use crate::error::Problem;

/// Calls in a row that may end where they began.
const PATIENCE: u32 = 3;

pub(super) async fn run(args: InvokeArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    let (service, function) = find_function(&config.app, &args.function)?;
    let name = format!("{}-{function}", config.stack_name(service));
    let event = read_event(args.event.as_deref())?;
    if args.until_done && !event.is_object() {
        return Err(Problem::usage("with `--until-done` the event must be a JSON object").into());
    }
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    if config.env.protected {
        let question = format!("This calls `{name}` in account {} with {event}", identity.account);
        ctx.ui.confirm(&question, &config.env.name)?;
    }
    let log = ["logs", "--env", &config.env.name, "--function", &format!("{service}/{function}")].map(str::to_owned);
    let caller = Caller { client: aws.lambda, name, log };
    let one_line = args.until_done || args.json;
    let tell = |answer: &Value| {
        ctx.ui.data(if one_line { answer.to_string() } else { format!("{answer:#}") });
    };
    let _spinner = ctx.ui.spinner(format!("{} runs", caller.name));
    if args.until_done {
        caller.until_done(event, tell).await
    } else {
        caller.call(&event).await.map(|answer| tell(&answer))
    }
}

/// A function with all that is told where it fails.
struct Caller {
    client: Client,
    name: String,
    /// The command that shows the function's log, which is still to be filtered for a call.
    log: [String; 5],
}

impl Caller {
    async fn call(&self, event: &Value) -> anyhow::Result<Value> {
        let called = functions::invoke(&self.client, &self.name, event).await?;
        called.outcome.map_err(|error| {
            let Self { name, log, .. } = self;
            let id = called.request_id;
            Problem::failed(format!("`{name}` failed in request {id}: {error}"))
                .hint(detach::line(log.iter().cloned().chain(["--filter".to_owned(), format!("\"{id}\"")])))
                .into()
        })
    }

    /// Goes on from each answer's `next`. One that leads back to where its call began may have done a part of what is to
    /// do there, but not time and again.
    async fn until_done(&self, mut event: Value, mut tell: impl FnMut(&Value)) -> anyhow::Result<()> {
        let mut stuck = 0;
        loop {
            let answer = self.call(&event).await.with_context(|| format!("the event was {event}"))?;
            tell(&answer);
            let Some(next) = answer.get("next").filter(|next| !next.is_null()) else { return Ok(()) };
            stuck = if event.get("from") == Some(next) { stuck + 1 } else { 0 };
            if stuck == PATIENCE {
                return Err(Problem::failed(format!("`{}` makes no progress from {next}", self.name)).into());
            }
            event["from"] = next.clone();
        }
    }
}

fn read_event(file: Option<&Path>) -> anyhow::Result<Value> {
    let Some(file) = file else { return Ok(json!({})) };
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).context("cannot read the event from stdin")?;
    } else {
        let unreadable = |error| Problem::usage(format!("cannot read the event from `{}`: {error}", file.display()));
        text = std::fs::read_to_string(file).map_err(unreadable)?;
    }
    serde_json::from_str(&text)
        .map_err(|error| Problem::usage(format!("the event in `{}` is no JSON: {error}", file.display())).into())
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::operation::invoke::InvokeOutput;
    use aws_sdk_lambda::primitives::Blob;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::error::{Exit, exit_of, hints};

    fn answer(event: Value, answer: &Value, error: Option<&'static str>) -> Rule {
        let answer = answer.to_string();
        mock!(Client::invoke)
            .match_requests(move |call| {
                let sent = call.payload().map(Blob::as_ref).unwrap_or_default();
                serde_json::from_slice::<Value>(sent).unwrap() == event
            })
            .then_output(move || {
                let output = InvokeOutput::builder().payload(Blob::new(answer.as_bytes()));
                output.set_function_error(error.map(str::to_owned)).build()
            })
    }

    async fn until_done(rules: &[&Rule], event: Value) -> (Vec<Value>, anyhow::Result<()>) {
        let client = mock_client!(aws_sdk_lambda, RuleMode::Sequential, rules);
        let caller = Caller {
            client,
            name: "demo-dev-orders-sweep".to_owned(),
            log: ["logs", "--env", "dev", "--function", "orders/sweep"].map(str::to_owned),
        };
        let mut told = Vec::new();
        let ended = caller.until_done(event, |answer| told.push(answer.clone())).await;
        (told, ended)
    }

    #[tokio::test]
    async fn the_same_event_goes_on_from_each_next_until_there_is_none() {
        let answers = [json!({"next": "b"}), json!({"next": {"page": 3}}), json!({"next": null})];
        let rules = [
            answer(json!({"dry": true}), &answers[0], None),
            answer(json!({"dry": true, "from": "b"}), &answers[1], None),
            answer(json!({"dry": true, "from": {"page": 3}}), &answers[2], None),
        ];
        let (told, ended) = until_done(&rules.each_ref(), json!({"dry": true})).await;
        ended.unwrap();
        assert_eq!(told, answers);
    }

    #[tokio::test]
    async fn an_answer_that_is_no_object_is_the_last_one() {
        for last in [json!(null), json!("next"), json!([{"next": 1}]), json!({})] {
            let (told, ended) = until_done(&[&answer(json!({}), &last, None)], json!({})).await;
            ended.unwrap();
            assert_eq!(told, [last]);
        }
    }

    #[tokio::test]
    async fn calls_that_end_where_they_began_end_the_command_after_a_few() {
        let stay = || answer(json!({"from": 1}), &json!({"next": 1}), None);
        let (told, ended) = until_done(&[&stay(), &stay(), &stay()], json!({"from": 1})).await;
        assert_eq!(told.len(), 3);
        assert!(ended.unwrap_err().to_string().contains("no progress"));
        let rules = [
            stay(),
            stay(),
            answer(json!({"from": 1}), &json!({"next": 2}), None),
            answer(json!({"from": 2}), &json!({"next": 2}), None),
            answer(json!({"from": 2}), &json!({}), None),
        ];
        let (told, ended) = until_done(&rules.each_ref(), json!({"from": 1})).await;
        ended.unwrap();
        assert_eq!(told.len(), 5);
    }

    #[tokio::test]
    async fn a_failure_on_the_way_names_the_event_and_the_log() {
        let failed = json!({"errorType": "internal", "errorMessage": "on fire"});
        let rules =
            [answer(json!({}), &json!({"next": 7}), None), answer(json!({"from": 7}), &failed, Some("Unhandled"))];
        let (told, ended) = until_done(&rules.each_ref(), json!({})).await;
        let error = ended.unwrap_err();
        assert_eq!((told.len(), exit_of(&error)), (1, Exit::Failed));
        assert!(format!("{error:#}").contains(r#"{"from":7}"#), "{error:#}");
        assert!(format!("{error:#}").contains("internal: on fire"), "{error:#}");
        let hint = hints(&error).next().unwrap();
        assert!(hint.starts_with("cargo xtask logs --env dev --function orders/sweep --filter '\""), "{hint}");
        // No word of a shell in it has blanks of its own.
        let words = hint.split(' ').skip(2).map(|word| word.trim_matches('\'').into());
        assert!(crate::cli::parse(std::iter::once("xtask".into()).chain(words)).is_ok(), "{hint}");
    }

    #[test]
    fn an_event_is_an_empty_object_a_file_or_a_usage_error() {
        assert_eq!(read_event(None).unwrap(), json!({}));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"{"a": 1}"#).unwrap();
        assert_eq!(read_event(Some(file.path())).unwrap(), json!({"a": 1}));
        std::fs::write(file.path(), "{").unwrap();
        for wrong in [file.path(), Path::new("/nowhere/at/all")] {
            assert_eq!(exit_of(&read_event(Some(wrong)).unwrap_err()), Exit::Usage);
        }
    }
}
