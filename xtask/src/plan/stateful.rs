//! Resources that hold what nobody can make again, and what becomes of it. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::template::Resource;

/// Types whose resources hold data, and what it is.
const TYPES: [(&str, &str); 25] = [
    ("AWS::Backup::BackupVault", "backups"),
    ("AWS::Cognito::IdentityPool", "identities"),
    ("AWS::Cognito::UserPool", "users"),
    ("AWS::DocDB::DBCluster", "documents"),
    ("AWS::DynamoDB::GlobalTable", "items"),
    ("AWS::DynamoDB::Table", "items"),
    ("AWS::EC2::Volume", "files"),
    ("AWS::ECR::Repository", "images"),
    ("AWS::EFS::FileSystem", "files"),
    ("AWS::ElastiCache::ReplicationGroup", "entries"),
    ("AWS::Events::Archive", "events"),
    ("AWS::KMS::Key", "whatever is encrypted with it"),
    ("AWS::Kinesis::Stream", "records"),
    ("AWS::Logs::LogGroup", "logs"),
    ("AWS::Neptune::DBCluster", "graphs"),
    ("AWS::OpenSearchService::Domain", "documents"),
    ("AWS::RDS::DBCluster", "rows"),
    ("AWS::RDS::DBInstance", "rows"),
    ("AWS::Route53::HostedZone", "name servers"),
    ("AWS::S3::Bucket", "objects"),
    ("AWS::SQS::Queue", "messages"),
    ("AWS::SSM::Parameter", "its value"),
    ("AWS::SecretsManager::Secret", "its value"),
    ("AWS::Timestream::Database", "records"),
    ("AWS::Timestream::Table", "records"),
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

/// What a type's resources hold.
#[must_use]
pub(super) fn holds(kind: &str) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| *name == kind).map(|(_, what)| *what)
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
