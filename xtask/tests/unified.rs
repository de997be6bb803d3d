//! One dev build serves the deployer and the functions: what both link, both link with the same features.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops here")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Package → the sets of features that it is built with.
fn features(packages: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}\t{f}"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines().filter(|line| line.contains('\t')) {
        let (package, features) = line.split_once('\t').unwrap();
        let name = package.split(' ').take(2).collect::<Vec<_>>().join(" ");
        found.entry(name).or_default().insert(features.trim_end_matches(" (*)").to_owned());
    }
    found
}

#[test]
fn the_deployer_and_the_functions_share_their_dependencies_builds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let app = xtask::config::load_app(root).unwrap();
    let packages: Vec<&str> = app.services.values().filter_map(|service| service.package.as_deref()).collect();
    let (deployer, functions) = (features(&["xtask"]), features(&packages));
    let shared = deployer.iter().filter(|(name, _)| functions.contains_key(*name)).count();
    assert!(shared > 100, "only {shared} packages in common: is the output of `cargo tree` still understood?");
    let different: Vec<String> = deployer
        .iter()
        .filter_map(|(name, mine)| {
            let theirs = functions.get(name)?;
            (theirs != mine).then(|| format!("{name}: deployer {mine:?}, functions {theirs:?}"))
        })
        .collect();
    assert!(different.is_empty(), "add these features to xtask/workspace-hack/Cargo.toml:\n{}", different.join("\n"));
}
