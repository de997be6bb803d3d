//! Changes of who may do what, and of what protects data: they come first in every plan. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::diff::{Difference, Step};
use super::grants;
use super::resources::{Action, ResourceChange};
use super::template::Resource;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    /// Roles, policies, boundaries, trust.
    Permissions,
    /// Policies of buckets, queues and functions: who may reach them.
    ResourcePolicy,
    /// Blocks against the public, access lists, function URLs.
    PublicAccess,
    /// Which pages may call: CORS, content security policies.
    Browsers,
    /// Authorizers, routes, user pools and their clients.
    SignIn,
    /// Keys whose signatures a CDN takes, and secrets.
    Keys,
    /// Encryption at rest and on the wire.
    Encryption,
    /// Deletion protection, recovery, versions, deletion policies.
    DataProtection,
    /// Security groups.
    Network,
}

/// A change of a resource that matters to security.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityChange {
    /// The service.
    pub service: String,
    /// Logical id.
    pub id: String,
    /// Such as `AWS::IAM::Role`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about.
    pub topic: Topic,
    /// What happens to the resource.
    pub action: Action,
    /// Rights that are given, such as `Allow dynamodb:Scan on Table.Arn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted: Vec<String>,
    /// Rights that are taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<String>,
    /// Places that differ, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

/// Types all of whose properties matter.
const TYPES: [(&str, Topic); 16] = [
    ("AWS::IAM::", Topic::Permissions),
    ("AWS::S3::BucketPolicy", Topic::ResourcePolicy),
    ("AWS::SQS::QueuePolicy", Topic::ResourcePolicy),
    ("AWS::SNS::TopicPolicy", Topic::ResourcePolicy),
    ("AWS::Lambda::Permission", Topic::ResourcePolicy),
    ("AWS::Lambda::Url", Topic::PublicAccess),
    ("AWS::ApiGatewayV2::Authorizer", Topic::SignIn),
    ("AWS::ApiGateway::Authorizer", Topic::SignIn),
    ("AWS::Cognito::", Topic::SignIn),
    ("AWS::CloudFront::PublicKey", Topic::Keys),
    ("AWS::CloudFront::KeyGroup", Topic::Keys),
    ("AWS::CloudFront::OriginAccessControl", Topic::ResourcePolicy),
    ("AWS::SecretsManager::", Topic::Keys),
    ("AWS::KMS::", Topic::Encryption),
    ("AWS::EC2::SecurityGroup", Topic::Network),
    ("AWS::WAFv2::", Topic::Network),
];

/// Keys that matter wherever they stand in a resource.
const KEYS: [(&str, Topic); 34] = [
    ("PublicAccessBlockConfiguration", Topic::PublicAccess),
    ("OwnershipControls", Topic::PublicAccess),
    ("AccessControl", Topic::PublicAccess),
    ("CorsConfiguration", Topic::Browsers),
    ("CorsConfig", Topic::Browsers),
    ("SecurityHeadersConfig", Topic::Browsers),
    ("AuthorizationType", Topic::SignIn),
    ("AuthorizationScopes", Topic::SignIn),
    ("AuthorizerId", Topic::SignIn),
    ("AuthType", Topic::SignIn),
    ("DisableExecuteApiEndpoint", Topic::PublicAccess),
    ("TrustedKeyGroups", Topic::Keys),
    ("TrustedSigners", Topic::Keys),
    ("OriginAccessControlId", Topic::ResourcePolicy),
    ("Role", Topic::Permissions),
    ("PolicyDocument", Topic::Permissions),
    ("PermissionsBoundary", Topic::Permissions),
    ("ManagedPolicyArns", Topic::Permissions),
    ("ResourcePolicy", Topic::ResourcePolicy),
    ("BucketEncryption", Topic::Encryption),
    ("SSESpecification", Topic::Encryption),
    ("SqsManagedSseEnabled", Topic::Encryption),
    ("KmsMasterKeyId", Topic::Encryption),
    ("KmsKeyId", Topic::Encryption),
    ("KMSMasterKeyID", Topic::Encryption),
    ("ViewerProtocolPolicy", Topic::Encryption),
    ("MinimumProtocolVersion", Topic::Encryption),
    ("DeletionProtectionEnabled", Topic::DataProtection),
    ("DeletionProtection", Topic::DataProtection),
    ("PointInTimeRecoverySpecification", Topic::DataProtection),
    ("VersioningConfiguration", Topic::DataProtection),
    ("DeletionPolicy", Topic::DataProtection),
    ("UpdateReplacePolicy", Topic::DataProtection),
    ("VpcConfig", Topic::Network),
];

/// What of a change matters to security, if anything does.
#[must_use]
pub(super) fn of(
    service: &str,
    change: &ResourceChange,
    live: Option<&Resource>,
    wanted: Option<&Resource>,
) -> Option<SecurityChange> {
    let of_type = TYPES.iter().find(|(prefix, _)| change.kind.starts_with(prefix)).map(|(_, topic)| *topic);
    let places = change.properties.iter().chain(&change.attributes);
    let touched: Vec<(Topic, &Difference)> =
        places.filter_map(|one| Some((of_type.or_else(|| of_path(one))?, one))).collect();
    let [before, after] = [live, wanted].map(|resource| resource.map(grants::of).unwrap_or_default());
    let open = wanted.filter(|_| change.action == Action::Add).is_some_and(is_open_route);
    let topic = of_type.or_else(|| touched.iter().map(|(topic, _)| *topic).min()).or(open.then_some(Topic::SignIn))?;
    let is_policy = !(before.is_empty() && after.is_empty());
    // What the rights say already is not said twice; of a new or removed resource the rights say all.
    let in_words = |one: &&Difference| change.action == Action::Modify && !(is_policy && of_grants(one));
    let mut changed: Vec<String> = touched.iter().map(|(_, one)| *one).filter(in_words).map(words).collect();
    if wanted.is_some_and(is_open_route) && (open || !touched.is_empty()) {
        changed.push("open to everybody: no authorizer".to_owned());
    }
    Some(SecurityChange {
        service: service.to_owned(),
        id: change.id.clone(),
        kind: change.kind.clone(),
        topic,
        action: change.action,
        granted: after.difference(&before).cloned().collect(),
        revoked: before.difference(&after).cloned().collect(),
        changed,
    })
}

fn of_path(one: &Difference) -> Option<Topic> {
    let topic = |step: &Step| match step {
        Step::Key(key) => KEYS.iter().find(|(name, _)| name == key).map(|(_, topic)| *topic),
        Step::Index(_) => None,
    };
    one.path.iter().find_map(topic)
}

fn of_grants(one: &Difference) -> bool {
    const NAMES: [&str; 7] = [
        "PolicyDocument",
        "AssumeRolePolicyDocument",
        "Policies",
        "ManagedPolicyArns",
        "PermissionsBoundary",
        "KeyPolicy",
        "ResourcePolicy",
    ];
    matches!(one.path.first(), Some(Step::Key(key)) if NAMES.contains(&key.as_str()))
}

fn is_open_route(resource: &Resource) -> bool {
    let kind = resource.properties.get("AuthorizationType").and_then(|value| value.as_str());
    matches!(resource.kind.as_str(), "AWS::ApiGatewayV2::Route" | "AWS::ApiGateway::Method")
        && matches!(kind, None | Some("NONE"))
}

fn words(one: &Difference) -> String {
    let text = |value: &Option<serde_json::Value>| value.as_ref().map_or("(none)".to_owned(), grants::compact);
    format!("{}: {} → {}", one.place(), text(&one.before), text(&one.after))
}
