//! CloudWatch alarms. Calls only.

use anyhow::Context;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};

use super::explain;

/// The names of the alarms that are in `ALARM`, of those whose name begins so.
pub async fn ringing(client: &Client, prefix: &str) -> anyhow::Result<Vec<String>> {
    let call = client.describe_alarms().alarm_name_prefix(prefix).state_value(StateValue::Alarm);
    // Without types it tells metric alarms alone (API reference, `DescribeAlarms`).
    let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
    let mut names = Vec::new();
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explain).with_context(|| format!("cannot read the alarms of `{prefix}`"))?;
        names.extend(page.metric_alarms().iter().filter_map(|alarm| alarm.alarm_name().map(str::to_owned)));
        names.extend(page.composite_alarms().iter().filter_map(|alarm| alarm.alarm_name().map(str::to_owned)));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
    use aws_sdk_cloudwatch::types::{CompositeAlarm, MetricAlarm};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn all_pages_and_both_kinds_are_read() {
        let first = mock!(Client::describe_alarms)
            .match_requests(|call| {
                call.alarm_name_prefix() == Some("demo-dev-") && call.state_value() == Some(&StateValue::Alarm)
            })
            .then_output(|| {
                let alarm = MetricAlarm::builder().alarm_name("demo-dev-b").build();
                DescribeAlarmsOutput::builder().metric_alarms(alarm).next_token("two").build()
            });
        let second =
            mock!(Client::describe_alarms).match_requests(|call| call.next_token() == Some("two")).then_output(|| {
                let alarm = CompositeAlarm::builder().alarm_name("demo-dev-a").build();
                DescribeAlarmsOutput::builder().composite_alarms(alarm).build()
            });
        let client = mock_client!(aws_sdk_cloudwatch, RuleMode::Sequential, [&first, &second]);
        assert_eq!(ringing(&client, "demo-dev-").await.unwrap(), ["demo-dev-a", "demo-dev-b"]);
    }
}
