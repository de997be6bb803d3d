//! How many requests it takes, and that it ends wherever it was killed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{Shared, World, clients};
use crate::destroy::observe::Doomed;
use crate::destroy::{empty, order};
use crate::graph;
use crate::ui::{Mode, Ui};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn versions(objects: usize, each: usize) -> Vec<(String, String)> {
    (0..objects).flat_map(|key| (0..each).map(move |version| (format!("k{key}"), format!("v{version}")))).collect()
}

#[test]
fn ten_thousand_objects_of_three_versions_take_one_list_and_one_deletion_per_thousand() {
    let buckets = BTreeMap::from([("b".to_owned(), versions(10_000, 3))]);
    let world: Shared = Arc::new(Mutex::new(World { buckets, ..World::default() }));
    let (_, s3) = clients(&world);
    let gone = runtime().block_on(empty::empty(&Ui::new(Mode::default()), &s3, "b")).unwrap();
    assert_eq!(gone, 30_000);
    let calls = world.lock().unwrap().calls.clone();
    let expected = [("delete_objects", 30), ("list_multipart_uploads", 1), ("list_object_versions", 31)];
    assert_eq!(calls, BTreeMap::from(expected), "the last list sees that nothing is left");
}

const APP: &str = "{app: demo, defaultEnvironment: dev, homeRegion: r, services: {users: {stack: s}, orders: {stack: s, inputs: {Pool: users.Id}}, mail: {stack: s}}}";

/// Three stacks, one of which another needs, each with a bucket that is not empty.
fn environment() -> World {
    let names = ["users", "orders", "mail"];
    World {
        stacks: names.iter().map(|name| (format!("demo-dev-{name}"), format!("bucket-{name}"))).collect(),
        buckets: names.iter().map(|name| (format!("bucket-{name}"), versions(700, 2))).collect(),
        uploads: 2,
        ..World::default()
    }
}

/// A run from what is there to its end, as `destroy` deletes stacks.
fn delete(world: &Shared) -> anyhow::Result<()> {
    let app = serde_yaml::from_str(APP).unwrap();
    let stacks = world.lock().unwrap().stacks.keys().map(|name| Doomed::of(name)).collect();
    let named = |name: &str| format!("demo-dev-{name}");
    let needs = graph::producers(&app)
        .into_iter()
        .map(|(name, set)| (named(&name), set.iter().map(|one| named(one)).collect()));
    let needs = needs.collect();
    let (cfn, s3) = clients(world);
    runtime().block_on(order::delete_in_order(&Ui::new(Mode::default()), (&cfn, &s3), &needs, stacks))
}

#[test]
fn killed_at_any_call_and_run_again_it_ends_with_nothing_left() {
    let whole: Shared = Arc::new(Mutex::new(environment()));
    delete(&whole).unwrap();
    let calls: usize = whole.lock().unwrap().calls.values().sum();
    assert!(calls > 25, "only {calls} calls");
    for at in 0..calls {
        let world: Shared = Arc::new(Mutex::new(World { dies_at: Some(at), ..environment() }));
        // A call that fails late, such as a look at events, may not matter: but most do.
        let first = delete(&world);
        world.lock().unwrap().dies_at = None;
        let second = delete(&world);
        assert!(second.is_ok(), "killed at call {at}: {first:?}, then {second:?}");
        let left = world.lock().unwrap();
        assert!(left.stacks.is_empty() && left.buckets.is_empty() && left.uploads == 0, "killed at call {at}");
    }
}

#[test]
fn a_producer_outlives_the_consumer_that_cannot_be_deleted() {
    let world: Shared = Arc::new(Mutex::new(World { stuck: Some("demo-dev-orders"), ..environment() }));
    assert!(delete(&world).is_err());
    let left: Vec<String> = world.lock().unwrap().stacks.keys().cloned().collect();
    assert_eq!(left, ["demo-dev-orders", "demo-dev-users"], "whoever needs neither is gone");
}
