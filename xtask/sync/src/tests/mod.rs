//! The sync's laws, against a world that fails at every step.

mod busy;
mod folder;
mod wire;
mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use crate::{Applied, Digest, Files, GRACE, INDEX, Kind, Options, Plan, Reason, Rules, Work};
use world::{Death, Deployer, Overtaken, World, run};

/// What the laws are tested with: a site's own bucket.
fn options() -> Options {
    Options { owner: "demo".to_owned(), adopt: true, delete: Some(GRACE), max_delete: usize::MAX, cdn: true }
}

fn made(files: &[(String, Vec<u8>)]) -> Files {
    let rules = Rules::new(Kind::Site, Vec::new()).unwrap();
    let mut all = Files::default();
    for (key, bytes) in files {
        all.add(key, bytes.clone(), &rules).unwrap();
    }
    all
}

/// A site whose document names its assets, which are named after their content.
fn site(assets: &[u8], icon: u8) -> Files {
    let mut files: Vec<(String, Vec<u8>)> = assets.iter().map(|one| (format!("assets/{one}.js"), vec![*one])).collect();
    let names: Vec<&str> = files.iter().map(|file| file.0.as_str()).chain(["favicon.ico"]).collect();
    files.push((INDEX.to_owned(), names.join("\n").into_bytes()));
    files.push(("favicon.ico".to_owned(), vec![icon]));
    made(&files)
}

/// Uploads, unchanged files and deletes.
fn counts((plan, _): &(Plan, Applied)) -> (usize, usize, usize) {
    (plan.uploads.len(), plan.unchanged, plan.deletes.len())
}

fn changed((plan, applied): &(Plan, Applied)) -> bool {
    plan.uploads.len() + plan.deletes.len() + applied.invalidated.len() > 0
}

fn keys(files: &Files) -> BTreeSet<String> {
    files.iter().map(|file| file.key.to_string()).collect()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn a_first_sync_puts_everything_and_the_second_nothing() {
    block(async {
        let (world, files) = (World::new(), site(&[1, 2], 1));
        let synced = Deployer::new(&world, None).deploy(&files).await.unwrap();
        assert_eq!(counts(&synced), (4, 0, 0));
        let again = Deployer::new(&world, None);
        let before = again.world().changes;
        let synced = again.deploy(&files).await.unwrap();
        assert!(!changed(&synced));
        assert_eq!((synced.0.unchanged, again.calls(), again.world().changes), (4, 1, before));
        again.world().assert_is(&files);
    });
}

#[test]
fn a_change_puts_what_changed_and_invalidates_no_new_name() {
    block(async {
        let world = World::new();
        Deployer::new(&world, None).deploy(&site(&[1, 2], 1)).await.unwrap();
        let synced = Deployer::new(&world, None).deploy(&site(&[2, 3], 1)).await.unwrap();
        assert_eq!(counts(&synced), (2, 2, 0));
        assert_eq!(synced.1.invalidated, ["/", "/index.html"]);
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
            assert_eq!(Deployer::new(&world, None).deploy(&new).await.unwrap().0.deletes.len(), deleted);
        }
        assert_eq!(world.lock().unwrap().keys(), keys(&new));
    });
}

#[test]
fn a_refused_invalidation_is_repeated_by_the_next_run() {
    block(async {
        let (world, files) = (World::new(), site(&[2], 1));
        Deployer::new(&world, None).deploy(&site(&[1], 1)).await.unwrap();
        world.lock().unwrap().cdn_refuses = true;
        let now = world.lock().unwrap().now;
        let (_, applied) = run(&Deployer::new(&world, None), &files, now).await.unwrap();
        assert!(applied.invalidation_error.is_some());
        world.lock().unwrap().cdn_refuses = false;
        let synced = Deployer::new(&world, None).deploy(&files).await.unwrap();
        assert_eq!((synced.0.uploads.len(), synced.1.invalidated.len()), (0, 2));
        world.lock().unwrap().assert_is(&files);
        assert!(!changed(&Deployer::new(&world, None).deploy(&files).await.unwrap()));
    });
}

/// A world in which every kind of step has something to do: assets 1 is stale and due, 2 goes, 3 comes, 4 returns.
async fn eventful() -> Arc<Mutex<World>> {
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
                    assert!(!changed(&Deployer::new(&world, None).deploy(next).await.unwrap()));
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
            world.lock().unwrap().lawful = !(step == 7 && other.get("assets/1.js").is_some());
            let own = Deployer::new(&world, None);
            let now = own.world().now;
            match run(&Overtaken { own: own.clone(), step, other: other.clone() }, &slow, now).await {
                Ok(_) => {}
                Err(error) => {
                    assert!(error.to_string().contains("another sync"), "{error:#}");
                    let served = world.lock().unwrap().objects[INDEX].0.clone();
                    // Unless the winner had the old document already and so left it alone: then the slower's is newer.
                    let document = |files: &Files| files.made(INDEX).unwrap().digest;
                    let replaced = document(other) != document(&site(&[2], 1));
                    let stays = Digest::of(&served) == document(other);
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
    let mut work = Work::new(files.clone());
    // assets/1.js is new, assets/2.js is missing, assets/3.js is another, assets/4.js has other headers.
    for (at, file) in files.iter().enumerate() {
        if file.key != "assets/1.js" {
            let digest = (file.key != "assets/3.js").then_some(files.made(file.key).unwrap().digest);
            let headers = (file.key != "assets/4.js").then_some(file.headers);
            let tag = crate::Tag::of("as it was");
            work.note(at, crate::manifest::Known { digest, tag, headers });
        }
        let listed = if file.key == INDEX { "other" } else { "as it was" };
        if !matches!(file.key, "assets/1.js" | "assets/2.js") {
            work.object(file.key, listed);
        }
    }
    let plan = crate::plan(&work, &options(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let reasons: Vec<_> = plan.uploads.iter().map(|one| one.reason).collect();
    assert_eq!(reasons, [Reason::New, Reason::Missing, Reason::Content, Reason::Headers, Reason::Foreign]);
    assert_eq!(reasons[1].to_string(), "missing in the bucket");
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

async fn play(steps: Vec<Step>, lawful: bool) -> Arc<Mutex<World>> {
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
                world.objects.insert(foreign_key(number), (vec![200], crate::Headers::default()));
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

async fn settles(world: &Arc<Mutex<World>>) {
    let files = site(&[0, 2, 4], 1);
    Deployer::new(world, None).deploy(&files).await.unwrap();
    world.lock().unwrap().assert_is(&files);
    assert!(!changed(&Deployer::new(world, None).deploy(&files).await.unwrap()));
    world.lock().unwrap().wait(24);
    Deployer::new(world, None).deploy(&files).await.unwrap();
    assert_eq!(world.lock().unwrap().keys(), keys(&files));
    assert!(!changed(&Deployer::new(world, None).deploy(&files).await.unwrap()));
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
