//! Quotas of an account that a deploy of ours meets first, asked where a call or two tell.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde_yaml::Value;

use super::{ASK, Finding, Weight, known};
use crate::aws::{Aws, existing};

/// Type, how many an account may have unless that was raised, and what AWS calls the quota (CloudFront Developer Guide, "Quotas";
/// of DynamoDB it is for each region: DynamoDB Developer Guide, "Quotas").
const QUOTAS: [(&str, usize, &str); 6] = [
    ("AWS::CloudFront::Distribution", 500, "Distributions per AWS account"),
    ("AWS::CloudFront::KeyGroup", 10, "Key groups per AWS account"),
    ("AWS::CloudFront::OriginAccessControl", 100, "Origin access controls per AWS account"),
    ("AWS::CloudFront::PublicKey", 10, "Public keys per AWS account"),
    ("AWS::CloudFront::ResponseHeadersPolicy", 20, "Response headers policies per AWS account"),
    ("AWS::DynamoDB::Table", 2_500, "Tables per account and region"),
];

/// Executions at a time below which a handful of users is refused; new accounts start with 10 (Lambda Developer Guide,
/// "Lambda quotas").
const CONCURRENCY: i32 = 50;

/// What deploys add of what an account may have only so many of, by type.
pub(super) type Added = BTreeMap<&'static str, usize>;

/// What a template adds to what is in force.
pub(super) fn added(template: &Value, live: Option<&Value>) -> Added {
    let count = |template: &Value, kind: &str| {
        let resources = template["Resources"].as_mapping().into_iter().flatten();
        resources.filter(|(_, one)| one["Type"] == kind).count()
    };
    let new = |kind: &'static str| {
        let more = count(template, kind).saturating_sub(live.map_or(0, |live| count(live, kind)));
        (more > 0).then_some((kind, more))
    };
    QUOTAS.iter().filter_map(|(kind, ..)| new(kind)).collect()
}

/// What the account seems to have too little of. Notices: few executions at a time are enough for a deploy, and what a quota
/// was raised to only Service Quotas knows.
pub(super) async fn look(aws: &Aws, added: &Added) -> anyhow::Result<Vec<Finding>> {
    let mut found = Vec::new();
    match known(existing::concurrency(&aws.lambda).await)? {
        Ok(concurrency) => found.extend(few_executions(concurrency)),
        Err(denied) => found.push(unknown(&denied)),
    }
    found.extend(room(aws, added).await?);
    Ok(found)
}

/// Quotas that would be exceeded by what is added.
pub(super) async fn room(aws: &Aws, added: &Added) -> anyhow::Result<Vec<Finding>> {
    let wanted = QUOTAS.iter().filter_map(|quota| Some((quota, *added.get(quota.0)?)));
    let asked = wanted.map(|(quota, new)| async move {
        anyhow::Ok(match known(existing::count(aws, quota.0).await)? {
            Ok(there) => there.and_then(|there| over(*quota, there, new)),
            Err(denied) => Some(unknown(&denied)),
        })
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
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
        remedy: format!("have the quota \"{quota}\" raised in the Service Quotas console"),
    }
}

fn few_executions(concurrency: i32) -> Option<Finding> {
    let problem = format!("it runs {concurrency} functions at a time, fewer than {CONCURRENCY}");
    (concurrency < CONCURRENCY).then(|| finding(problem, "Concurrent executions"))
}

fn over((kind, most, name): (&str, usize, &str), there: usize, new: usize) -> Option<Finding> {
    let what = kind.trim_start_matches("AWS::").replace("::", " ");
    let problem =
        format!("it has {there} of `{what}` and {new} more are wanted: {most} are allowed unless that was raised");
    (there + new > most).then(|| finding(problem, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use aws_sdk_cloudfront::operation::list_key_groups::ListKeyGroupsOutput;
    use aws_sdk_cloudfront::primitives::DateTime;
    use aws_sdk_cloudfront::types::{KeyGroup, KeyGroupConfig, KeyGroupList, KeyGroupSummary};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use std::path::Path;

    #[test]
    fn a_quota_may_be_used_up_and_what_is_short_stops_no_deploy() {
        assert_eq!((few_executions(50), over(QUOTAS[1], 8, 2)), (None, None));
        let short = [few_executions(10).unwrap(), over(QUOTAS[1], 9, 2).unwrap()];
        assert!(short.iter().all(|one| one.weight == Weight::Notice), "{short:?}");
        let told = "it has 9 of `CloudFront KeyGroup` and 2 more are wanted: 10 are allowed unless that was raised";
        assert_eq!(short[1].problem, told);
    }

    #[test]
    fn what_is_there_already_is_not_added() {
        let template: Value =
            serde_yaml::from_str("Resources: {A: {Type: 'AWS::CloudFront::KeyGroup'}, B: {Type: 'AWS::SQS::Queue'}}")
                .unwrap();
        assert_eq!(added(&template, None), Added::from([("AWS::CloudFront::KeyGroup", 1)]));
        assert_eq!(added(&template, Some(&template)), Added::new());
    }

    #[tokio::test]
    async fn what_the_account_has_is_counted_page_by_page() {
        let group = || {
            let config = KeyGroupConfig::builder().name("n").items("k").build().unwrap();
            let group = KeyGroup::builder().id("g").last_modified_time(DateTime::from_secs(0)).key_group_config(config);
            KeyGroupSummary::builder().key_group(group.build().unwrap()).build()
        };
        let page = |marker: Option<&str>, next: Option<&str>, count| {
            let (marker, next) = (marker.map(str::to_owned), next.map(str::to_owned));
            mock!(aws_sdk_cloudfront::Client::list_key_groups)
                .match_requests(move |call| call.marker() == marker.as_deref())
                .then_output(move || {
                    let list = KeyGroupList::builder().max_items(100).quantity(10).set_next_marker(next.clone());
                    let list = list.set_items(Some((0..count).map(|_| group()).collect()));
                    ListKeyGroupsOutput::builder().key_group_list(list.build().unwrap()).build()
                })
        };
        let (first, second) = (page(None, Some("x"), 6), page(Some("x"), None, 4));
        let cloudfront = mock_client!(aws_sdk_cloudfront, RuleMode::MatchAny, [&first, &second]);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let config = Config::load(root, Some("local")).unwrap();
        let aws = Aws { cloudfront, ..Aws::connect(&config.env).await };
        let found = room(&aws, &Added::from([("AWS::CloudFront::KeyGroup", 1)])).await.unwrap();
        assert!(found[0].problem.starts_with("it has 10 of `CloudFront KeyGroup` and 1 more"), "{found:?}");
        assert_eq!(room(&aws, &Added::new()).await.unwrap(), []);
    }
}
