//! Whether something of a name is there, whoever made it, and what an account has left. Calls only.

use anyhow::Context;
use aws_sdk_cloudfront::types::FunctionStage;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;

use super::{Aws, explain, names};

/// All pages of a list of CloudFront's, counted: each answer has its list under a name of its own.
macro_rules! pages {
    ($call:expr, $list:ident) => {{
        let (mut found, mut from) = (0, None);
        loop {
            let answer =
                $call.set_marker(from).send().await.map_err(explain).context("cannot list what CloudFront has")?;
            let Some(list) = answer.$list() else { break found };
            found += list.items().len();
            from = list.next_marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if from.is_none() {
                break found;
            }
        }
    }};
}

/// Whether there is a resource of a type with this name; `false` for types that a stack cannot overwrite.
pub async fn has(aws: &Aws, kind: &str, name: &str) -> anyhow::Result<bool> {
    match kind {
        "AWS::CloudFront::Function" => function(&aws.cloudfront, name).await,
        "AWS::CloudWatch::Alarm" => alarm(&aws.cloudwatch, name).await,
        "AWS::CloudWatch::Dashboard" => dashboard(&aws.cloudwatch, name).await,
        "AWS::DynamoDB::Table" => Ok(names::table_size(aws, name).await?.is_some()),
        "AWS::Lambda::Function" => Ok(super::code::describe(&aws.lambda, name).await?.is_some()),
        "AWS::Logs::LogGroup" => log_group(&aws.logs, name).await,
        "AWS::S3::Bucket" => bucket(&aws.s3, name).await,
        "AWS::SecretsManager::Secret" => secret(&aws.secrets, name).await,
        _ => Ok(false),
    }
}

async fn function(client: &aws_sdk_cloudfront::Client, name: &str) -> anyhow::Result<bool> {
    // A stage must be named; each function has this one, published or not.
    match client.describe_function().name(name).stage(FunctionStage::Development).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("NoSuchFunctionExists") => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot look for the CloudFront function `{name}`")),
    }
}

async fn alarm(client: &aws_sdk_cloudwatch::Client, name: &str) -> anyhow::Result<bool> {
    let answer = client.describe_alarms().alarm_names(name).send().await.map_err(explain);
    let answer = answer.with_context(|| format!("cannot look for the alarm `{name}`"))?;
    Ok(answer.metric_alarms().iter().any(|alarm| alarm.alarm_name() == Some(name)))
}

async fn dashboard(client: &aws_sdk_cloudwatch::Client, name: &str) -> anyhow::Result<bool> {
    let answer = client.list_dashboards().dashboard_name_prefix(name).send().await.map_err(explain);
    let answer = answer.with_context(|| format!("cannot look for the dashboard `{name}`"))?;
    // The exact name is the first of those that begin with it.
    Ok(answer.dashboard_entries().iter().any(|one| one.dashboard_name() == Some(name)))
}

/// The name of one whose deletion is under way is as taken as any.
async fn secret(client: &aws_sdk_secretsmanager::Client, name: &str) -> anyhow::Result<bool> {
    match client.describe_secret().secret_id(name).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(false),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot look for the secret `{name}`")),
    }
}

async fn log_group(client: &aws_sdk_cloudwatchlogs::Client, name: &str) -> anyhow::Result<bool> {
    let answer = client.describe_log_groups().log_group_name_prefix(name).send().await.map_err(explain);
    let answer = answer.with_context(|| format!("cannot look for the log group `{name}`"))?;
    // The exact name is the first of those that begin with it.
    Ok(answer.log_groups().iter().any(|group| group.log_group_name() == Some(name)))
}

/// Somebody else's bucket answers 403, and its name is as taken as one of ours.
async fn bucket(client: &aws_sdk_s3::Client, name: &str) -> anyhow::Result<bool> {
    match client.head_bucket().bucket(name).send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
            Some(404) => Ok(false),
            Some(301 | 400 | 403) => Ok(true),
            _ => Err(explain(error)).with_context(|| format!("cannot look for the bucket `{name}`")),
        },
    }
}

/// How many functions of the account run at a time in this region.
pub async fn concurrency(client: &aws_sdk_lambda::Client) -> anyhow::Result<i32> {
    let answer = client.get_account_settings().send().await.map_err(explain).context("cannot read Lambda's limits")?;
    Ok(answer.account_limit().map_or(i32::MAX, aws_sdk_lambda::types::AccountLimit::concurrent_executions))
}

/// How many resources of a type the account has, of its own and in this region where the type has regions; `None` for types of
/// which nobody keeps count.
pub async fn count(aws: &Aws, kind: &str) -> anyhow::Result<Option<usize>> {
    let found = match kind {
        "AWS::CloudFront::Distribution" => pages!(aws.cloudfront.list_distributions(), distribution_list),
        "AWS::CloudFront::KeyGroup" => pages!(aws.cloudfront.list_key_groups(), key_group_list),
        "AWS::CloudFront::OriginAccessControl" => {
            pages!(aws.cloudfront.list_origin_access_controls(), origin_access_control_list)
        }
        "AWS::CloudFront::PublicKey" => pages!(aws.cloudfront.list_public_keys(), public_key_list),
        "AWS::CloudFront::ResponseHeadersPolicy" => {
            let custom = aws_sdk_cloudfront::types::ResponseHeadersPolicyType::Custom;
            let call = aws.cloudfront.list_response_headers_policies().r#type(custom);
            pages!(call.clone(), response_headers_policy_list)
        }
        "AWS::DynamoDB::Table" => names::tables(aws, "").await?.len(),
        _ => return Ok(None),
    };
    Ok(Some(found))
}

/// The type of an OIDC provider.
pub const OIDC_PROVIDER: &str = "AWS::IAM::OIDCProvider";

/// The properties of an OIDC provider as JSON, whoever made it; `None` where there is none.
pub async fn oidc_provider(client: &aws_sdk_cloudcontrol::Client, arn: &str) -> anyhow::Result<Option<String>> {
    match client.get_resource().type_name(OIDC_PROVIDER).identifier(arn).send().await {
        Ok(answer) => Ok(Some(answer.resource_description.and_then(|one| one.properties).unwrap_or_default())),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot look for `{arn}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    async fn asked(status: u16) -> anyhow::Result<bool> {
        let rule = mock!(aws_sdk_s3::Client::head_bucket).then_http_response(move || {
            let status = aws_smithy_runtime_api::http::StatusCode::try_from(status).unwrap();
            aws_sdk_s3::config::http::HttpResponse::new(status, aws_sdk_s3::primitives::SdkBody::empty())
        });
        bucket(&mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&rule]), "demo").await
    }

    #[tokio::test]
    async fn a_bucket_is_free_only_where_s3_says_that_there_is_none() {
        assert!(!asked(404).await.unwrap());
        for taken in [200, 301, 403] {
            assert!(asked(taken).await.unwrap(), "{taken}");
        }
        assert!(asked(500).await.is_err());
    }
}
