//! Every call that the deployer makes itself, and the actions that IAM asks for it (Service Authorization Reference). What
//! CloudFormation does on behalf of a stack is in `iam/handlers.json`. A test finds calls that are missing here.

/// Who needs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A plan, and so everybody.
    Plan,
    /// Whoever deploys or tears down.
    Deploy,
}

/// A call of an SDK and the actions that it needs.
pub type Right = (&'static str, Need, &'static [&'static str]);

use Need::{Deploy, Plan};

/// By call, sorted.
#[rustfmt::skip]
pub const RIGHTS: &[Right] = &[
    ("abort_multipart_upload", Deploy, &["s3:AbortMultipartUpload"]),
    ("batch_write_item", Deploy, &["dynamodb:BatchWriteItem"]),
    ("continue_update_rollback", Deploy, &["cloudformation:ContinueUpdateRollback"]),
    ("copy_object", Deploy, &["s3:GetObject", "s3:PutObject"]),
    ("create_change_set", Deploy, &["cloudformation:CreateChangeSet", "cloudformation:TagResource", "cloudformation:UntagResource"]),
    ("create_invalidation", Deploy, &["cloudfront:CreateInvalidation"]),
    ("create_secret", Deploy, &["secretsmanager:CreateSecret", "secretsmanager:TagResource"]),
    ("delete_bucket", Deploy, &["s3:DeleteBucket"]),
    ("delete_change_set", Deploy, &["cloudformation:DeleteChangeSet"]),
    ("delete_function", Deploy, &["lambda:DeleteFunction"]),
    ("delete_log_group", Deploy, &["logs:DeleteLogGroup"]),
    ("delete_object", Deploy, &["s3:DeleteObject"]),
    ("delete_objects", Deploy, &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
    ("delete_secret", Deploy, &["secretsmanager:DeleteSecret"]),
    ("delete_stack", Deploy, &["cloudformation:DeleteStack"]),
    ("delete_table", Deploy, &["dynamodb:DeleteTable"]),
    ("describe_alarms", Plan, &["cloudwatch:DescribeAlarms"]),
    ("describe_change_set", Deploy, &["cloudformation:DescribeChangeSet"]),
    ("describe_function", Deploy, &["cloudfront:DescribeFunction"]),
    ("describe_log_groups", Plan, &["logs:DescribeLogGroups"]),
    ("describe_secret", Plan, &["secretsmanager:DescribeSecret"]),
    ("describe_stack_drift_detection_status", Deploy, &["cloudformation:DescribeStackDriftDetectionStatus"]),
    ("describe_stack_events", Plan, &["cloudformation:DescribeStackEvents"]),
    ("describe_stack_resource_drifts", Deploy, &["cloudformation:DescribeStackResourceDrifts"]),
    ("describe_stacks", Plan, &["cloudformation:DescribeStacks"]),
    ("describe_table", Plan, &["dynamodb:DescribeTable"]),
    ("detect_stack_drift", Deploy, &["cloudformation:DetectStackDrift", "cloudformation:DetectStackResourceDrift"]),
    ("execute_change_set", Deploy, &["cloudformation:ExecuteChangeSet"]),
    ("filter_log_events", Deploy, &["logs:FilterLogEvents"]),
    ("get_account_settings", Deploy, &["lambda:GetAccountSettings"]),
    ("get_caller_identity", Plan, &[]), // "No permissions are required" (STS API reference)
    ("get_distribution", Plan, &["cloudfront:GetDistribution"]),
    ("get_function_configuration", Plan, &["lambda:GetFunctionConfiguration"]),
    ("get_invalidation", Deploy, &["cloudfront:GetInvalidation"]),
    ("get_object", Plan, &["s3:GetObject"]),
    ("get_resource", Deploy, &[]), // of `bootstrap` alone, which no role of CI runs
    ("get_resources", Deploy, &["tag:GetResources"]),
    ("get_secret_value", Deploy, &["secretsmanager:GetSecretValue"]),
    ("get_template", Plan, &["cloudformation:GetTemplate"]),
    ("head_bucket", Plan, &["s3:ListBucket"]),
    ("head_object", Plan, &["s3:GetObject"]),
    ("invoke", Deploy, &["lambda:InvokeFunction"]),
    ("list_buckets", Plan, &["s3:ListAllMyBuckets"]),
    ("list_change_sets", Plan, &["cloudformation:ListChangeSets"]),
    ("list_dashboards", Deploy, &["cloudwatch:ListDashboards"]),
    ("list_distributions", Deploy, &["cloudfront:ListDistributions"]),
    ("list_functions", Plan, &["lambda:ListFunctions"]),
    ("list_key_groups", Deploy, &["cloudfront:ListKeyGroups"]),
    ("list_multipart_uploads", Deploy, &["s3:ListBucketMultipartUploads"]),
    ("list_object_versions", Deploy, &["s3:ListBucketVersions"]),
    ("list_objects_v2", Plan, &["s3:ListBucket"]),
    ("list_origin_access_controls", Deploy, &["cloudfront:ListOriginAccessControls"]),
    ("list_public_keys", Deploy, &["cloudfront:ListPublicKeys"]),
    ("list_response_headers_policies", Deploy, &["cloudfront:ListResponseHeadersPolicies"]),
    ("list_secrets", Plan, &["secretsmanager:ListSecrets"]),
    ("list_stack_resources", Plan, &["cloudformation:ListStackResources"]),
    ("list_tables", Plan, &["dynamodb:ListTables"]),
    ("put_object", Deploy, &["s3:PutObject"]),
    ("put_secret_value", Deploy, &["secretsmanager:PutSecretValue"]),
    ("restore_secret", Deploy, &["secretsmanager:RestoreSecret"]),
    ("rollback_stack", Deploy, &["cloudformation:RollbackStack"]),
    ("scan", Deploy, &["dynamodb:Scan"]),
    ("tag_resource", Deploy, &["lambda:TagResource", "secretsmanager:TagResource"]),
    ("untag_resource", Deploy, &["lambda:UntagResource", "secretsmanager:UntagResource"]),
    ("update_function_code", Deploy, &["lambda:UpdateFunctionCode", "s3:GetObject"]),
    ("update_secret_version_stage", Deploy, &["secretsmanager:UpdateSecretVersionStage"]),
    ("update_table", Deploy, &["dynamodb:UpdateTable"]),
    ("update_termination_protection", Deploy, &["cloudformation:UpdateTerminationProtection"]),
    ("validate_template", Deploy, &["cloudformation:ValidateTemplate"]),
];

/// The actions of all calls that somebody makes.
pub fn actions(need: Need) -> impl Iterator<Item = &'static str> {
    let made = move |right: &&Right| need == Need::Deploy || right.1 == Need::Plan;
    RIGHTS.iter().filter(made).flat_map(|(_, _, actions)| *actions).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What the names of calls begin with; each is a word of its own or is followed by `_`.
    const VERBS: [&str; 24] = [
        "abort", "batch", "cancel", "complete", "continue", "copy", "create", "delete", "describe", "detect",
        "execute", "filter", "get", "head", "invoke", "list", "put", "query", "restore", "rollback", "scan",
        "transact", "update", "validate",
    ];

    /// Methods without arguments that are no calls of AWS.
    const NO_CALLS: [&str; 11] = [
        "delete_markers",
        "get_args",
        "get_arguments",
        "get_id",
        "get_matches",
        "get_mut",
        "get_name",
        "get_or_insert_default",
        "get_program",
        "get_ref",
        "get_subcommands",
    ];

    /// `.name()` in a text, as far as `name` may be a call of an SDK.
    fn calls(text: &str) -> BTreeSet<&str> {
        let ends = text.match_indices("()").map(|(end, _)| &text[..end]);
        let named = ends.filter_map(|before| {
            let start = before.rfind(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_')?;
            before[start..].strip_prefix('.')
        });
        let begins = |name: &&str| {
            let verb = name.split('_').next().unwrap_or_default();
            let tagging = *name == "tag_resource" || *name == "untag_resource";
            let whole = name.contains('_') || matches!(*name, "invoke" | "query" | "scan");
            tagging || VERBS.contains(&verb) && whole
        };
        named.filter(begins).filter(|name| !NO_CALLS.contains(name)).collect()
    }

    #[test]
    fn every_call_of_the_deployer_has_its_right_and_every_right_its_call() {
        // The sync is a package of its own.
        let folders = ["src", "sync/src"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
        let mut found = BTreeSet::new();
        for entry in folders.iter().flat_map(walkdir::WalkDir::new).map(Result::unwrap) {
            let path = entry.path();
            if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                found.extend(calls(text).into_iter().map(str::to_owned));
            }
        }
        let known: BTreeSet<String> = RIGHTS.iter().map(|right| right.0.to_owned()).collect();
        let missing: Vec<_> = found.difference(&known).collect();
        assert!(missing.is_empty(), "add to RIGHTS with the actions that they need: {missing:?}");
        let idle: Vec<_> = known.difference(&found).collect();
        assert!(idle.is_empty(), "nothing calls these any more: {idle:?}");
    }

    #[test]
    fn calls_are_told_from_other_methods() {
        let text = "aws.s3.put_object().bucket(b); x.get(); iter.list(); y.invoke().z(); self.create_thing(1)";
        assert_eq!(calls(text), ["put_object", "invoke"].into());
    }

    #[test]
    fn a_plan_writes_nothing() {
        for action in actions(Need::Plan) {
            let verb = action.split(':').nth(1).unwrap();
            assert!(["Describe", "Get", "List"].iter().any(|read| verb.starts_with(read)), "{action}");
        }
    }
}
