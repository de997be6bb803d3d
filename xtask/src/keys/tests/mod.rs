//! The secret of a key against a Secrets Manager of our own: labels move as the user guide says, and nothing else does.

mod tagged;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::operation::create_secret::{CreateSecretError, CreateSecretOutput};
use aws_sdk_secretsmanager::operation::describe_secret::{DescribeSecretError, DescribeSecretOutput};
use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
use aws_sdk_secretsmanager::operation::put_secret_value::{PutSecretValueError, PutSecretValueOutput};
use aws_sdk_secretsmanager::operation::restore_secret::RestoreSecretOutput;
use aws_sdk_secretsmanager::operation::tag_resource::TagResourceOutput;
use aws_sdk_secretsmanager::operation::untag_resource::UntagResourceOutput;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::{
    UpdateSecretVersionStageError, UpdateSecretVersionStageOutput,
};
use aws_sdk_secretsmanager::types::Tag;
use aws_sdk_secretsmanager::types::error::{
    InvalidParameterException, ResourceExistsException, ResourceNotFoundException,
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

const NAME: &str = "demo/dev/files/Key";

/// One secret.
#[derive(Default)]
struct World {
    exists: bool,
    deleted: bool,
    values: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    /// Another deployer's creation, which comes between a look and ours.
    race: bool,
    /// What the reading of a value is refused with.
    refusal: Option<&'static str>,
}

impl World {
    fn value(&mut self, version: &str, label: &str, text: &str) {
        self.exists = true;
        self.values.insert(version.into(), text.into());
        self.put_label(label, version);
    }

    fn put_label(&mut self, label: &str, version: &str) {
        let before = self.labels.insert(label.into(), version.into());
        if let (Some(before), "AWSCURRENT") = (before, label) {
            self.labels.insert("AWSPREVIOUS".into(), before);
        }
        // What has no label may vanish at once.
        let kept: BTreeSet<&String> = self.labels.values().collect();
        self.values.retain(|version, _| kept.contains(version));
    }
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).build()
}

macro_rules! refusal {
    ($error:ident, $kind:ident) => {
        MockResponse::Error($error::$kind($kind::builder().meta(meta(stringify!($kind))).build()))
    };
}

type Shared = Arc<Mutex<World>>;

fn client(world: &Shared) -> Client {
    let shared = Arc::clone(world);
    let describe = mock!(Client::describe_secret).then_compute_response(move |_| {
        let world = shared.lock().unwrap();
        if !world.exists {
            return refusal!(DescribeSecretError, ResourceNotFoundException);
        }
        let mut stages: HashMap<String, Vec<String>> = HashMap::new();
        for (label, version) in &world.labels {
            stages.entry(version.clone()).or_default().push(label.clone());
        }
        let tags = world.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let answer = DescribeSecretOutput::builder().arn("arn:there").set_tags(Some(tags.collect()));
        let answer = answer.set_version_ids_to_stages(Some(stages));
        MockResponse::Output(answer.set_deleted_date(world.deleted.then(|| DateTime::from_secs(1))).build())
    });
    let shared = Arc::clone(world);
    let get = mock!(Client::get_secret_value).then_compute_response(move |call| {
        let world = shared.lock().unwrap();
        if let Some(code) = world.refusal {
            return MockResponse::Error(GetSecretValueError::generic(meta(code)));
        }
        match world.values.get(call.version_id().unwrap()) {
            Some(text) => MockResponse::Output(GetSecretValueOutput::builder().secret_string(text).build()),
            None => refusal!(GetSecretValueError, ResourceNotFoundException),
        }
    });
    let shared = Arc::clone(world);
    let create = mock!(Client::create_secret).then_compute_response(move |call| {
        let mut world = shared.lock().unwrap();
        if std::mem::take(&mut world.race) {
            world.value("theirs", "AWSCURRENT", &pair::generate().unwrap());
        }
        if world.exists {
            return refusal!(CreateSecretError, ResourceExistsException);
        }
        world.value("v1", "AWSCURRENT", call.secret_string().unwrap());
        MockResponse::Output(CreateSecretOutput::builder().build())
    });
    let shared = Arc::clone(world);
    let put = mock!(Client::put_secret_value).then_compute_response(move |call| {
        let mut world = shared.lock().unwrap();
        let id = call.client_request_token().unwrap();
        assert!((32..=64).contains(&id.len()), "a token has 32 to 64 characters: {id}");
        if world.values.contains_key(id) {
            return refusal!(PutSecretValueError, ResourceExistsException);
        }
        assert_eq!(call.version_stages(), ["AWSPENDING"]);
        world.value(id, "AWSPENDING", call.secret_string().unwrap());
        MockResponse::Output(PutSecretValueOutput::builder().build())
    });
    let shared = Arc::clone(world);
    let stage = mock!(Client::update_secret_version_stage).then_compute_response(move |call| {
        let mut world = shared.lock().unwrap();
        let label = call.version_stage().unwrap();
        if world.labels.get(label).map(String::as_str) != call.remove_from_version_id() {
            return refusal!(UpdateSecretVersionStageError, InvalidParameterException);
        }
        match call.move_to_version_id() {
            Some(to) => world.put_label(label, to),
            None => drop(world.labels.remove(label)),
        }
        MockResponse::Output(UpdateSecretVersionStageOutput::builder().build())
    });
    let shared = Arc::clone(world);
    let restore = mock!(Client::restore_secret).then_compute_response(move |_| {
        shared.lock().unwrap().deleted = false;
        MockResponse::Output(RestoreSecretOutput::builder().build())
    });
    let shared = Arc::clone(world);
    let tag = mock!(Client::tag_resource).then_compute_response(move |call| {
        for tag in call.tags() {
            shared.lock().unwrap().tags.insert(tag.key().unwrap().into(), tag.value().unwrap().into());
        }
        MockResponse::Output(TagResourceOutput::builder().build())
    });
    let shared = Arc::clone(world);
    let untag = mock!(Client::untag_resource).then_compute_response(move |call| {
        shared.lock().unwrap().tags.retain(|key, _| !call.tag_keys().contains(key));
        MockResponse::Output(UntagResourceOutput::builder().build())
    });
    let rules = [&describe, &get, &create, &put, &stage, &restore, &tag, &untag];
    mock_client!(aws_sdk_secretsmanager, RuleMode::MatchAny, &rules)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn world() -> Shared {
    Shared::default()
}

async fn ensured(client: &Client) -> anyhow::Result<Secret> {
    secret::ensure(client, NAME, &[("app", "demo")], Duration::ZERO).await
}

async fn found(client: &Client) -> anyhow::Result<Option<Secret>> {
    look(client, NAME, By::Values).await
}

/// Rotates as far as the secret goes.
async fn rotate(client: &Client) -> Secret {
    let before = found(client).await.unwrap().unwrap();
    let next = propose(client, NAME, &before).await.unwrap();
    promote(client, NAME, &before, &next.id).await.unwrap();
    found(client).await.unwrap().unwrap()
}

/// The service's keys as a deploy gets them, with the stack at this version.
fn keys(secret: Secret, live: Option<&str>) -> Keys {
    let spec: Key = serde_yaml::from_str("{lifetime: 15m, grace: 1h}").unwrap();
    let mut keys = Keys::default();
    keys.add("Key", &spec, NAME.into(), secret, live);
    keys
}

fn trusted(keys: &Keys) -> Vec<String> {
    keys.facts["Key"].trusted.iter().map(|public| public.fingerprint.clone()).collect()
}

#[test]
fn an_absent_key_is_made_once() {
    let world = world();
    let client = client(&world);
    run(async {
        let made = ensured(&client).await.unwrap();
        assert_eq!((made.arn.as_str(), made.previous.as_ref(), made.pending.as_ref()), ("arn:there", None, None));
        assert_eq!(ensured(&client).await.unwrap(), made);
    });
}

#[test]
fn of_two_deployers_the_slower_takes_what_the_faster_made() {
    let world = world();
    world.lock().unwrap().race = true;
    let client = client(&world);
    assert_eq!(run(ensured(&client)).unwrap().current.id, "theirs");
}

#[test]
fn a_key_on_its_way_out_is_brought_back() {
    let world = world();
    let client = client(&world);
    run(async {
        let made = ensured(&client).await.unwrap();
        world.lock().unwrap().deleted = true;
        assert_eq!(ensured(&client).await.unwrap(), made);
    });
}

#[test]
fn something_else_in_the_secret_is_refused_and_never_shown() {
    let world = world();
    world.lock().unwrap().value("v1", "AWSCURRENT", "hunter2");
    let error = run(ensured(&client(&world))).unwrap_err();
    assert!(error.to_string().contains("holds something else"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn a_secret_without_a_value_ends_in_an_error() {
    let world = world();
    world.lock().unwrap().exists = true;
    let error = run(ensured(&client(&world))).unwrap_err();
    assert!(error.to_string().contains("has no current value"), "{error}");
}

#[test]
fn a_rotation_killed_after_any_step_goes_on_with_the_same_key() {
    let world = world();
    let client = client(&world);
    run(async {
        let first = ensured(&client).await.unwrap();
        let next = propose(&client, NAME, &first).await.unwrap();

        // Killed here: the next run, and the next deploy, find the key.
        let proposed = found(&client).await.unwrap().unwrap();
        assert_eq!(propose(&client, NAME, &proposed).await.unwrap().public, next.public);
        assert_eq!(
            trusted(&keys(proposed.clone(), Some("v1"))),
            [&first.current, &next].map(|one| one.public.fingerprint.clone())
        );
        assert_eq!(keys(proposed.clone(), Some("v1")).parameters["KeyVersion"], "v1");

        // Or here: the stack signs with the old one still, and however late the next deploy is, it trusts both.
        promote(&client, NAME, &proposed, &next.id).await.unwrap();
        let promoted = found(&client).await.unwrap().unwrap();
        assert_eq!((promoted.current.public.clone(), promoted.pending.as_ref()), (next.public.clone(), None));
        let late = keys(promoted, Some("v1"));
        assert_eq!(trusted(&late), [&next, &first.current].map(|one| one.public.fingerprint.clone()));
        assert_eq!(late.parameters["KeyVersion"], next.id);
    });
}

#[test]
fn the_old_key_goes_when_its_grace_is_over_and_that_is_counted_from_the_stacks_switch() {
    let world = world();
    let client = client(&world);
    run(async {
        ensured(&client).await.unwrap();
        let rotated = rotate(&client).await;
        let version = rotated.current.id.clone();
        assert_eq!(keys(rotated, Some("v1")).unrecorded, [(NAME.to_owned(), version.clone())]);

        let ago = |minutes: i64| Timestamp::from_second(Timestamp::now().as_second() - minutes * 60).unwrap();
        for (minutes, count) in [(59, 2), (61, 1)] {
            secret::record(&client, NAME, &version, ago(minutes)).await.unwrap();
            let seen = keys(found(&client).await.unwrap().unwrap(), Some(&version));
            assert_eq!(trusted(&seen).len(), count, "after {minutes} minutes");
            assert_eq!(seen.unrecorded, []);
        }
    });
}

#[test]
fn two_rotations_at_once_end_as_one() {
    let world = world();
    let client = client(&world);
    run(async {
        let seen = ensured(&client).await.unwrap();
        let one = propose(&client, NAME, &seen).await.unwrap();
        let other = propose(&client, NAME, &seen).await.unwrap();
        assert_eq!((&one.id, &one.public), (&other.id, &other.public));
        promote(&client, NAME, &seen, &one.id).await.unwrap();
        promote(&client, NAME, &seen, &other.id).await.unwrap();
        // One that is later still finds its key in force.
        assert_eq!(propose(&client, NAME, &seen).await.unwrap().public, one.public);
        let end = found(&client).await.unwrap().unwrap();
        assert_eq!(end.current.public, one.public);
        assert_eq!(end.previous.unwrap().public, seen.current.public);
    });
}

#[test]
fn a_rotation_that_another_has_overtaken_moves_nothing() {
    let world = world();
    let client = client(&world);
    run(async {
        let stale = ensured(&client).await.unwrap();
        let between = rotate(&client).await;
        let end = rotate(&client).await;
        let error = promote(&client, NAME, &stale, &between.current.id).await.unwrap_err();
        assert!(error.to_string().contains("changed under our hands"), "{error}");
        assert_eq!(found(&client).await.unwrap().unwrap(), end);
    });
}

#[test]
fn a_revoked_key_is_trusted_no_longer() {
    let world = world();
    let client = client(&world);
    run(async {
        let leaked = ensured(&client).await.unwrap();
        let signs = rotate(&client).await.current.id;
        for _ in 0..2 {
            rotation::revoke(&client, NAME, &leaked, &signs, Duration::ZERO).await.unwrap();
            let seen = found(&client).await.unwrap().unwrap();
            assert_eq!(trusted(&keys(seen.clone(), Some("v1"))), [seen.current.public.fingerprint]);
        }
    });
}

#[test]
fn a_revoked_key_that_keeps_its_label_is_told_and_not_passed_over() {
    let world = world();
    let client = client(&world);
    run(async {
        let leaked = ensured(&client).await.unwrap();
        let signs = rotate(&client).await.current.id;
        // Somebody else's label: nobody takes it off, and the version stays.
        world.lock().unwrap().labels.insert("audit".into(), leaked.current.id.clone());
        let error = rotation::revoke(&client, NAME, &leaked, &signs, Duration::ZERO).await.unwrap_err();
        assert!(
            error.to_string().contains("keeps its label") && error.to_string().contains(&leaked.current.id),
            "{error}"
        );
    });
}

#[test]
fn after_a_leak_no_key_that_was_there_before_is_used_not_even_one_that_was_only_proposed() {
    let world = world();
    let client = client(&world);
    run(async {
        let first = ensured(&client).await.unwrap();
        let proposed = propose(&client, NAME, &first).await.unwrap();
        let leaked = found(&client).await.unwrap().unwrap();
        let fresh = propose_anew(&client, NAME, &leaked).await.unwrap();
        assert_ne!((&fresh.id, &fresh.public), (&proposed.id, &proposed.public));
        promote(&client, NAME, &leaked, &fresh.id).await.unwrap();
        rotation::revoke(&client, NAME, &leaked, &fresh.id, Duration::ZERO).await.unwrap();
        let seen = found(&client).await.unwrap().unwrap();
        assert_eq!((&seen.current.public, &seen.previous, &seen.pending), (&fresh.public, &None, &None));
        assert_eq!(trusted(&keys(seen, Some("v1"))), [fresh.public.fingerprint]);
    });
}
