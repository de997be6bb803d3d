//! Quotas of an account that a deploy of ours meets first, asked where one cheap call tells.

use serde_yaml::Value;

use super::Finding;
use crate::aws::{Aws, existing};

/// Response headers policies of an account (CloudFront Developer Guide, "Quotas").
const HEADERS_POLICIES: usize = 20;
/// Executions at a time below which a handful of users is refused; new accounts start with 10 (Lambda Developer Guide,
/// "Lambda quotas").
const CONCURRENCY: i32 = 50;

/// The response headers policies that a template adds to what is in force.
pub(super) fn new_headers_policies(template: &Value, live: Option<&Value>) -> usize {
    let count = |template: &Value| {
        let resources = template["Resources"].as_mapping().into_iter().flatten();
        resources.filter(|(_, one)| one["Type"] == "AWS::CloudFront::ResponseHeadersPolicy").count()
    };
    count(template).saturating_sub(live.map_or(0, count))
}

/// What the account has too little of.
pub(super) async fn look(aws: &Aws, new_policies: usize) -> anyhow::Result<Vec<Finding>> {
    let concurrency = existing::concurrency(&aws.lambda).await?;
    let policies = if new_policies == 0 { 0 } else { existing::headers_policies(&aws.cloudfront).await? };
    Ok(short(concurrency, policies, new_policies))
}

fn short(concurrency: i32, policies: usize, new_policies: usize) -> Vec<Finding> {
    let finding = |problem: String, quota: &str| Finding {
        stack: "account".to_owned(),
        problem,
        remedy: format!("raise the quota \"{quota}\" in the Service Quotas console"),
    };
    let mut found = Vec::new();
    if concurrency < CONCURRENCY {
        let problem = format!("it runs {concurrency} functions at a time, fewer than {CONCURRENCY}");
        found.push(finding(problem, "Concurrent executions"));
    }
    if policies + new_policies > HEADERS_POLICIES {
        let problem = format!(
            "it has {policies} response headers policies and {new_policies} more are wanted, at most {HEADERS_POLICIES} are allowed"
        );
        found.push(finding(problem, "Response headers policies per AWS account"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_may_be_used_up_and_no_more() {
        assert_eq!(short(50, 18, 2), []);
        assert_eq!(short(49, 19, 2).len(), 2);
    }

    #[test]
    fn a_policy_that_is_there_already_is_no_new_one() {
        let template: Value =
            serde_yaml::from_str("Resources: {A: {Type: 'AWS::CloudFront::ResponseHeadersPolicy'}}").unwrap();
        assert_eq!(new_headers_policies(&template, None), 1);
        assert_eq!(new_headers_policies(&template, Some(&template)), 0);
    }
}
