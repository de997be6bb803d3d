//! Teardown against a CloudFormation and an S3 that keep what they hold, count every call, and fail at the one that a test
//! names: a killed run is one that made no call after that.

mod choice;
mod requests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_cloudformation as cfn;
use aws_sdk_s3 as s3;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;

/// Entries of a page of versions and of a deletion (S3 API reference).
const PAGE: usize = 1_000;

#[derive(Default)]
struct World {
    /// Stack → its bucket.
    stacks: BTreeMap<String, String>,
    /// Bucket → its versions and markers, by key and version.
    buckets: BTreeMap<String, Vec<(String, String)>>,
    uploads: usize,
    /// Tokens of the deletions of stacks.
    tokens: BTreeMap<String, String>,
    /// Calls by name.
    calls: BTreeMap<&'static str, usize>,
    /// At which call everything ends; none where nothing does.
    dies_at: Option<usize>,
    /// A stack that CloudFormation cannot delete.
    stuck: Option<&'static str>,
}

impl World {
    fn call(&mut self, name: &'static str) -> Result<(), ErrorMetadata> {
        if self.dies_at.is_some_and(|at| self.calls.values().sum::<usize>() >= at) {
            // The one answer after which nothing is asked again.
            return Err(ErrorMetadata::builder().code("ExpiredToken").message("killed here").build());
        }
        *self.calls.entry(name).or_default() += 1;
        Ok(())
    }
}

type Shared = Arc<Mutex<World>>;

/// Answers as the world does, or dies.
macro_rules! answers {
    ($world:expr, $client:path, $call:ident, $error:path, $work:expr) => {{
        let world = Arc::clone($world);
        mock!($client).then_compute_response(move |request| {
            let mut world = world.lock().unwrap();
            match world.call(stringify!($call)) {
                Ok(()) => MockResponse::Output($work(&mut world, request)),
                Err(error) => MockResponse::Error(<$error>::generic(error)),
            }
        })
    }};
}

fn clients(world: &Shared) -> (cfn::Client, s3::Client) {
    let stacks = cloudformation(world);
    let objects = storage(world);
    let cfn =
        mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, stacks.iter().collect::<Vec<_>>(), |config| config
            .retry_config(RetryConfig::disabled()));
    let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, objects.iter().collect::<Vec<_>>(), |config| config
        .retry_config(RetryConfig::disabled()));
    (cfn, s3)
}

fn cloudformation(world: &Shared) -> Vec<Rule> {
    use cfn::operation as op;
    use cfn::types::{ResourceStatus, Stack, StackEvent, StackResourceSummary, StackStatus};
    let at = DateTime::from_secs(0);
    let describe = {
        let world = Arc::clone(world);
        mock!(cfn::Client::describe_stacks).then_compute_response(move |call| {
            let mut world = world.lock().unwrap();
            let found = world.call("describe_stacks").map(|()| world.stacks.contains_key(call.stack_name().unwrap()));
            let missing = || ErrorMetadata::builder().code("ValidationError").message("Stack does not exist").build();
            match found {
                Ok(true) => {
                    let name = call.stack_name().unwrap();
                    let failed = world.stuck == Some(name) && world.tokens.contains_key(name);
                    let status = if failed { StackStatus::DeleteFailed } else { StackStatus::CreateComplete };
                    let stack = Stack::builder().stack_name(name).stack_id(name).creation_time(at);
                    let stack = stack.stack_status(status).build();
                    MockResponse::Output(op::describe_stacks::DescribeStacksOutput::builder().stacks(stack).build())
                }
                Ok(false) => MockResponse::Error(op::describe_stacks::DescribeStacksError::generic(missing())),
                Err(error) => MockResponse::Error(op::describe_stacks::DescribeStacksError::generic(error)),
            }
        })
    };
    let resources = answers!(
        world,
        cfn::Client::list_stack_resources,
        list_stack_resources,
        op::list_stack_resources::ListStackResourcesError,
        |world: &mut World, call: &op::list_stack_resources::ListStackResourcesInput| {
            let bucket = &world.stacks[call.stack_name().unwrap()];
            let one = StackResourceSummary::builder().logical_resource_id("Bucket").physical_resource_id(bucket);
            let one = one.resource_type("AWS::S3::Bucket").resource_status(ResourceStatus::CreateComplete);
            op::list_stack_resources::ListStackResourcesOutput::builder()
                .stack_resource_summaries(one.last_updated_timestamp(at).build())
                .build()
        }
    );
    let delete = answers!(
        world,
        cfn::Client::delete_stack,
        delete_stack,
        op::delete_stack::DeleteStackError,
        |world: &mut World, call: &op::delete_stack::DeleteStackInput| {
            let name = call.stack_name().unwrap().to_owned();
            world.tokens.insert(name.clone(), call.client_request_token().unwrap().to_owned());
            // As S3 has it: a bucket that holds something keeps its stack.
            let bucket = world.stacks.get(&name).cloned().unwrap_or_default();
            if world.stuck != Some(name.as_str()) && world.buckets.get(&bucket).is_none_or(Vec::is_empty) {
                world.buckets.remove(&bucket);
                world.stacks.remove(&name);
            }
            op::delete_stack::DeleteStackOutput::builder().build()
        }
    );
    let events = answers!(
        world,
        cfn::Client::describe_stack_events,
        describe_stack_events,
        op::describe_stack_events::DescribeStackEventsError,
        |world: &mut World, call: &op::describe_stack_events::DescribeStackEventsInput| {
            let name = call.stack_name().unwrap();
            let there = world.stacks.contains_key(name);
            let status = if there { ResourceStatus::DeleteFailed } else { ResourceStatus::DeleteComplete };
            let event = StackEvent::builder().event_id("1").stack_id(name).stack_name(name).timestamp(at);
            let event = event.logical_resource_id(name).physical_resource_id(name).resource_status(status);
            let event = event.resource_type("AWS::CloudFormation::Stack");
            let event = event.set_client_request_token(world.tokens.get(name).cloned()).build();
            op::describe_stack_events::DescribeStackEventsOutput::builder().stack_events(event).build()
        }
    );
    vec![describe, resources, delete, events]
}

fn storage(world: &Shared) -> Vec<Rule> {
    use s3::operation as op;
    use s3::types::{MultipartUpload, ObjectVersion};
    let versions = answers!(
        world,
        s3::Client::list_object_versions,
        list_object_versions,
        op::list_object_versions::ListObjectVersionsError,
        |world: &mut World, call: &op::list_object_versions::ListObjectVersionsInput| {
            let all = world.buckets.get(call.bucket().unwrap()).cloned().unwrap_or_default();
            let page = all.iter().take(PAGE);
            let page = page.map(|(key, version)| ObjectVersion::builder().key(key).version_id(version).build());
            let output = op::list_object_versions::ListObjectVersionsOutput::builder();
            output.set_versions(Some(page.collect())).is_truncated(all.len() > PAGE).next_key_marker("next").build()
        }
    );
    let delete = answers!(
        world,
        s3::Client::delete_objects,
        delete_objects,
        op::delete_objects::DeleteObjectsError,
        |world: &mut World, call: &op::delete_objects::DeleteObjectsInput| {
            let gone: std::collections::BTreeSet<(String, String)> = call
                .delete()
                .unwrap()
                .objects()
                .iter()
                .map(|one| (one.key().to_owned(), one.version_id().unwrap().to_owned()))
                .collect();
            assert!(gone.len() <= PAGE, "{} in one call", gone.len());
            world.buckets.entry(call.bucket().unwrap().to_owned()).or_default().retain(|one| !gone.contains(one));
            op::delete_objects::DeleteObjectsOutput::builder().build()
        }
    );
    let uploads = answers!(
        world,
        s3::Client::list_multipart_uploads,
        list_multipart_uploads,
        op::list_multipart_uploads::ListMultipartUploadsError,
        |world: &mut World, _: &op::list_multipart_uploads::ListMultipartUploadsInput| {
            let upload = |n: usize| MultipartUpload::builder().key("k").upload_id(n.to_string()).build();
            let all = (0..world.uploads).map(upload).collect();
            op::list_multipart_uploads::ListMultipartUploadsOutput::builder().set_uploads(Some(all)).build()
        }
    );
    let abort = answers!(
        world,
        s3::Client::abort_multipart_upload,
        abort_multipart_upload,
        op::abort_multipart_upload::AbortMultipartUploadError,
        |world: &mut World, _: &op::abort_multipart_upload::AbortMultipartUploadInput| {
            world.uploads -= 1;
            op::abort_multipart_upload::AbortMultipartUploadOutput::builder().build()
        }
    );
    vec![versions, delete, uploads, abort]
}
