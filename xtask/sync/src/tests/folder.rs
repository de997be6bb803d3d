//! What a folder gives, what is refused of it, and what a changed file does.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::world::{Deployer, World};
use super::{block, changed, options};
use crate::apply::apply;
use crate::{Digest, Files, GRACE, Kind, Options, Problem, Progress, Rule, Rules, Walk, Work, observe, plan};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn rules(rules: &[serde_json::Value]) -> Rules {
    let rules = rules.iter().map(|rule| serde_json::from_value::<Rule>(rule.clone()).unwrap());
    Rules::new(Kind::Site, rules.collect()).unwrap()
}

fn walk(at: &Path) -> anyhow::Result<Files> {
    Files::walk(at, &rules(&[]), Walk::default())
}

fn keys(files: &Files) -> Vec<&str> {
    files.iter().map(|file| file.key).collect()
}

fn refused(at: &Path) -> String {
    let error = walk(at).unwrap_err();
    let problem = error.downcast_ref::<Problem>().expect("a problem");
    assert!(problem.usage && problem.hint.is_some(), "{problem:?}");
    problem.message.clone()
}

#[test]
fn keys_come_in_the_order_in_which_s3_lists_them() {
    let folder = folder(&[("a.txt", ""), ("a/b", ""), ("a-b", ""), ("a0", ""), ("a/b.d/c", ""), ("B", "")]);
    let files = walk(folder.path()).unwrap();
    let found = keys(&files);
    assert_eq!(found, ["B", "a-b", "a.txt", "a/b", "a/b.d/c", "a0"]);
    assert!(found.is_sorted());
    let types = files.headers.all().iter().map(|headers| headers.content_type.as_str());
    assert!(types.eq(["application/octet-stream", "text/plain; charset=utf-8"]), "as the sorted keys name them");
}

#[test]
fn dotfiles_stay_out_unless_they_are_asked_for_and_are_counted() {
    let folder = folder(&[(".git/config", ""), (".env", ""), (".well-known/a", ""), ("b/.c", ""), ("d", "")]);
    let files = walk(folder.path()).unwrap();
    assert_eq!((keys(&files), files.left_out), (vec![".well-known/a", "d"], 3));
    let all = Files::walk(folder.path(), &rules(&[]), Walk { dotfiles: true, ..Walk::default() }).unwrap();
    assert_eq!((all.len(), all.left_out), (5, 0));
    let rule =
        rules(&[serde_json::json!({"match": ".env", "skip": false}), serde_json::json!({"match": "d", "skip": true})]);
    assert_eq!(keys(&Files::walk(folder.path(), &rule, Walk::default()).unwrap()), [".env", ".well-known/a"]);
}

#[test]
fn a_link_inside_is_followed_and_one_outside_a_broken_one_and_a_loop_are_refused() {
    let (outside, inside) = (folder(&[("secret", "s")]), folder(&[("a/b", "1")]));
    symlink(inside.path().join("a"), inside.path().join("link")).unwrap();
    assert_eq!(keys(&walk(inside.path()).unwrap()), ["a/b", "link/b"]);
    let out = inside.path().join("out");
    symlink(outside.path().join("secret"), &out).unwrap();
    assert!(refused(inside.path()).contains("`out` is a link to `"));
    let taken = Files::walk(inside.path(), &rules(&[]), Walk { outside_links: true, ..Walk::default() }).unwrap();
    assert_eq!(keys(&taken), ["a/b", "link/b", "out"]);
    fs::remove_file(&out).unwrap();
    symlink("nowhere", &out).unwrap();
    assert!(refused(inside.path()).starts_with("cannot read `"));
    fs::remove_file(&out).unwrap();
    symlink(inside.path(), &out).unwrap();
    assert!(refused(inside.path()).contains("links back to"));
}

#[test]
fn what_is_no_folder_to_sync_is_refused() {
    let empty = folder(&[]);
    assert!(refused(empty.path()).contains("has no file to sync (0 left out)"));
    assert_eq!(refused(Path::new("/")), "`/` is the root of the file system");
    assert!(refused(&empty.path().join("missing")).contains("missing"));
    let file = folder(&[("a", "")]);
    assert!(refused(&file.path().join("a")).ends_with("is no folder"));
    assert!(refused(Path::new(&std::env::home_dir().unwrap())).ends_with("is your home folder"));
    let own = folder(&[(".site/x", "")]);
    let error = Files::walk(own.path(), &rules(&[]), Walk { dotfiles: true, ..Walk::default() }).unwrap_err();
    assert!(error.to_string().contains("where the manifest is"), "{error}");
}

#[test]
fn names_are_kept_byte_for_byte_and_those_that_look_alike_are_told() {
    let names = ["%41.txt", "A.txt", "a b.txt", "a+b.txt", "a.txt", "e\u{301}.txt", "é.txt"];
    let folder = folder(&names.map(|name| (name, "")));
    let files = walk(folder.path()).unwrap();
    assert_eq!(keys(&files), names);
    let alike = [("A.txt", "a.txt"), ("e\u{301}.txt", "é.txt")].map(|(one, other)| (one.to_owned(), other.to_owned()));
    assert_eq!(files.alike, alike);
}

#[test]
fn a_fresh_clone_sends_nothing_and_a_change_of_the_same_size_with_an_old_time_is_sent() {
    block(async {
        let world = World::new();
        let deploy = |files: Files| {
            let world = std::sync::Arc::clone(&world);
            async move { Deployer::new(&world, None).deploy(&files).await.unwrap() }
        };
        let texts = [("index.html", "a.txt"), ("a.txt", "one"), ("b/c.txt", "two")];
        let first = folder(&texts);
        assert_eq!(deploy(walk(first.path()).unwrap()).await.0.uploads.len(), 3);
        let clone = folder(&texts);
        assert!(!changed(&deploy(walk(clone.path()).unwrap()).await));
        let path = clone.path().join("a.txt");
        let old = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "six").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        let (plan, applied) = deploy(walk(clone.path()).unwrap()).await;
        assert_eq!((plan.uploads.len(), applied.invalidated), (1, vec!["/a.txt".to_owned()]));
        let rule = rules(&[serde_json::json!({"match": "b/*", "cacheControl": "no-store"})]);
        let ruled = Files::walk(clone.path(), &rule, Walk::default()).unwrap();
        assert_eq!(deploy(ruled).await.0.uploads[0].reason, crate::Reason::Headers);
    });
}

#[test]
fn a_file_that_changes_between_plan_and_upload_is_an_error_and_index_html_stays() {
    block(async {
        let world = World::new();
        let texts = [("index.html", "a.txt"), ("a.txt", "one")];
        let place = folder(&texts);
        Deployer::new(&world, None).deploy(&walk(place.path()).unwrap()).await.unwrap();
        fs::write(place.path().join("index.html"), "a.txt\n").unwrap();
        fs::write(place.path().join("a.txt"), "two").unwrap();
        let deployer = Deployer::new(&world, None);
        let mut work = observe(&deployer, walk(place.path()).unwrap()).await.unwrap();
        let planned = plan(&work, &options(), jiff::Timestamp::UNIX_EPOCH).unwrap();
        fs::write(place.path().join("a.txt"), "six").unwrap();
        let error = apply(&deployer, &mut work, &planned, &options(), &Progress::default()).await.unwrap_err();
        assert!(error.to_string().ends_with("a.txt` was changed while it was being synced"), "{error}");
        assert_eq!(world.lock().unwrap().objects["index.html"].0, b"a.txt");
    });
}

/// What becomes of a file.
type Spoil = fn(&Path);

#[test]
fn a_file_that_cannot_be_read_is_an_error_that_names_it_and_index_html_stays() {
    let mut spoils: Vec<(&str, Spoil)> = vec![
        ("No such file", |path| fs::remove_file(path).unwrap()),
        ("Is a directory", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    if cfg!(target_os = "linux") {
        // Whoever reads it, root included, fails: nothing is at the address 0.
        spoils.push(("Input/output error", |path| {
            fs::remove_file(path).unwrap();
            symlink("/proc/self/mem", path).unwrap();
        }));
    }
    block(async {
        for (cause, spoil) in spoils {
            let world = World::new();
            let deployer = Deployer::new(&world, None);
            let place = folder(&[("index.html", "a.txt"), ("a.txt", "one")]);
            deployer.deploy(&walk(place.path()).unwrap()).await.unwrap();
            let check = |error: anyhow::Error| {
                let error = format!("{error:#}");
                assert!(error.starts_with("cannot read `") && error.contains(&format!("/a.txt`: {cause}")), "{error}");
                assert_eq!(world.lock().unwrap().objects["index.html"].0, b"a.txt");
            };
            fs::write(place.path().join("index.html"), "a.txt\n").unwrap();
            fs::write(place.path().join("a.txt"), "two").unwrap();
            // When it is sent.
            let mut work = observe(&deployer, walk(place.path()).unwrap()).await.unwrap();
            let planned = plan(&work, &options(), jiff::Timestamp::UNIX_EPOCH).unwrap();
            spoil(&place.path().join("a.txt"));
            check(apply(&deployer, &mut work, &planned, &options(), &Progress::default()).await.unwrap_err());
            // And when it is read to be compared.
            let fresh = folder(&[("index.html", "a.txt\n"), ("a.txt", "two")]);
            let files = walk(fresh.path()).unwrap();
            spoil(&fresh.path().join("a.txt"));
            check(observe(&deployer, files).await.unwrap_err());
        }
    });
}

fn strict(owner: &str) -> Options {
    Options { owner: owner.to_owned(), adopt: false, delete: Some(GRACE), max_delete: 2, cdn: true }
}

#[test]
fn anothers_prefix_and_unknown_objects_are_refused_unless_adopted() {
    block(async {
        let world = World::new();
        let place = folder(&[("index.html", "")]);
        let look = || async { observe(&Deployer::new(&world, None), walk(place.path()).unwrap()).await.unwrap() };
        let now = jiff::Timestamp::UNIX_EPOCH;
        let unknown = (vec![1], crate::Headers::default());
        world.lock().unwrap().objects.insert("stray".to_owned(), unknown);
        let refusal = |work: &Work, owner: &str| plan(work, &strict(owner), now).unwrap_err().message;
        assert!(refusal(&look().await, "demo").starts_with("1 objects are there that no manifest knows"));
        Deployer::new(&world, None).deploy(&walk(place.path()).unwrap()).await.unwrap();
        assert_eq!(refusal(&look().await, "other"), "this prefix belongs to `demo`, and this folder is `other`");
        assert!(plan(&look().await, &strict("demo"), now).is_ok());
        assert!(plan(&look().await, &Options { adopt: true, ..strict("other") }, now).is_ok());
    });
}

#[test]
fn more_deletes_than_allowed_are_refused_before_anything_is_written() {
    let mut work = Work::new(super::made(&[("index.html".to_owned(), vec![])]));
    for key in ["a", "b", "c"] {
        work.object(key, "tag");
    }
    let now = jiff::Timestamp::UNIX_EPOCH;
    let options = |max_delete| Options { delete: Some(jiff::SignedDuration::ZERO), max_delete, ..options() };
    let error = plan(&work, &options(2), now).unwrap_err();
    assert_eq!(error.message, "3 objects would be deleted, and at most 2 may be");
    assert_eq!(plan(&work, &options(3), now).unwrap().deletes, ["a", "b", "c"]);
    assert_eq!(plan(&work, &Options { delete: None, ..options(0) }, now).unwrap().deletes.len(), 0);
}

#[test]
fn a_lost_and_a_damaged_manifest_are_rebuilt_without_an_upload() {
    block(async {
        let cut = "{\"format\":\"site-sync 1\",\"owner\":\"demo\",\"objects\":9,\"headers\":[]}\n";
        let of_earlier_versions = "{\n  \"files\": {\n    \"index.html\": {\"sha256\": \"00\"}\n  }\n}";
        for damage in ["", "{}", cut, of_earlier_versions] {
            let world = World::new();
            let files = super::site(&[1, 2], 1);
            Deployer::new(&world, None).deploy(&files).await.unwrap();
            let whole = world.lock().unwrap().objects[crate::KEY].clone();
            if damage.is_empty() {
                world.lock().unwrap().objects.remove(crate::KEY);
            } else {
                world.lock().unwrap().objects.insert(crate::KEY.to_owned(), (damage.into(), whole.1.clone()));
            }
            let rebuilt = Deployer::new(&world, None).deploy(&files).await.unwrap();
            assert_eq!((rebuilt.0.uploads.len(), rebuilt.0.unchanged), (0, 4), "{damage}");
            // What waited for an invalidation, the lost manifest alone knew.
            assert_eq!(rebuilt.1.invalidated, ["/", "/favicon.ico", "/index.html"]);
            assert_eq!(world.lock().unwrap().objects[crate::KEY].0, whole.0, "{damage}");
            assert!(!changed(&Deployer::new(&world, None).deploy(&files).await.unwrap()));
        }
    });
}

#[test]
fn a_plain_manifest_of_the_first_format_keeps_owner_and_objects() {
    block(async {
        let (world, files) = (World::new(), super::site(&[1, 2], 1));
        Deployer::new(&world, None).deploy(&files).await.unwrap();
        {
            let objects = &mut world.lock().unwrap().objects;
            let mut table = Vec::new();
            let mut lines = Vec::new();
            for (key, (bytes, headers)) in objects.iter().filter(|(key, _)| *key != crate::KEY) {
                let (digest, tag) = (Digest::of(bytes).hex(), super::world::etag(bytes));
                lines.push(serde_json::json!({"key": key, "sha256": digest, "tag": tag, "headers": table.len()}));
                table.push(serde_json::to_value(headers).unwrap());
            }
            let head = serde_json::json!({
                "format": "site-sync 1", "owner": "demo", "objects": lines.len(), "headers": table,
            });
            let lines: Vec<String> = [head].iter().chain(&lines).map(ToString::to_string).collect();
            objects.get_mut(crate::KEY).unwrap().0 = lines.join("\n").into_bytes();
        }
        let work = observe(&Deployer::new(&world, None), files.clone()).await.unwrap();
        let refused = plan(&work, &strict("other"), jiff::Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(refused.message, "this prefix belongs to `demo`, and this folder is `other`");
        let again = Deployer::new(&world, None).deploy(&files).await.unwrap();
        assert_eq!((again.0.unchanged, changed(&again)), (4, false));
    });
}

#[test]
fn what_is_deleted_and_not_hashed_is_invalidated_once_it_is_gone() {
    block(async {
        let world = World::new();
        let rules = rules(&[]);
        let mut files = super::site(&[1], 1);
        files.add("old.txt", "old", &rules).unwrap();
        files.add("assets/old.js", "old", &rules).unwrap();
        Deployer::new(&world, None).deploy(&files).await.unwrap();
        let files = super::site(&[1], 1);
        Deployer::new(&world, None).deploy(&files).await.unwrap();
        world.lock().unwrap().wait(24);
        world.lock().unwrap().cdn_refuses = true;
        let (plan, applied) = Deployer::new(&world, None).deploy(&files).await.unwrap();
        assert_eq!(plan.deletes, ["assets/old.js", "old.txt"]);
        assert!(applied.invalidation_error.is_some());
        world.lock().unwrap().cdn_refuses = false;
        assert_eq!(Deployer::new(&world, None).deploy(&files).await.unwrap().1.invalidated, ["/old.txt"]);
        assert!(!changed(&Deployer::new(&world, None).deploy(&files).await.unwrap()));
    });
}
