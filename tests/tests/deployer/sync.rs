//! `sync` as a process that is killed again and again, while a visitor loads the site.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::refusal::{PLACE, s3};
use crate::repository::Repository;

/// Versions of the site, each of which is killed on its way.
const ROUNDS: u32 = 41;
const ASSETS: usize = 24;
const SYNC: [&str; 4] = ["sync", "site", "s3://killed", "--delete"];

#[test]
fn killed_at_any_moment_a_sync_leaves_visitors_the_old_site_or_the_new_one() {
    let repository = Repository::new();
    repository.xtask(&["local", "start"]).ok();
    let endpoint = repository.endpoint();
    assert_eq!(s3("PUT", &endpoint, "killed", PLACE).status, 200);
    let whole = |version| {
        write(&repository.path("site"), version);
        let start = Instant::now();
        repository.xtask(&SYNC).ok();
        start.elapsed()
    };
    let mut whole = whole(0).min(whole(1));

    let over = AtomicBool::new(false);
    let (mut cut_off, mut seen) = (0, BTreeSet::new());
    std::thread::scope(|scope| {
        let visitor = scope.spawn(|| visit(&endpoint, &over));
        for round in 2..ROUNDS + 2 {
            write(&repository.path("site"), round);
            let mut sync = repository.start(&SYNC);
            // Every moment of a whole sync in turn, and some beyond its end: a machine is busier at one time than at another.
            let wait = whole * (round * 17 % ROUNDS) / (ROUNDS / 2);
            std::thread::sleep(wait);
            sync.kill().unwrap();
            if sync.wait().unwrap().success() {
                whole = whole.min(wait);
            } else {
                cut_off += 1;
            }
        }
        over.store(true, Ordering::Relaxed);
        seen = visitor.join().unwrap();
    });
    assert!(cut_off > ROUNDS / 8, "only {cut_off} syncs were killed before their end");
    assert!(seen.len() > 2, "no killed sync had come as far as a new site: {seen:?}");

    let last = repository.xtask(&SYNC).ok().stderr;
    assert!(last.contains("Synced"), "{last}");
    assert_eq!(load(&endpoint), Ok(ROUNDS + 1));
    let again = repository.xtask(&SYNC).ok().stderr;
    assert!(again.contains(&format!("0 of {} files", ASSETS + 1)), "{again}");
}

/// A version of the site in the place of the one before: no file of it has the name of another version's, but for the page.
fn write(folder: &Path, version: u32) {
    let assets = folder.join("assets");
    if assets.exists() {
        std::fs::remove_dir_all(&assets).unwrap();
    }
    std::fs::create_dir_all(&assets).unwrap();
    let mut page = vec![format!("version {version}")];
    for number in 0..ASSETS {
        let name = format!("assets/part-{version:06x}{number:02x}.js");
        std::fs::write(folder.join(&name), format!("version {version}\n{}", "// part\n".repeat(256))).unwrap();
        page.push(name);
    }
    std::fs::write(folder.join("index.html"), page.join("\n")).unwrap();
}

/// Loads the page with all that it names, over and over; returns the versions that it has seen.
fn visit(endpoint: &str, over: &AtomicBool) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    while !over.load(Ordering::Relaxed) {
        seen.insert(load(endpoint).unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
    seen
}

/// The version of the page, where each of its files is there and of the same one.
fn load(endpoint: &str) -> Result<u32, String> {
    let get = |name: &str| {
        let answer = s3("GET", endpoint, &format!("killed/{name}"), "");
        if answer.status == 200 { Ok(answer.text()) } else { Err(format!("{name}: {}", answer.status)) }
    };
    let page = get("index.html")?;
    let mut lines = page.lines();
    let title = lines.next().ok_or("an empty page")?;
    let version = title.strip_prefix("version ").and_then(|text| text.parse().ok()).ok_or(title)?;
    for name in lines {
        if get(name)?.lines().next() != Some(title) {
            return Err(format!("{name} is not of {title}"));
        }
    }
    Ok(version)
}
