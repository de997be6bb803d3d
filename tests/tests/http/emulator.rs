//! The pinned emulator itself, asked past its HTTP: what the launcher mends, and what its handlers know.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use xtask::config::Config;
use xtask::local::{interpreter, parity};
use xtask::render::Renderer;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What one of the scripts beside this file prints, in the emulator's own virtual environment.
fn run(script: &str, arguments: &[&Path], input: &Value) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http/emulator").join(script);
    let mut command = Command::new(interpreter(&root().join("target")));
    command.arg("-I").arg(path).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script} ended with {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn functions_that_share_a_zip_have_it_held_and_hashed_once_and_each_has_its_own() {
    let told = run("shared_code.py", &[&root().join("xtask/src/local/launcher.py")], &Value::Null);
    let once = json!({"held once": true, "hashed": 2, "true": true});
    assert_eq!(told, json!({"created": once, "updated": once}), "two zips, whatever the number of their functions");
}

#[test]
fn what_the_templates_have_and_the_emulators_handlers_do_not_know_is_in_the_list() {
    let renderer = Renderer::load(&root()).unwrap();
    let mut used: BTreeMap<_, _> = parity::used(&Config::load(&root(), Some("test")).unwrap(), &renderer).unwrap();
    assert!(used.values().map(BTreeSet::len).sum::<usize>() > 100, "{used:?}");
    // The script itself is held to a type and properties that no emulator knows.
    used.entry("AWS::DynamoDB::Table".to_owned())
        .or_default()
        .extend(["Novel.Part".into(), "SSESpecification.Novel".into()]);
    used.insert("AWS::Novel::Thing".to_owned(), ["Name".to_owned()].into());
    let told: Vec<(String, String)> = serde_json::from_value(run("unknown.py", &[], &json!(used))).unwrap();
    let gaps = parity::known().unwrap();
    let missing: Vec<String> = told
        .iter()
        .filter(|(kind, path)| !parity::is_listed(&gaps, kind, path))
        .map(|(kind, path)| format!("{kind} {path}").trim_end().to_owned())
        .collect();
    let novel = ["AWS::DynamoDB::Table Novel", "AWS::DynamoDB::Table SSESpecification.Novel", "AWS::Novel::Thing"];
    assert_eq!(
        missing, novel,
        "what is not `Novel` here is in stacks/, and the emulator does nothing with it: say so in xtask/src/local/parity.yaml, with what \
         proves it instead, or do without it"
    );
}
