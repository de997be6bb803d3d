//! The sync's laws, against a world that fails at every step.

mod watched;
mod world;

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::files::{Files, INDEX, SiteFile};
use super::plan::{Observed, Plan, Reason, invalidation_paths, plan};
use super::sync::run;
use world::{Death, Deployer, Overtaken, World};

/// A site whose document names its assets, which are named after their content.
fn site(assets: &[u8], icon: u8) -> Files {
    let mut files: Vec<SiteFile> =
        assets.iter().map(|one| SiteFile::of_bytes(format!("assets/{one}.js"), vec![*one])).collect();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).chain(["favicon.ico"]).collect();
    files.push(SiteFile::of_bytes(INDEX, names.join("\n")));
    files.push(SiteFile::of_bytes("favicon.ico", vec![icon]));
    files.into_iter().map(|file| (file.path.clone(), file)).collect()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn a_first_sync_puts_everything_and_the_second_nothing() {
    block(async {
        let (world, files) = (World::new(), site(&[1, 2], 1));
        let synced = Deployer::new(&world, None).deploy(&files).await.unwrap();
        assert_eq!((synced.uploaded, synced.unchanged, synced.deleted), (4, 0, 0));
        let again = Deployer::new(&world, None);
        let before = again.world().changes;
        let synced = again.deploy(&files).await.unwrap();
        assert!(!synced.changed());
        assert_eq!((synced.unchanged, again.calls(), again.world().changes), (4, 1, before));
        again.world().assert_is(&files);
    });
}

#[test]
fn a_change_puts_what_changed_and_invalidates_no_new_name() {
    block(async {
        let world = World::new();
        Deployer::new(&world, None).deploy(&site(&[1, 2], 1)).await.unwrap();
        let synced = Deployer::new(&world, None).deploy(&site(&[2, 3], 1)).await.unwrap();
        assert_eq!((synced.uploaded, synced.unchanged, synced.deleted), (2, 2, 0));
        assert_eq!(synced.invalidated, ["/", "/index.html"]);
    });
}

#[test]
fn a_stale_file_lives_for_a_day_and_then_goes() {
    block(async {
        let (world, new) = (World::new(), site(&[2], 1));
        Deployer::new(&world, None).deploy(&site(&[1, 2], 1)).await.unwrap();
        Deployer::new(&world, None).deploy(&new).await.unwrap();
        for (hours, deleted) in [(23, 0), (1, 1), (1, 0)] {
            world.lock().unwrap().wait(hours);
            assert_eq!(Deployer::new(&world, None).deploy(&new).await.unwrap().deleted, deleted);
        }
        assert_eq!(world.lock().unwrap().keys(), new.keys().cloned().collect::<BTreeSet<_>>());
    });
}

#[test]
fn a_refused_invalidation_is_repeated_by_the_next_run() {
    block(async {
        let (world, files) = (World::new(), site(&[2], 1));
        Deployer::new(&world, None).deploy(&site(&[1], 1)).await.unwrap();
        world.lock().unwrap().cdn_refuses = true;
        let now = world.lock().unwrap().now;
        let (_, error) = run(&Deployer::new(&world, None), &files, now).await.unwrap();
        assert!(error.is_some());
        world.lock().unwrap().cdn_refuses = false;
        let synced = Deployer::new(&world, None).deploy(&files).await.unwrap();
        assert_eq!((synced.uploaded, synced.invalidated.len()), (0, 2));
        world.lock().unwrap().assert_is(&files);
        assert!(!Deployer::new(&world, None).deploy(&files).await.unwrap().changed());
    });
}

/// A world in which every kind of step has something to do: assets 1 is stale and due, 2 goes, 3 comes, 4 returns.
async fn eventful() -> std::sync::Arc<std::sync::Mutex<World>> {
    let world = World::new();
    for assets in [vec![1, 2, 4], vec![2]] {
        Deployer::new(&world, None).deploy(&site(&assets, 1)).await.unwrap();
    }
    world.lock().unwrap().wait(24);
    world
}

#[test]
fn killed_at_every_step_the_next_run_ends_in_the_same_state() {
    block(async {
        let wanted = site(&[3, 4], 2);
        let whole = Deployer::new(&eventful().await, None);
        whole.deploy(&wanted).await.unwrap();
        // Observe, new asset, claim, icon, document, invalidation, manifest, delete.
        assert_eq!(whole.calls(), 8);
        for step in 0..whole.calls() {
            for took_effect in [false, true] {
                for next in [&wanted, &site(&[2], 1), &site(&[5], 3)] {
                    let world = eventful().await;
                    let killed = Deployer::new(&world, Some(Death { step, took_effect }));
                    assert!(killed.deploy(&wanted).await.is_err(), "step {step} was not reached");
                    Deployer::new(&world, None).deploy(next).await.unwrap();
                    world.lock().unwrap().assert_is(next);
                    assert!(!Deployer::new(&world, None).deploy(next).await.unwrap().changed());
                }
            }
        }
    });
}

#[test]
fn a_way_back_that_is_killed_too_leaves_nothing_old_at_the_edge() {
    block(async {
        let (old, new) = (site(&[2], 1), site(&[3, 4], 2));
        for (first, second) in (0..8).flat_map(|first| (0..8).map(move |second| (first, second))) {
            let world = eventful().await;
            for (step, files) in [(first, &new), (second, &old)] {
                let killed = Deployer::new(&world, Some(Death { step, took_effect: true }));
                // It may have less to do than steps to die at.
                let done = killed.deploy(files).await;
                assert!(done.is_err() || killed.calls() <= step);
            }
            Deployer::new(&world, None).deploy(&old).await.unwrap();
            world.lock().unwrap().assert_is(&old);
        }
    });
}

#[test]
fn of_two_deploys_at_once_the_slower_fails_and_no_document_loses_a_file() {
    block(async {
        let (slow, fast) = (site(&[3, 4], 2), [site(&[3, 4], 2), site(&[2], 1), site(&[1, 5], 3)]);
        let mut lost = 0;
        for (step, other) in (0..8).flat_map(|step| fast.iter().map(move |other| (step, other))) {
            let world = eventful().await;
            // The one gap: a day-old file that another deploy takes up between this one's manifest and its delete is
            // missing until the next deploy's LIST shows it.
            world.lock().unwrap().lawful = !(step == 7 && other.contains_key("assets/1.js"));
            let own = Deployer::new(&world, None);
            let now = own.world().now;
            match run(&Overtaken { own: own.clone(), step, other: other.clone() }, &slow, now).await {
                Ok(_) => {}
                Err(error) => {
                    assert!(error.to_string().contains("another deploy"), "{error:#}");
                    let served = world.lock().unwrap().objects[INDEX].0.clone();
                    // Unless the winner had the old document already and so left it alone: then the slower's is newer.
                    let replaced = other[INDEX].sha256 != site(&[2], 1)[INDEX].sha256;
                    let stays = SiteFile::of_bytes("", served).sha256 == other[INDEX].sha256;
                    assert!(stays || !replaced, "the winner's site was overwritten before step {step}");
                    lost += 1;
                }
            }
            // Whoever won, the next run finds the way.
            Deployer::new(&world, None).deploy(&slow).await.unwrap();
            world.lock().unwrap().assert_is(&slow);
        }
        assert!(lost > 8, "{lost} of 24 lost");
    });
}

#[test]
fn each_upload_has_its_reason() {
    let files = site(&[1, 2, 3, 4], 1);
    let mut observed = Observed::default();
    let Plan { mut next, .. } = plan(&files, &observed, Timestamp::UNIX_EPOCH);
    next.files.remove("assets/1.js");
    next.files.get_mut("assets/3.js").unwrap().sha256 = None;
    next.files.get_mut("assets/4.js").unwrap().headers.cache_control.clear();
    for key in ["assets/3.js", "assets/4.js", INDEX, "favicon.ico"] {
        observed.objects.insert(key.to_owned(), String::new());
    }
    observed.objects.insert(INDEX.to_owned(), "other".to_owned());
    observed.manifest = next;
    let reasons: Vec<_> = plan(&files, &observed, Timestamp::UNIX_EPOCH).uploads.iter().map(|one| one.reason).collect();
    assert_eq!(reasons, [Reason::New, Reason::Missing, Reason::Content, Reason::Headers, Reason::Foreign]);
    assert_eq!(reasons[1].to_string(), "missing in the bucket");
}

#[test]
fn invalidation_paths_are_encoded_and_folded_at_fifteen() {
    let paths = |count: usize, folder: &str| (0..count).map(|n| format!("{folder}{n}.txt")).collect::<BTreeSet<_>>();
    let special = BTreeSet::from(["a b/ü.txt".to_owned(), INDEX.to_owned()]);
    assert_eq!(invalidation_paths(&special), ["/", "/a%20b/%C3%BC.txt", "/index.html"]);
    assert_eq!(invalidation_paths(&paths(15, "x/")).len(), 15);
    assert_eq!(invalidation_paths(&paths(16, "x/")), ["/x/*"]);
    assert_eq!(invalidation_paths(&paths(16, "")), ["/*"]);
    assert_eq!(invalidation_paths(&BTreeSet::new()), Vec::<String>::new());
}

#[derive(Clone, Debug)]
enum Step {
    Deploy { assets: BTreeSet<u8>, icon: u8, death: Option<(usize, bool)>, cdn_refuses: bool },
    Overwrite(u8),
    Delete(u8),
    Wait(i64),
}

fn steps(foreign: bool) -> impl Strategy<Value = Vec<Step>> {
    let assets = proptest::collection::btree_set(0_u8..5, 0..4);
    let deploy = (assets, 0_u8..2, proptest::option::of((0_usize..9, any::<bool>())), any::<bool>())
        .prop_map(|(assets, icon, death, cdn_refuses)| Step::Deploy { assets, icon, death, cdn_refuses });
    let meddle = prop_oneof![(0_u8..7).prop_map(Step::Overwrite), (0_u8..7).prop_map(Step::Delete)];
    let wait = (1_i64..30).prop_map(Step::Wait);
    let weight = u32::from(foreign);
    proptest::collection::vec(prop_oneof![4 => deploy, 2 => wait, 2 * weight => meddle], 0..8)
}

fn foreign_key(number: u8) -> String {
    match number {
        5 => INDEX.to_owned(),
        6 => "favicon.ico".to_owned(),
        number => format!("assets/{number}.js"),
    }
}

async fn play(steps: Vec<Step>, lawful: bool) -> std::sync::Arc<std::sync::Mutex<World>> {
    let world = World::new();
    world.lock().unwrap().lawful = lawful;
    for step in steps {
        match step {
            Step::Deploy { assets, icon, death, cdn_refuses } => {
                world.lock().unwrap().cdn_refuses = cdn_refuses;
                let death = death.map(|(step, took_effect)| Death { step, took_effect });
                let files = site(&assets.into_iter().collect::<Vec<_>>(), icon);
                let done = Deployer::new(&world, death).deploy(&files).await;
                assert!(death.is_some() || done.is_ok(), "{done:?}");
            }
            Step::Overwrite(number) => {
                let mut world = world.lock().unwrap();
                world.objects.insert(foreign_key(number), (vec![200], super::files::Headers::default()));
            }
            Step::Delete(number) => {
                let mut world = world.lock().unwrap();
                world.objects.remove(&foreign_key(number));
                // Bytes that came and went between two deploys leave no trace in the bucket: who put them there must
                // take them out of the CDN.
                world.edge.remove(&foreign_key(number));
            }
            Step::Wait(hours) => world.lock().unwrap().wait(hours),
        }
    }
    world.lock().unwrap().cdn_refuses = false;
    world
}

async fn settles(world: &std::sync::Arc<std::sync::Mutex<World>>) {
    let files = site(&[0, 2, 4], 1);
    Deployer::new(world, None).deploy(&files).await.unwrap();
    world.lock().unwrap().assert_is(&files);
    assert!(!Deployer::new(world, None).deploy(&files).await.unwrap().changed());
    world.lock().unwrap().wait(24);
    Deployer::new(world, None).deploy(&files).await.unwrap();
    assert_eq!(world.lock().unwrap().keys(), files.keys().cloned().collect::<BTreeSet<_>>());
    assert!(!Deployer::new(world, None).deploy(&files).await.unwrap().changed());
}

proptest! {
    #[test]
    fn after_any_history_of_deploys_a_whole_one_settles_everything(steps in steps(false)) {
        block(async { settles(&play(steps, true).await).await });
    }

    #[test]
    fn after_foreign_changes_too(steps in steps(true)) {
        block(async { settles(&play(steps, false).await).await });
    }
}
