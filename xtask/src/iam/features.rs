//! Which actions of a resource type are needed only where a property is used. The schemas name all that a handler might
//! ever call; without this every deploy role could read networks and make replicas. Pure.

/// Type, property, the actions that go with it: a whole action, or what it begins with where it ends in `*`. A property
/// counts wherever it stands in the resource.
#[rustfmt::skip]
const FEATURES: &[(&str, &str, &[&str])] = &[
    ("AWS::ApiGatewayV2::Api", "BodyS3Location", &["s3:*"]),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerCredentialsArn", &["iam:PassRole"]),
    ("AWS::ApiGatewayV2::Integration", "CredentialsArn", &["iam:PassRole"]),
    ("AWS::CloudFront::Distribution", "TenantConfig", &["cloudfront:CreateConnectionGroup", "cloudfront:GetConnectionGroup"]),
    ("AWS::CloudFront::Distribution", "VpcOriginConfig", &["cloudfront:GetVpcOrigin"]),
    ("AWS::CloudFront::Distribution", "ContinuousDeploymentPolicyId", &["cloudfront:UpdateDistributionWithStagingConfig"]),
    ("AWS::Cognito::UserPool", "KMSKeyID", &["kms:*"]),
    ("AWS::Cognito::UserPool", "SmsConfiguration", &["iam:PassRole"]),
    ("AWS::Cognito::UserPool", "EmailConfiguration", &["iam:CreateServiceLinkedRole"]),
    ("AWS::Cognito::UserPoolClient", "AnalyticsConfiguration", &["iam:*"]),
    ("AWS::DynamoDB::Table", "ContributorInsightsSpecification", &["dynamodb:UpdateContributorInsights"]),
    ("AWS::DynamoDB::Table", "ImportSourceSpecification", &["dynamodb:ImportTable", "dynamodb:DescribeImport", "s3:*", "logs:*"]),
    ("AWS::DynamoDB::Table", "KinesisStreamSpecification", &["dynamodb:EnableKinesis*", "dynamodb:DisableKinesis*", "dynamodb:UpdateKinesis*", "kinesis:*"]),
    ("AWS::DynamoDB::Table", "KMSMasterKeyId", &["kms:*"]),
    ("AWS::DynamoDB::Table", "ResourcePolicy", &["dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"]),
    // Replicas are of the type `GlobalTable`; this one has the handlers in common with it.
    ("AWS::DynamoDB::Table", "Replicas", &[
        "dynamodb:AssociateTableReplica", "dynamodb:CreateTableReplica", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem",
        "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
        "iam:CreateServiceLinkedRole",
    ]),
    ("AWS::IAM::Role", "ManagedPolicyArns", &["iam:AttachRolePolicy", "iam:DetachRolePolicy"]),
    ("AWS::Lambda::EventSourceMapping", "KmsKeyArn", &["kms:*"]),
    ("AWS::Lambda::Function", "CapacityProviderConfig", &["lambda:PassCapacityProvider", "lambda:PutFunctionScalingConfig"]),
    ("AWS::Lambda::Function", "CodeSigningConfigArn", &["lambda:GetCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig", "lambda:DeleteFunctionCodeSigningConfig"]),
    ("AWS::Lambda::Function", "FileSystemConfigs", &["elasticfilesystem:*", "s3files:*"]),
    ("AWS::Lambda::Function", "KmsKeyArn", &["kms:*"]),
    ("AWS::Lambda::Function", "Layers", &["lambda:GetLayerVersion"]),
    ("AWS::Lambda::Function", "RecursiveLoop", &["lambda:PutFunctionRecursionConfig"]),
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions", &["lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"]),
    ("AWS::Lambda::Function", "RuntimeManagementConfig", &["lambda:PutRuntimeManagementConfig", "lambda:AssociateRuntimeAlias"]),
    ("AWS::Lambda::Function", "VpcConfig", &["ec2:*"]),
    ("AWS::Logs::LogGroup", "BearerTokenAuthenticationEnabled", &["logs:PutBearerTokenAuthentication"]),
    ("AWS::Logs::LogGroup", "DataProtectionPolicy", &["logs:PutDataProtectionPolicy", "logs:DeleteDataProtectionPolicy", "firehose:*", "s3:*", "logs:CreateLogDelivery"]),
    ("AWS::Logs::LogGroup", "DeletionProtectionEnabled", &["logs:PutLogGroupDeletionProtection"]),
    ("AWS::Logs::LogGroup", "FieldIndexPolicies", &["logs:PutIndexPolicy", "logs:DeleteIndexPolicy"]),
    ("AWS::Logs::LogGroup", "KmsKeyId", &["logs:AssociateKmsKey", "logs:DisassociateKmsKey"]),
    ("AWS::Logs::LogGroup", "ResourcePolicyDocument", &["logs:PutResourcePolicy", "logs:DeleteResourcePolicy"]),
    ("AWS::S3::Bucket", "AbacStatus", &["s3:PutBucketAbac"]),
    ("AWS::S3::Bucket", "AccelerateConfiguration", &["s3:PutAccelerateConfiguration"]),
    ("AWS::S3::Bucket", "AccessControl", &["s3:PutBucketAcl", "s3:PutObjectAcl"]),
    ("AWS::S3::Bucket", "AnalyticsConfigurations", &["s3:PutAnalyticsConfiguration", "s3:DeleteBucketAnalyticsConfiguration"]),
    ("AWS::S3::Bucket", "BucketEncryption", &["s3:PutEncryptionConfiguration", "s3:DeleteBucketEncryption"]),
    ("AWS::S3::Bucket", "CorsConfiguration", &["s3:PutBucketCORS", "s3:DeleteBucketCors"]),
    ("AWS::S3::Bucket", "IntelligentTieringConfigurations", &["s3:PutIntelligentTieringConfiguration"]),
    ("AWS::S3::Bucket", "InventoryConfigurations", &["s3:PutInventoryConfiguration"]),
    ("AWS::S3::Bucket", "LifecycleConfiguration", &["s3:PutLifecycleConfiguration", "s3:DeleteBucketLifecycle"]),
    ("AWS::S3::Bucket", "LoggingConfiguration", &["s3:PutBucketLogging"]),
    ("AWS::S3::Bucket", "MetadataConfiguration", &["s3:CreateBucketMetadata*", "s3:DeleteBucketMetadata*", "s3:UpdateBucketMetadata*", "s3:DeleteObject", "s3tables:*"]),
    ("AWS::S3::Bucket", "MetricsConfigurations", &["s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration"]),
    ("AWS::S3::Bucket", "NotificationConfiguration", &["s3:PutBucketNotification"]),
    ("AWS::S3::Bucket", "ObjectLockConfiguration", &["s3:PutBucketObjectLockConfiguration", "s3:PutObjectLockConfiguration"]),
    ("AWS::S3::Bucket", "OwnershipControls", &["s3:PutBucketOwnershipControls"]),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration", &["s3:PutBucketPublicAccessBlock"]),
    ("AWS::S3::Bucket", "ReplicationConfiguration", &["s3:PutBucketReplication", "s3:PutReplicationConfiguration", "s3:DeleteBucketReplication", "iam:PassRole"]),
    ("AWS::S3::Bucket", "VersioningConfiguration", &["s3:PutBucketVersioning"]),
    ("AWS::S3::Bucket", "WebsiteConfiguration", &["s3:PutBucketWebsite", "s3:DeleteBucketWebsite"]),
];

/// Actions that the schemas do not name: type, property, actions, each with AWS's page.
#[rustfmt::skip]
const MORE: &[(&str, &str, &[&str])] = &[
    // API Gateway Developer Guide, "Configure logging for HTTP APIs": permissions to enable logging.
    ("AWS::ApiGatewayV2::Stage", "AccessLogSettings", &[
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
        "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    ]),
];

/// Whether an action of a type's handlers is needed by a resource that uses these properties.
pub(super) fn needs(kind: &str, action: &str, uses: &dyn Fn(&str) -> bool) -> bool {
    let hits = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => action == *pattern,
    };
    let mut of = FEATURES.iter().filter(|(of, _, actions)| *of == kind && actions.iter().any(hits)).peekable();
    of.peek().is_none() || of.any(|(_, property, _)| uses(property))
}

/// What a resource with these properties needs beside its type's handlers.
pub(super) fn more(kind: &str, uses: &dyn Fn(&str) -> bool) -> impl Iterator<Item = &'static str> {
    let own = MORE.iter().filter(|(of, property, _)| *of == kind && uses(property));
    own.flat_map(|(_, _, actions)| *actions).copied().collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_only_for_functions_in_one() {
        let function = "AWS::Lambda::Function";
        assert!(!needs(function, "ec2:DescribeVpcs", &|_| false));
        assert!(needs(function, "ec2:DescribeVpcs", &|property| property == "VpcConfig"));
        assert!(needs(function, "lambda:CreateFunction", &|_| false));
    }

    #[test]
    fn what_nobody_has_judged_is_needed() {
        assert!(needs("AWS::New::Type", "new:Create", &|_| false));
    }

    #[test]
    fn an_access_log_needs_its_delivery() {
        let found: Vec<_> = more("AWS::ApiGatewayV2::Stage", &|_| true).collect();
        assert!(found.contains(&"logs:CreateLogDelivery"));
        assert_eq!(more("AWS::ApiGatewayV2::Stage", &|_| false).count(), 0);
    }
}
