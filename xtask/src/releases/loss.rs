//! What older bytes would take along: resources that hold data and that a template no longer has. Pure.

use serde_yaml::Value;

use crate::error::Problem;

/// Types whose resources hold what nobody can make again, and the properties that make a resource anew when they change
/// (CloudFormation template reference, "Update requires: Replacement").
const STATEFUL: [(&str, &[&str]); 8] = [
    ("AWS::Cognito::UserPool", &["AliasAttributes", "UsernameAttributes", "UsernameConfiguration"]),
    ("AWS::DynamoDB::GlobalTable", &["KeySchema", "LocalSecondaryIndexes", "TableName"]),
    ("AWS::DynamoDB::Table", &["KeySchema", "LocalSecondaryIndexes", "TableName"]),
    ("AWS::EFS::FileSystem", &["AvailabilityZoneName", "Encrypted", "KmsKeyId", "PerformanceMode"]),
    ("AWS::RDS::DBCluster", &["DBClusterIdentifier", "KmsKeyId", "StorageEncrypted"]),
    ("AWS::RDS::DBInstance", &["DBInstanceIdentifier", "KmsKeyId", "StorageEncrypted"]),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::SecretsManager::Secret", &["Name"]),
];

/// What the change from the live template to the wanted one loses or makes anew, a line each.
pub(super) fn losses(live: &str, wanted: &str) -> Result<Vec<String>, serde_yaml::Error> {
    let (live, wanted): (Value, Value) = (serde_yaml::from_str(live)?, serde_yaml::from_str(wanted)?);
    let mut lines = Vec::new();
    for (id, resource) in live.get("Resources").and_then(Value::as_mapping).into_iter().flatten() {
        let (Some(id), Some(kind)) = (id.as_str(), resource.get("Type").and_then(Value::as_str)) else { continue };
        let Some((_, fixed)) = STATEFUL.iter().find(|(name, _)| *name == kind) else { continue };
        let after = wanted.get("Resources").and_then(|all| all.get(id));
        let Some(after) = after.filter(|after| after.get("Type").and_then(Value::as_str) == Some(kind)) else {
            lines.push(format!("`{id}` ({kind}) would be lost"));
            continue;
        };
        let property = |resource: &Value, name: &str| resource.get("Properties")?.get(name).cloned();
        let changed = fixed.iter().find(|name| property(resource, name) != property(after, name));
        lines.extend(changed.map(|name| format!("`{id}` ({kind}) would be made anew, empty: its {name} differs")));
    }
    Ok(lines)
}

/// Refuses where anything is lost.
pub(super) fn refuse(stack: &str, lines: &[String]) -> Result<(), Problem> {
    if lines.is_empty() {
        return Ok(());
    }
    Err(Problem::failed(format!("stack `{stack}`: {}", lines.join("; ")))
        .hint("deploy a commit that keeps the resource and changes only what should go back"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: !Sub \"${AWS::StackName}-t\"\n      BillingMode: PAY_PER_REQUEST\n  Role:\n    Type: AWS::IAM::Role\n";

    fn lost(from: &str, to: &str) -> Vec<String> {
        losses(LIVE, &LIVE.replace(from, to)).unwrap()
    }

    #[test]
    fn a_resource_that_holds_data_is_neither_removed_nor_made_anew() {
        assert_eq!(lost("Table:", "Other:"), ["`Table` (AWS::DynamoDB::Table) would be lost"]);
        assert_eq!(lost("DynamoDB::Table", "S3::Bucket"), ["`Table` (AWS::DynamoDB::Table) would be lost"]);
        let anew = "`Table` (AWS::DynamoDB::Table) would be made anew, empty: its TableName differs";
        assert_eq!(lost("}-t", "}-u"), [anew]);
        assert!(refuse("s", &lost("}-t", "}-u")).is_err());
    }

    #[test]
    fn what_is_only_changed_or_holds_nothing_may_go() {
        assert!(lost("PAY_PER_REQUEST", "PROVISIONED").is_empty());
        assert!(lost("Role:", "OtherRole:").is_empty());
        assert!(refuse("s", &[]).is_ok());
    }
}
