//! Killed at any moment and run again, a deploy ends in the same state.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use crate::repository::Repository;

/// Lines of a deploy; it is killed as soon as one of them contains the marker.
const STAGES: [&str; 7] = [
    "Environment",
    "bootstrap-region",
    "scratch-frontend in",
    "scratch-auth in",
    "CREATE_COMPLETE    Table",
    "scratch-todos in",
    "scratch-files in",
];
/// Times after the start, for the moments that print nothing.
const DELAYS_MS: [u64; 4] = [40, 400, 900, 1600];

#[test]
fn a_deploy_killed_at_any_stage_converges_when_run_again() {
    let repository = Repository::new();
    let reference = shape(&repository.deploy());
    for stage in STAGES {
        repository.xtask(&["local", "reset"]).ok();
        kill_at(repository.start(&["deploy"]), stage);
        converges(&repository, &reference, stage);
    }
    for delay in DELAYS_MS {
        repository.xtask(&["local", "reset"]).ok();
        let mut child = repository.start(&["deploy"]);
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        converges(&repository, &reference, &format!("{delay} ms"));
    }
}

#[test]
fn a_deploy_that_finds_everything_done_leaves_the_release_to_the_one_that_is_still_at_it() {
    let repository = Repository::new();
    repository.deploy();
    repository.edit("config/scratch.yaml", "memory: 256", "memory: 512");
    let mut first = repository.start(&["deploy"]);
    let mut lines = BufReader::new(first.stderr.take().unwrap()).lines().map(Result::unwrap);
    let signal = |signal: &str| {
        let sent = Command::new("kill").args([signal, &first.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{signal}");
    };
    // Its last stack changes by now, and goes on without it.
    assert!(lines.any(|line| line.contains("files UPDATE_COMPLETE")));
    signal("-STOP");
    let second = repository.deploy();
    assert_eq!((&second["changed"], &second["release"]), (&Value::from(false), &Value::Null), "{second}");
    signal("-CONT");
    assert!(lines.any(|line| line.contains("Released 2: ")));
    assert!(first.wait().unwrap().success());
}

/// Kills the run at the first line that contains the marker.
pub(crate) fn kill_at(mut child: Child, marker: &str) {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut seen = Vec::new();
    for line in lines.map(Result::unwrap) {
        if line.contains(marker) {
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        seen.push(line);
    }
    child.wait().unwrap();
    panic!("no `{marker}` in:\n{}", seen.join("\n"));
}

fn converges(repository: &Repository, reference: &BTreeMap<String, Vec<String>>, stage: &str) {
    let again = repository.deploy();
    assert_eq!(&shape(&again), reference, "after a kill at {stage}");
    let third = repository.deploy();
    assert_eq!(third["changed"], false, "after a kill at {stage}: {third}");
    assert_eq!(third["outputs"], again["outputs"], "after a kill at {stage}");
}

/// The environment without its generated names: output names by service, and the site's files.
fn shape(report: &Value) -> BTreeMap<String, Vec<String>> {
    let outputs = report["outputs"].as_object().unwrap().iter();
    let mut shape: BTreeMap<String, Vec<String>> = outputs
        .map(|(service, values)| (service.clone(), values.as_object().unwrap().keys().cloned().collect()))
        .collect();
    for (service, site) in report["sites"].as_object().unwrap() {
        let files = site["uploaded"].as_u64().unwrap() + site["unchanged"].as_u64().unwrap();
        shape.insert(format!("{service} site"), vec![files.to_string()]);
    }
    shape
}
