//! Resources that hold what nobody can make again, and what becomes of it. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::template::Resource;

/// Types whose resources hold data, and what it is.
const TYPES: [(&str, &str); 52] = [
    ("AWS::Backup::BackupVault", "backups"),
    ("AWS::Cassandra::Keyspace", "rows"),
    ("AWS::Cassandra::Table", "rows"),
    ("AWS::CloudFormation::Stack", "whatever its resources hold"),
    ("AWS::CloudFront::KeyValueStore", "its pairs"),
    ("AWS::CloudTrail::EventDataStore", "events"),
    ("AWS::CodeCommit::Repository", "commits"),
    ("AWS::Cognito::IdentityPool", "identities"),
    ("AWS::Cognito::UserPool", "users"),
    ("AWS::DSQL::Cluster", "rows"),
    ("AWS::DocDB::DBCluster", "documents"),
    ("AWS::DocDBElastic::Cluster", "documents"),
    ("AWS::DynamoDB::GlobalTable", "items"),
    ("AWS::DynamoDB::Table", "items"),
    ("AWS::EC2::Instance", "files"),
    ("AWS::EC2::Volume", "files"),
    ("AWS::ECR::PublicRepository", "images"),
    ("AWS::ECR::Repository", "images"),
    ("AWS::EFS::FileSystem", "files"),
    ("AWS::ElastiCache::CacheCluster", "entries"),
    ("AWS::ElastiCache::ReplicationGroup", "entries"),
    ("AWS::ElastiCache::ServerlessCache", "entries"),
    ("AWS::Elasticsearch::Domain", "documents"),
    ("AWS::Events::Archive", "events"),
    ("AWS::FSx::FileSystem", "files"),
    ("AWS::FSx::Volume", "files"),
    ("AWS::Glue::Database", "tables"),
    ("AWS::KMS::Key", "whatever is encrypted with it"),
    ("AWS::Kinesis::Stream", "records"),
    ("AWS::Logs::LogGroup", "logs"),
    ("AWS::MSK::Cluster", "records"),
    ("AWS::MemoryDB::Cluster", "entries"),
    ("AWS::Neptune::DBCluster", "graphs"),
    ("AWS::NeptuneGraph::Graph", "graphs"),
    ("AWS::OpenSearchServerless::Collection", "documents"),
    ("AWS::OpenSearchService::Domain", "documents"),
    ("AWS::QLDB::Ledger", "records"),
    ("AWS::RDS::DBCluster", "rows"),
    ("AWS::RDS::DBInstance", "rows"),
    ("AWS::Redshift::Cluster", "rows"),
    ("AWS::RedshiftServerless::Namespace", "rows"),
    ("AWS::Route53::HostedZone", "name servers"),
    ("AWS::S3::Bucket", "objects"),
    ("AWS::S3Express::DirectoryBucket", "objects"),
    ("AWS::S3Tables::Table", "rows"),
    ("AWS::S3Tables::TableBucket", "tables"),
    ("AWS::SDB::Domain", "items"),
    ("AWS::SQS::Queue", "messages"),
    ("AWS::SSM::Parameter", "its value"),
    ("AWS::SecretsManager::Secret", "its value"),
    ("AWS::Timestream::Database", "records"),
    ("AWS::Timestream::Table", "records"),
];

/// What a resource holds that neither list knows: a type of tomorrow, or one that somebody registered.
const UNKNOWN: &str = "whatever it holds";

/// Beginnings of the types whose resources hold nothing but what the template says.
const STATELESS: [&str; 73] = [
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::ApplicationAutoScaling::",
    "AWS::AutoScaling::",
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupSelection",
    "AWS::Budgets::",
    "AWS::CDK::Metadata",
    "AWS::CertificateManager::",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFront::",
    "AWS::CloudWatch::",
    "AWS::CodeBuild::",
    "AWS::CodeDeploy::",
    "AWS::CodePipeline::",
    "AWS::Cognito::IdentityPoolRoleAttachment",
    "AWS::Cognito::LogDeliveryConfiguration",
    "AWS::Cognito::ManagedLoginBranding",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Cognito::UserPoolIdentityProvider",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::Cognito::UserPoolRiskConfigurationAttachment",
    "AWS::Cognito::UserPoolUICustomizationAttachment",
    "AWS::EC2::FlowLog",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::ECS::",
    "AWS::EFS::AccessPoint",
    "AWS::EFS::MountTarget",
    "AWS::ElastiCache::ParameterGroup",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::ElasticLoadBalancingV2::",
    "AWS::Events::",
    "AWS::IAM::",
    "AWS::KMS::Alias",
    "AWS::KinesisFirehose::",
    "AWS::Lambda::",
    "AWS::Logs::Delivery",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::Logs::ResourcePolicy",
    "AWS::Logs::SubscriptionFilter",
    "AWS::Pipes::",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBProxy",
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::EventSubscription",
    "AWS::RDS::OptionGroup",
    "AWS::Route53::HealthCheck",
    "AWS::Route53::RecordSet",
    "AWS::S3::AccessPoint",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSet",
    "AWS::SNS::",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::StepFunctions::",
    "AWS::Synthetics::",
    "AWS::WAFv2::",
    "AWS::XRay::",
];

/// What becomes of the data of a resource that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It goes with the resource.
    Lost,
    /// The old resource stays, outside of the stack; a new one in its place is empty.
    Kept,
    /// A snapshot is made first.
    Snapshot,
}

/// What a type's resources hold, as far as anybody knows: none only where that is certain.
#[must_use]
pub(super) fn holds(kind: &str) -> Option<&'static str> {
    let known = TYPES.iter().find(|(name, _)| *name == kind).map(|(_, what)| *what);
    known.or_else(|| (!STATELESS.iter().any(|beginning| kind.starts_with(beginning))).then_some(UNKNOWN))
}

/// Whether data goes when the stack's template no longer has the resource: the template in force decides.
#[must_use]
pub(super) fn when_removed(live: &Resource) -> Fate {
    fate(live.attribute("DeletionPolicy"))
}

/// Whether data goes when the resource is made anew; where the two templates differ, the worse is assumed.
#[must_use]
pub(super) fn when_replaced(live: &Resource, wanted: &Resource) -> Fate {
    let fates = [live, wanted].map(|resource| fate(resource.attribute("UpdateReplacePolicy")));
    if fates[0] == fates[1] { fates[0] } else { Fate::Lost }
}

fn fate(policy: Option<&str>) -> Fate {
    match policy {
        Some("Retain" | "RetainExceptOnCreate") => Fate::Kept,
        Some("Snapshot") => Fate::Snapshot,
        _ => Fate::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    fn resource(attribute: &str, policy: &str) -> Resource {
        Resource { attributes: Map::from_iter([(attribute.to_owned(), json!(policy))]), ..Resource::default() }
    }

    #[test]
    fn a_type_holds_something_unless_it_is_known_to_hold_nothing() {
        for kind in ["AWS::Redshift::Cluster", "AWS::CloudFront::KeyValueStore", "AWS::CloudFormation::Stack"] {
            assert!(holds(kind).is_some_and(|what| what != UNKNOWN), "{kind}");
        }
        for kind in ["AWS::Tomorrow::Store", "Custom::Store", "Acme::Own::Thing", "AWS::Cognito::UserPoolUser", ""] {
            assert_eq!(holds(kind), Some(UNKNOWN), "{kind}");
        }
        for kind in
            ["AWS::IAM::Role", "AWS::Lambda::Function", "AWS::EC2::SecurityGroupIngress", "AWS::CloudFront::Function"]
        {
            assert_eq!(holds(kind), None, "{kind}");
        }
    }

    #[test]
    fn the_policies_decide_and_none_means_lost() {
        assert_eq!(when_removed(&resource("DeletionPolicy", "RetainExceptOnCreate")), Fate::Kept);
        assert_eq!(when_removed(&resource("DeletionPolicy", "Delete")), Fate::Lost);
        assert_eq!(when_removed(&Resource::default()), Fate::Lost);
        let retain = resource("UpdateReplacePolicy", "Retain");
        assert_eq!(when_replaced(&retain, &retain), Fate::Kept);
        assert_eq!(when_replaced(&retain, &Resource::default()), Fate::Lost);
        assert_eq!(when_removed(&retain), Fate::Lost, "a policy for replacements says nothing of removals");
    }
}
