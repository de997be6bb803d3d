//! Quotas of an account that a deploy of ours meets first, asked where one cheap call tells.

use serde_yaml::Value;

use super::{ASK, Finding, Weight, known};
use crate::aws::{Aws, existing};

/// Response headers policies of an account, unless it was given more (CloudFront Developer Guide, "Quotas").
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

/// What the account seems to have too little of. Notices: few executions at a time are enough for a deploy, and what a quota
/// was raised to only Service Quotas knows.
pub(super) async fn look(aws: &Aws, new_policies: usize) -> anyhow::Result<Vec<Finding>> {
    let mut found = Vec::new();
    match known(existing::concurrency(&aws.lambda).await)? {
        Ok(concurrency) => found.extend(few_executions(concurrency)),
        Err(denied) => found.push(unknown(&denied)),
    }
    if new_policies > 0 {
        match known(existing::headers_policies(&aws.cloudfront).await)? {
            Ok(policies) => found.extend(many_policies(policies, new_policies)),
            Err(denied) => found.push(unknown(&denied)),
        }
    }
    Ok(found)
}

fn unknown(denied: &str) -> Finding {
    Finding {
        weight: Weight::Notice,
        stack: "account".to_owned(),
        problem: format!("a quota is not known: {denied}"),
        remedy: ASK.to_owned(),
    }
}

fn finding(problem: String, quota: &str) -> Finding {
    Finding {
        weight: Weight::Notice,
        stack: "account".to_owned(),
        problem,
        remedy: format!("raise the quota \"{quota}\" in the Service Quotas console before users come"),
    }
}

fn few_executions(concurrency: i32) -> Option<Finding> {
    let problem = format!("it runs {concurrency} functions at a time, fewer than {CONCURRENCY}");
    (concurrency < CONCURRENCY).then(|| finding(problem, "Concurrent executions"))
}

fn many_policies(policies: usize, new: usize) -> Option<Finding> {
    let problem = format!(
        "it has {policies} response headers policies and {new} more are wanted: {HEADERS_POLICIES} are allowed unless that was raised"
    );
    (policies + new > HEADERS_POLICIES).then(|| finding(problem, "Response headers policies per AWS account"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_may_be_used_up_and_what_is_short_stops_no_deploy() {
        assert_eq!((few_executions(50), many_policies(18, 2)), (None, None));
        let short = [few_executions(10).unwrap(), many_policies(19, 2).unwrap()];
        assert!(short.iter().all(|one| one.weight == Weight::Notice), "{short:?}");
    }

    #[test]
    fn a_policy_that_is_there_already_is_no_new_one() {
        let template: Value =
            serde_yaml::from_str("Resources: {A: {Type: 'AWS::CloudFront::ResponseHeadersPolicy'}}").unwrap();
        assert_eq!(new_headers_policies(&template, None), 1);
        assert_eq!(new_headers_policies(&template, Some(&template)), 0);
    }
}
