//! The proof at the end: nothing under the environment's names is left, as far as these services can be asked.

use std::time::Duration;

use super::scope::Scope;
use super::strays;
use crate::aws::names as aws_names;
use crate::aws::{Aws, existing, stacks, tagged};
use crate::config::Config;
use crate::error::Problem;
use crate::releases::Ledger;

/// Looks by name, with growing pauses between them: lists lag behind deletions.
const LOOKS: u32 = 5;
/// The same for tags, whose index lags by minutes.
const TAG_LOOKS: u32 = 9;
/// Doubles from look to look.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Finds nothing but what is kept by choice, or fails with the list of what is left.
pub(super) async fn audit(aws: &Aws, config: &Config, scope: &Scope, kept: &[String]) -> anyhow::Result<()> {
    let named = async || {
        let left = look(aws, config, scope).await?;
        anyhow::Ok(
            left.into_iter().filter(|line| !kept.iter().any(|name| line.ends_with(&format!(" {name}")))).collect(),
        )
    };
    verdict(&until_nothing((LOOKS, FIRST_PAUSE), named).await?, config.env.name.as_str())?;
    let tags = [("app", config.app.app.as_str()), ("environment", config.env.name.as_str())];
    let by_tag = async || {
        let mut left = Vec::new();
        for arn in tagged::resources(aws, &config.env.region, &tags).await? {
            if !kept.iter().any(|name| names(&arn, name)) && is_there(aws, &arn).await? {
                left.push(arn);
            }
        }
        anyhow::Ok(left)
    };
    verdict(&until_nothing((TAG_LOOKS, FIRST_PAUSE), by_tag).await?, config.env.name.as_str()).map_err(Into::into)
}

/// Looks until there is nothing, or often enough.
async fn until_nothing(
    (looks, pause): (u32, Duration),
    look: impl AsyncFn() -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Vec<String>> {
    let mut left = look().await?;
    for look_number in 1..looks {
        if left.is_empty() {
            break;
        }
        tokio::time::sleep((pause * 2_u32.pow(look_number - 1)).min(LONGEST_PAUSE)).await;
        left = look().await?;
    }
    Ok(left)
}

/// The index of tags remembers what has gone: what can be asked for itself is. The rest is taken for being there.
async fn is_there(aws: &Aws, arn: &str) -> anyhow::Result<bool> {
    match askable(arn) {
        Some((kind, name)) => existing::has(aws, kind, name).await,
        None => Ok(true),
    }
}

/// CloudFormation's type and the name, of types that `existing` can look for. The form of an ARN: AWS General Reference,
/// "Amazon Resource Names".
fn askable(arn: &str) -> Option<(&'static str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next()?, parts.nth(2)?);
    match service {
        "dynamodb" => {
            Some(("AWS::DynamoDB::Table", resource.strip_prefix("table/").filter(|name| !name.contains('/'))?))
        }
        "lambda" => {
            Some(("AWS::Lambda::Function", resource.strip_prefix("function:").filter(|name| !name.contains(':'))?))
        }
        "logs" => Some(("AWS::Logs::LogGroup", resource.strip_prefix("log-group:")?.trim_end_matches(":*"))),
        "s3" if !resource.contains('/') => Some(("AWS::S3::Bucket", resource)),
        _ => None,
    }
}

/// Whether an ARN is that of a resource with this physical id: its last part, whatever stands before it.
fn names(arn: &str, id: &str) -> bool {
    arn.strip_suffix(id).is_some_and(|rest| rest.ends_with([':', '/']))
}

fn verdict(left: &[String], environment: &str) -> Result<(), Problem> {
    if left.is_empty() {
        return Ok(());
    }
    Err(Problem::failed(format!("left of `{environment}`:\n{}", left.join("\n")))
        .hint("run the same command again; what stays then was not made by this deployer: delete it by hand"))
}

async fn look(aws: &Aws, config: &Config, scope: &Scope) -> anyhow::Result<Vec<String>> {
    let ledger = Ledger::of(&aws.s3, config);
    let (stacks, secrets, releases) =
        tokio::try_join!(stacks::all(&aws.cloudformation), aws_names::secrets(aws, &scope.secrets), ledger.ids())?;
    // Between look and look another environment's stacks may have come or gone: its names are told anew.
    let scope = super::scope(config, &stacks);
    let own = stacks.into_keys().filter(|name| scope.holds(name)).map(|name| format!("stack {name}"));
    let named = strays::named(aws, &scope).await?;
    let beside = secrets.into_iter().map(|name| format!("secret {name}"));
    let releases = releases.into_iter().map(|id| format!("release {id}"));
    Ok(own.chain(named.iter().map(strays::Stray::to_string)).chain(beside).chain(releases).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of, hints};

    #[test]
    fn an_arn_is_of_the_resource_that_it_ends_with() {
        assert!(names("arn:aws:dynamodb:r:1:table/demo-dev-a", "demo-dev-a"));
        assert!(names("arn:aws:s3:::demo-dev-a", "demo-dev-a"));
        assert!(!names("arn:aws:s3:::x-demo-dev-a", "demo-dev-a"));
    }

    #[test]
    fn what_can_be_asked_for_by_its_name_is_told_from_the_rest() {
        let table = [
            ("arn:aws:dynamodb:r:1:table/demo-dev-a", Some(("AWS::DynamoDB::Table", "demo-dev-a"))),
            ("arn:aws:dynamodb:r:1:table/demo-dev-a/stream/1", None),
            ("arn:aws:lambda:r:1:function:demo-dev-f", Some(("AWS::Lambda::Function", "demo-dev-f"))),
            ("arn:aws:lambda:r:1:event-source-mapping:1", None),
            ("arn:aws:logs:r:1:log-group:/aws/lambda/f:*", Some(("AWS::Logs::LogGroup", "/aws/lambda/f"))),
            ("arn:aws:s3:::demo-dev-b", Some(("AWS::S3::Bucket", "demo-dev-b"))),
            ("arn:aws:ec2:r:1:network-interface/eni-1", None),
            ("arn", None),
        ];
        for (arn, expected) in table {
            assert_eq!(askable(arn), expected, "{arn}");
        }
    }

    #[tokio::test]
    async fn what_lags_behind_is_waited_for_and_what_stays_is_told() {
        let looks = std::cell::Cell::new(0);
        let look = async || {
            looks.set(looks.get() + 1);
            anyhow::Ok(if looks.get() < 4 { vec!["table a".to_owned()] } else { vec![] })
        };
        assert!(until_nothing((LOOKS, Duration::ZERO), look).await.unwrap().is_empty());
        assert_eq!(looks.get(), 4);
        let stays = async || anyhow::Ok(vec!["table a".to_owned()]);
        assert_eq!(until_nothing((LOOKS, Duration::ZERO), stays).await.unwrap(), ["table a"]);
    }

    #[test]
    fn what_is_left_fails_the_command_and_is_listed() {
        assert!(verdict(&[], "dev").is_ok());
        let error = verdict(&["bucket demo-dev-a".to_owned(), "table demo-dev-b".to_owned()], "dev").unwrap_err();
        let error = anyhow::Error::from(error);
        assert_eq!(error.to_string(), "left of `dev`:\nbucket demo-dev-a\ntable demo-dev-b");
        assert_eq!((exit_of(&error), hints(&error).count()), (Exit::Failed, 1));
    }
}
