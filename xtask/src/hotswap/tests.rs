//! Swaps against functions and a bucket of our own: killed anywhere, the next run ends in the same state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_lambda::operation::get_function_configuration::{
    GetFunctionConfigurationError, GetFunctionConfigurationOutput,
};
use aws_sdk_lambda::operation::tag_resource::TagResourceOutput;
use aws_sdk_lambda::operation::untag_resource::UntagResourceOutput;
use aws_sdk_lambda::operation::update_function_code::{UpdateFunctionCodeError, UpdateFunctionCodeOutput};
use aws_sdk_lambda::types::LastUpdateStatus;
use aws_sdk_lambda::types::error::{ResourceConflictException, ResourceNotFoundException};
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::*;
use crate::aws::Aws;
use crate::build::Artifact;
use crate::config::{Config, Target as Place};

const APP: &str = "app: demo\ndefaultEnvironment: dev\nhomeRegion: eu-central-1\nservices:\n  orders:\n    stack: s\n    \
    crate: orders\n    functions: [add, get]\n";
const LEDGER: &str = "hotswap/dev.json";

/// One function.
#[derive(Clone, Default)]
struct Function {
    sha256: String,
    tags: BTreeMap<String, String>,
    /// Polls until an update has ended.
    busy: u32,
}

#[derive(Default)]
struct World {
    functions: BTreeMap<String, Function>,
    ledger: Option<(Vec<u8>, u32)>,
    /// Updates of code that were asked for.
    updates: u32,
    /// Refusals of updates still to come, because another one goes on.
    conflicts: u32,
    /// Another writer's change of the ledger, which comes between a look and ours.
    race: Option<Vec<u8>>,
    /// No update is taken: the moment of a kill.
    dead: bool,
    /// What the answer to an update says of its end, where it says anything.
    answer: Option<(LastUpdateStatus, &'static str)>,
    /// Looks at functions.
    looks: u32,
}

type Shared = Arc<Mutex<World>>;

fn sha256(key: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(key))
}

fn world(code: &str) -> Shared {
    let function = Function { sha256: sha256(code), ..Function::default() };
    let names = ["demo-dev-orders-add", "demo-dev-orders-get"];
    let functions = names.map(|name| (name.to_owned(), function.clone())).into();
    Arc::new(Mutex::new(World { functions, ..World::default() }))
}

fn tail(arn: &str) -> String {
    arn.rsplit(':').next().unwrap_or(arn).to_owned()
}

fn lambda(world: &Shared) -> aws_sdk_lambda::Client {
    let shared = || Arc::clone(world);
    let look = shared();
    let look = mock!(aws_sdk_lambda::Client::get_function_configuration).then_compute_response(move |call| {
        let mut world = look.lock().unwrap();
        world.looks += 1;
        let name = call.function_name().unwrap();
        let Some(function) = world.functions.get_mut(name) else {
            let gone = ResourceNotFoundException::builder().build();
            return MockResponse::Error(GetFunctionConfigurationError::ResourceNotFoundException(gone));
        };
        let status = if function.busy > 0 { LastUpdateStatus::InProgress } else { LastUpdateStatus::Successful };
        function.busy = function.busy.saturating_sub(1);
        let answer = GetFunctionConfigurationOutput::builder().function_arn(format!("arn:x:{name}"));
        MockResponse::Output(answer.code_sha256(&function.sha256).last_update_status(status).build())
    });
    let put = shared();
    let put = mock!(aws_sdk_lambda::Client::update_function_code).then_compute_response(move |call| {
        let mut world = put.lock().unwrap();
        assert_eq!(call.architectures(), [aws_sdk_lambda::types::Architecture::Arm64]);
        if world.dead {
            let gone = ErrorMetadata::builder().code("Killed").build();
            return MockResponse::Error(UpdateFunctionCodeError::generic(gone));
        }
        if world.conflicts > 0 {
            world.conflicts -= 1;
            let busy = ResourceConflictException::builder().build();
            return MockResponse::Error(UpdateFunctionCodeError::ResourceConflictException(busy));
        }
        world.updates += 1;
        let (answer, code) = (world.answer.clone(), sha256(call.s3_key().unwrap()));
        let function = world.functions.get_mut(call.function_name().unwrap()).unwrap();
        function.sha256.clone_from(&code);
        let Some((status, reason)) = answer else {
            function.busy = 1;
            return MockResponse::Output(UpdateFunctionCodeOutput::builder().build());
        };
        let output = UpdateFunctionCodeOutput::builder().code_sha256(code).last_update_status(status);
        MockResponse::Output(output.last_update_status_reason(reason).build())
    });
    let tag = shared();
    let tag = mock!(aws_sdk_lambda::Client::tag_resource).then_compute_output(move |call| {
        let mut world = tag.lock().unwrap();
        let function = world.functions.get_mut(&tail(call.resource().unwrap())).unwrap();
        function.tags.extend(call.tags().unwrap().clone());
        TagResourceOutput::builder().build()
    });
    let untag = shared();
    let untag = mock!(aws_sdk_lambda::Client::untag_resource).then_compute_output(move |call| {
        let mut world = untag.lock().unwrap();
        let function = world.functions.get_mut(&tail(call.resource().unwrap())).unwrap();
        function.tags.retain(|name, _| !call.tag_keys().contains(name));
        UntagResourceOutput::builder().build()
    });
    mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&look, &put, &tag, &untag])
}

fn s3(world: &Shared) -> aws_sdk_s3::Client {
    let shared = || Arc::clone(world);
    let get = shared();
    let get = mock!(aws_sdk_s3::Client::get_object).then_compute_response(move |call| {
        assert_eq!(call.key(), Some(LEDGER));
        let mut world = get.lock().unwrap();
        let Some((bytes, version)) = world.ledger.clone() else {
            return MockResponse::Error(GetObjectError::NoSuchKey(NoSuchKey::builder().build()));
        };
        if let Some(other) = world.race.take() {
            world.ledger = Some((other, version + 1));
        }
        MockResponse::Output(
            GetObjectOutput::builder().body(ByteStream::from(bytes)).e_tag(version.to_string()).build(),
        )
    });
    let put = shared();
    let put = mock!(aws_sdk_s3::Client::put_object).then_compute_response(move |call| {
        let mut world = put.lock().unwrap();
        let there = world.ledger.as_ref().map(|(_, version)| version.to_string());
        if there.as_deref() != call.if_match() || there.is_none() != (call.if_none_match() == Some("*")) {
            let lost = ErrorMetadata::builder().code("PreconditionFailed").build();
            return MockResponse::Error(PutObjectError::generic(lost));
        }
        let version = world.ledger.as_ref().map_or(1, |(_, version)| version + 1);
        world.ledger = Some((call.body().bytes().unwrap().to_vec(), version));
        MockResponse::Output(PutObjectOutput::builder().e_tag(version.to_string()).build())
    });
    let delete = shared();
    let delete = mock!(aws_sdk_s3::Client::delete_object).then_compute_output(move |call| {
        let mut world = delete.lock().unwrap();
        let there = world.ledger.as_ref().map(|(_, version)| version.to_string());
        assert_eq!(call.if_match(), there.as_deref());
        world.ledger = None;
        DeleteObjectOutput::builder().build()
    });
    mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&get, &put, &delete])
}

fn config() -> Config {
    Config::sample(APP, Place::Account("123456789012".into()))
}

async fn aws(world: &Shared) -> Aws {
    Aws { lambda: lambda(world), s3: s3(world), ..Aws::connect(&config().env).await }
}

fn artifact(key: &str) -> Artifact {
    Artifact {
        bucket: "b".into(),
        key: key.into(),
        sha256: hex::encode(Sha256::digest(key)),
        toolchain: "rustc".into(),
    }
}

/// A hotswap to a code where the stack has `deployed`.
async fn hotswap(world: &Shared, key: &str, deployed: &str) -> anyhow::Result<usize> {
    let (aws, config, artifact) = (aws(world).await, config(), artifact(key));
    let ledger = read(&aws, &config).await?;
    let target = Target { service: "orders", artifact: &artifact, deployed, by: "arn:me" };
    Ok(swap(&aws, &config, &ledger, target).await?.len())
}

/// What a full deploy does once CloudFormation is done.
async fn deploy(world: &Shared, key: &str) -> anyhow::Result<usize> {
    let (aws, config) = (aws(world).await, config());
    let ledger = read(&aws, &config).await?;
    Ok(reconcile(&aws, &config, &ledger, ("orders", Some(&artifact(key)))).await?.len())
}

fn assert_clean(world: &Shared, code: &str) {
    let world = world.lock().unwrap();
    assert!(world.ledger.is_none(), "no ledger is left");
    assert!(world.functions.values().all(|one| one.sha256 == sha256(code) && one.tags.is_empty()));
}

fn ledger(world: &Shared) -> Ledger {
    world.lock().unwrap().ledger.as_ref().map(|(bytes, _)| serde_json::from_slice(bytes).unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn a_swap_is_written_down_tagged_done_and_not_repeated() {
    let world = world("a");
    assert_eq!(hotswap(&world, "b", "a").await.unwrap(), 2);
    {
        let world = world.lock().unwrap();
        for function in world.functions.values() {
            assert_eq!(function.sha256, sha256("b"));
            assert_eq!((function.tags["hotswap-by"].as_str(), function.tags["hotswap-code"].as_str()), ("arn:me", "b"));
            assert_eq!(function.tags["hotswap-replaced"], sha256("a"));
        }
    }
    assert_eq!(ledger(&world).of("orders").count(), 2);
    assert_eq!(hotswap(&world, "b", "a").await.unwrap(), 0);
    assert_eq!(world.lock().unwrap().updates, 2);
}

#[tokio::test]
async fn the_trap_a_deploy_of_the_code_that_the_stack_names_already_takes_the_swap_back() {
    let world = world("a");
    hotswap(&world, "b", "a").await.unwrap();
    assert_eq!(deploy(&world, "a").await.unwrap(), 2);
    assert_clean(&world, "a");
    assert_eq!(deploy(&world, "a").await.unwrap(), 0);
}

#[tokio::test]
async fn a_deploy_of_the_swapped_code_only_takes_tags_and_ledger_away() {
    let world = world("a");
    hotswap(&world, "b", "a").await.unwrap();
    assert_eq!(deploy(&world, "b").await.unwrap(), 2);
    assert_clean(&world, "b");
    assert_eq!(world.lock().unwrap().updates, 2, "what runs already is not put again");
}

#[tokio::test]
async fn a_hotswap_back_to_the_stacks_code_leaves_nothing() {
    let world = world("a");
    hotswap(&world, "b", "a").await.unwrap();
    assert_eq!(hotswap(&world, "a", "a").await.unwrap(), 2);
    assert_clean(&world, "a");
}

#[tokio::test]
async fn code_that_somebody_put_by_hand_is_seen_and_not_assumed() {
    let world = world("a");
    world.lock().unwrap().functions.get_mut("demo-dev-orders-get").unwrap().sha256 = sha256("by hand");
    assert_eq!(hotswap(&world, "a", "a").await.unwrap(), 1);
    assert_clean(&world, "a");
}

#[tokio::test]
async fn killed_between_the_ledger_and_the_swap_each_next_run_converges() {
    for next in ["hotswap", "deploy"] {
        let world = world("a");
        world.lock().unwrap().dead = true;
        hotswap(&world, "b", "a").await.unwrap_err();
        assert_eq!(ledger(&world).of("orders").count(), 2, "the ledger comes first");
        world.lock().unwrap().dead = false;
        if next == "hotswap" {
            assert_eq!(hotswap(&world, "b", "a").await.unwrap(), 2);
            assert!(world.lock().unwrap().functions.values().all(|one| one.sha256 == sha256("b")));
        }
        deploy(&world, "a").await.unwrap();
        assert_clean(&world, "a");
    }
}

#[tokio::test]
async fn another_update_is_waited_for() {
    let world = world("a");
    world.lock().unwrap().conflicts = 3;
    assert_eq!(hotswap(&world, "b", "a").await.unwrap(), 2);
    assert_eq!(world.lock().unwrap().updates, 2);
}

#[tokio::test]
async fn an_update_whose_answer_says_how_it_ended_is_not_asked_about() {
    let world = world("a");
    world.lock().unwrap().answer = Some((LastUpdateStatus::Successful, ""));
    assert_eq!(hotswap(&world, "b", "a").await.unwrap(), 2);
    assert_eq!(world.lock().unwrap().looks, 2, "one look at each before, none after");
    world.lock().unwrap().answer = Some((LastUpdateStatus::Failed, "no such layer"));
    let error = hotswap(&world, "c", "a").await.unwrap_err().to_string();
    assert!(error.contains("does not take its new code: no such layer"), "{error}");
    assert_eq!(world.lock().unwrap().looks, 4);
}

#[tokio::test]
async fn two_hotswaps_at_once_lose_nothing_of_each_other() {
    let world = world("a");
    hotswap(&world, "b", "a").await.unwrap();
    let mut other = ledger(&world);
    let swap = Swap { service: "mail".into(), ..other.functions["demo-dev-orders-add"].clone() };
    other.functions.insert("demo-dev-mail-send".into(), swap);
    let aws = aws(&world).await;
    let seen = read(&aws, &config()).await.unwrap();
    world.lock().unwrap().race = Some(serde_json::to_vec(&other).unwrap());
    let artifact = artifact("c");
    let target = Target { service: "orders", artifact: &artifact, deployed: "a", by: "arn:me" };
    swap_of(&aws, &seen, target).await;
    let after = ledger(&world);
    assert_eq!((after.of("orders").count(), after.of("mail").count()), (2, 1));
    assert!(after.of("orders").all(|(_, swap)| swap.code == "c" && swap.replaced == sha256("a")));
}

#[tokio::test]
async fn what_another_hotswap_writes_while_a_deploy_sets_back_stays_written() {
    let world = world("a");
    hotswap(&world, "b", "a").await.unwrap();
    let aws = aws(&world).await;
    let seen = read(&aws, &config()).await.unwrap();
    let mut other = seen.clone();
    other.functions.get_mut("demo-dev-orders-add").unwrap().code = "c".into();
    // Between the deploy's own look at the ledger and its change of it.
    world.lock().unwrap().race = Some(serde_json::to_vec(&other).unwrap());
    reconcile(&aws, &config(), &seen, ("orders", Some(&artifact("a")))).await.unwrap();
    let left: Vec<String> = ledger(&world).functions.into_values().map(|swap| swap.code).collect();
    assert_eq!(left, ["c"]);
}

async fn swap_of(aws: &Aws, ledger: &Ledger, target: Target<'_>) {
    assert_eq!(swap(aws, &config(), ledger, target).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_function_that_its_stack_lost_is_named() {
    let world = world("a");
    world.lock().unwrap().functions.remove("demo-dev-orders-get");
    let error = hotswap(&world, "b", "a").await.unwrap_err();
    assert!(error.to_string().contains("`demo-dev-orders-get`"), "{error}");
    assert_eq!(ledger(&world), Ledger::default(), "nothing was begun");
}

#[test]
fn a_protected_environment_is_refused_as_a_wrong_command_line() {
    let mut env = config().env;
    assert!(refuse_protected(&env).is_ok());
    env.protected = true;
    let error = anyhow::Error::from(refuse_protected(&env).unwrap_err());
    assert_eq!(crate::error::exit_of(&error), crate::error::Exit::Usage);
    assert!(error.to_string().contains("`dev` is protected"), "{error}");
}
