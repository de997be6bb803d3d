//! Names that templates give, and AWS's limits on them. Pure.

use serde_yaml::Value;

use crate::config::Config;

/// Type, property, most characters, and where AWS says so.
#[rustfmt::skip]
const LIMITS: [(&str, &str, usize, &str); 14] = [
    ("AWS::ApiGatewayV2::Api",                "Name",                           128, "API Gateway V2 API reference, `CreateApi`"),
    ("AWS::CloudFront::Function",             "Name",                            64, "CloudFront API reference, `CreateFunction`"),
    ("AWS::CloudFront::OriginAccessControl",  "OriginAccessControlConfig.Name",  64, "CloudFront API reference, `OriginAccessControlConfig`"),
    ("AWS::CloudWatch::Alarm",                "AlarmName",                      255, "CloudWatch API reference, `PutMetricAlarm`"),
    ("AWS::CloudWatch::Dashboard",            "DashboardName",                  255, "CloudWatch API reference, `PutDashboard`"),
    ("AWS::Cognito::UserPool",                "UserPoolName",                   128, "Cognito API reference, `CreateUserPool`"),
    ("AWS::DynamoDB::Table",                  "TableName",                      255, "DynamoDB Developer Guide, \"Supported data types and naming rules\""),
    ("AWS::IAM::ManagedPolicy",               "ManagedPolicyName",              128, "IAM User Guide, \"IAM and AWS STS quotas\""),
    ("AWS::IAM::Role",                        "RoleName",                        64, "IAM User Guide, \"IAM and AWS STS quotas\""),
    ("AWS::Lambda::Function",                 "FunctionName",                    64, "Lambda API reference, `CreateFunction`"),
    ("AWS::Logs::LogGroup",                   "LogGroupName",                   512, "CloudWatch Logs API reference, `CreateLogGroup`"),
    ("AWS::S3::Bucket",                       "BucketName",                      63, "Amazon S3 User Guide, \"General purpose bucket naming rules\""),
    ("AWS::SecretsManager::Secret",           "Name",                           512, "Secrets Manager API reference, `CreateSecret`"),
    ("AWS::SQS::Queue",                       "QueueName",                       80, "SQS API reference, `CreateQueue`"),
];

/// A name of a type of resources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// CloudFormation's type.
    pub(super) kind: &'static str,
    pub(super) name: String,
    max: usize,
    source: &'static str,
}

impl Named {
    /// What a person calls it: `S3 bucket`.
    pub(super) fn what(&self) -> String {
        self.kind.trim_start_matches("AWS::").replace("::", " ")
    }
}

/// The names in a template, as far as they are known before the deploy.
pub(super) fn of(config: &Config, stack: &str, template: &Value) -> Vec<Named> {
    let resources = template["Resources"].as_mapping().into_iter().flatten();
    let named = resources.flat_map(|(_, resource)| {
        LIMITS.iter().filter(move |(kind, ..)| resource["Type"] == *kind).filter_map(
            move |(kind, path, max, source)| {
                let value = path.split('.').fold(&resource["Properties"], |value, key| &value[key]);
                Some(Named { kind, name: text(config, stack, value)?, max: *max, source })
            },
        )
    });
    named.collect()
}

/// Names with more characters than AWS takes, each with what to do.
pub(super) fn too_long(names: &[Named]) -> Vec<(String, String)> {
    let long = names.iter().filter(|one| one.name.chars().count() > one.max);
    long.map(|one| {
        let count = one.name.chars().count();
        (
            format!("the {} name `{}` has {count} characters, at most {} are allowed", one.what(), one.name, one.max),
            format!("shorten the service's or the environment's name ({})", one.source),
        )
    })
    .collect()
}

/// A text, or a `!Sub` of nothing but what is known.
fn text(config: &Config, stack: &str, value: &Value) -> Option<String> {
    let filled = match value {
        Value::String(text) => text.clone(),
        Value::Tagged(tagged) if tagged.tag == "Sub" => tagged
            .value
            .as_str()?
            .replace("${AWS::Region}", &config.env.region)
            .replace("${AWS::AccountId}", config.env.account())
            .replace("${AWS::Partition}", config.env.partition())
            .replace("${AWS::StackName}", stack),
        _ => return None,
    };
    (!filled.contains("${")).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn names(bucket: &str) -> Vec<Named> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let config = Config::load(root, Some("local")).unwrap();
        let template = format!("Resources: {{A: {{Type: 'AWS::S3::Bucket', Properties: {{BucketName: {bucket}}}}}}}");
        of(&config, "stack", &serde_yaml::from_str(&template).unwrap())
    }

    #[test]
    fn a_name_may_have_as_many_characters_as_aws_says_and_no_more() {
        for (length, problems) in [(63, 0), (64, 1)] {
            let names = names(&"x".repeat(length));
            assert_eq!(too_long(&names).len(), problems, "{length}");
        }
        let (problem, remedy) = too_long(&names(&"x".repeat(64))).remove(0);
        assert!(problem.starts_with("the S3 Bucket name `xx") && problem.contains("at most 63"), "{problem}");
        assert!(remedy.contains("naming rules"), "{remedy}");
    }

    #[test]
    fn a_name_is_known_where_its_parts_are() {
        let known: Vec<String> =
            names("!Sub '${AWS::StackName}-${AWS::AccountId}'").into_iter().map(|one| one.name).collect();
        assert_eq!(known, ["stack-000000000000"]);
        assert_eq!(names("!Sub '${Other}-x'"), []);
        assert_eq!(names("!Ref Other"), []);
    }
}
