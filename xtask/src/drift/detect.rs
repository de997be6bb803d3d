//! Starts a stack's drift detection and waits for it, with the manners of the one poller.

use aws_sdk_cloudformation::Client;

use super::Stack;
use crate::aws::drift::{self, Detection};
use crate::aws::stacks;
use crate::deploy::wait::Pace;

/// Looks at one stack. A detection that failed for one resource has looked at the others all the same.
///
/// # Errors
/// Where the stack cannot be looked at.
pub async fn detect(client: &Client, service: &str, name: &str) -> anyhow::Result<Stack> {
    let id = drift::detect(client, name).await?;
    let mut pace = Pace::default();
    let unknown = loop {
        let poll = drift::detection(client, &id).await;
        match pace.tolerate(poll)? {
            Some(Detection::Done) => break None,
            Some(Detection::Failed(reason)) => break Some(reason),
            Some(Detection::Pending) | None => {
                pace.check(name)?;
                pace.sleep().await;
            }
        }
    };
    let all = stacks::resources(client, name).await?;
    let looked_at = drift::resources(client, name).await?;
    let stack = Stack::new(service, name, all.into_iter().map(|(logical, kind, _)| (logical, kind)), looked_at);
    Ok(Stack { unknown, ..stack })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::operation::describe_stack_drift_detection_status::DescribeStackDriftDetectionStatusOutput;
    use aws_sdk_cloudformation::operation::describe_stack_resource_drifts::DescribeStackResourceDriftsOutput;
    use aws_sdk_cloudformation::operation::detect_stack_drift::DetectStackDriftOutput;
    use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
    use aws_sdk_cloudformation::types::{
        PropertyDifference, ResourceStatus, StackDriftDetectionStatus, StackResourceDrift, StackResourceDriftStatus,
        StackResourceSummary,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::DateTime;

    use super::*;

    fn state(status: StackDriftDetectionStatus) -> Rule {
        mock!(Client::describe_stack_drift_detection_status).then_output(move || {
            DescribeStackDriftDetectionStatusOutput::builder()
                .stack_id("s")
                .stack_drift_detection_id("d")
                .detection_status(status.clone())
                .detection_status_reason("no rights")
                .timestamp(DateTime::from_secs(0))
                .build()
        })
    }

    fn started() -> Rule {
        mock!(Client::detect_stack_drift)
            .then_output(|| DetectStackDriftOutput::builder().stack_drift_detection_id("d").build())
    }

    fn failed_poll() -> Rule {
        mock!(Client::describe_stack_drift_detection_status).then_http_response(|| {
            let status = aws_smithy_runtime_api::http::StatusCode::try_from(400).unwrap();
            aws_sdk_cloudformation::config::http::HttpResponse::new(status, "no XML".into())
        })
    }

    fn resources() -> Rule {
        mock!(Client::list_stack_resources).then_output(|| {
            let one = |name: &str| {
                StackResourceSummary::builder()
                    .logical_resource_id(name)
                    .physical_resource_id(name)
                    .resource_type("AWS::X::Y")
                    .resource_status(ResourceStatus::CreateComplete)
                    .last_updated_timestamp(DateTime::from_secs(0))
                    .build()
            };
            ListStackResourcesOutput::builder()
                .stack_resource_summaries(one("A"))
                .stack_resource_summaries(one("B"))
                .build()
        })
    }

    fn drifts() -> Rule {
        mock!(Client::describe_stack_resource_drifts).then_output(|| {
            let difference =
                PropertyDifference::builder().property_path("/Size").expected_value("1").actual_value("2").build();
            let drift = StackResourceDrift::builder()
                .stack_id("s")
                .logical_resource_id("A")
                .resource_type("AWS::X::Y")
                .stack_resource_drift_status(StackResourceDriftStatus::Modified)
                .property_differences(difference)
                .timestamp(DateTime::from_secs(0))
                .build();
            DescribeStackResourceDriftsOutput::builder().stack_resource_drifts(drift).build()
        })
    }

    #[tokio::test]
    async fn a_failed_poll_is_passed_over_and_what_cannot_be_looked_at_is_counted() {
        let rules = [
            started(),
            failed_poll(),
            state(StackDriftDetectionStatus::DetectionInProgress),
            state(StackDriftDetectionStatus::DetectionComplete),
            resources(),
            drifts(),
        ];
        let client = mock_client!(aws_sdk_cloudformation, RuleMode::Sequential, &rules.each_ref());
        let stack = detect(&client, "orders", "demo-dev-orders").await.unwrap();
        assert_eq!((stack.drifted.len(), stack.checked, stack.unsupported.len()), (1, 1, 1));
        assert_eq!(stack.drifted[0].differences[0].actual, "2");
    }

    #[tokio::test]
    async fn a_failed_detection_is_no_absence_of_drift_and_tells_what_it_has_seen() {
        let rules = [started(), state(StackDriftDetectionStatus::DetectionFailed), resources(), drifts()];
        let client = mock_client!(aws_sdk_cloudformation, RuleMode::Sequential, &rules.each_ref());
        let stack = detect(&client, "orders", "demo-dev-orders").await.unwrap();
        assert_eq!((stack.unknown.as_deref(), stack.drifted.len()), (Some("no rights"), 1));
    }
}
