//! `docs/new-service.md`, run as it is written.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::repository::Repository;

/// The commands of the guide: its blocks of `sh`.
pub(crate) fn blocks(text: &str) -> Vec<&str> {
    let fences = text.split("\n```").collect::<Vec<_>>();
    fences.iter().filter_map(|part| part.strip_prefix("sh\n")).collect()
}

/// Runs a block in a shell that stops at its first failure; `cargo xtask` is the deployer under test. Returns its stdout.
pub(crate) fn run(root: &Path, block: &str) -> String {
    let program = std::env::var("E2E_XTASK").unwrap();
    let script = format!("set -eu\n{}", block.replace("cargo xtask", &program));
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_") && name != "CARGO_HOME" && name != "CARGO_TARGET_DIR"
    }) {
        command.env_remove(name);
    }
    let output = command.args(["-c", &script]).current_dir(root).stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{block}\n{stdout}{stderr}");
    stdout.into_owned()
}

/// The answers in what a block printed.
fn answers(printed: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(printed).into_iter::<Value>().map(Result::unwrap).collect()
}

#[test]
fn the_guide_to_a_new_service_does_what_it_says() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/new-service.md");
    let text = std::fs::read_to_string(guide).unwrap();
    let repository = Repository::new();
    let root = repository.own_workspace();
    let [make, check, deploy, call] = blocks(&text)[..] else { panic!("other blocks than this test knows") };

    let written = run(root, make);
    for path in ["config/app.yaml", "stacks/notes.yaml.tera", "functions/notes/src/lib.rs", "docs/openapi/notes.yaml"] {
        assert!(written.lines().any(|line| line == path), "{path}: {written}");
    }
    let again = repository.xtask(&["new", "service", "notes"]).failed(2);
    assert!(again.contains("config/app.yaml has a service `notes`"), "{again}");

    let printed = run(root, check);
    assert!(printed.contains("test result: ok. 7 passed"), "{printed}");

    let rendered = repository.xtask(&["render", "--env", "prod"]).ok().stdout;
    let template = rendered.lines().find(|path| path.ends_with("notes.yaml")).unwrap();
    let linter = std::env::var("E2E_CFN_LINT").unwrap();
    let output = Command::new(linter).args(["--regions", "eu-central-1", "--", template]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));

    run(root, deploy);
    let outputs = serde_json::from_str::<Value>(&repository.xtask(&["outputs", "--json"]).ok().stdout).unwrap();
    assert!(outputs["notes"]["ApiUrl"].as_str().unwrap().starts_with("http"), "{outputs}");

    let printed = run(root, call);
    let [added, listed] = &answers(&printed)[..] else { panic!("{printed}") };
    assert_eq!((&added["statusCode"], &listed["statusCode"]), (&201.into(), &200.into()), "{printed}");
    let item: Value = serde_json::from_str(added["body"].as_str().unwrap()).unwrap();
    let page: Value = serde_json::from_str(listed["body"].as_str().unwrap()).unwrap();
    assert_eq!(item["text"], "first");
    assert_eq!(page["items"], Value::Array(vec![item]));

    // Services that ask for their code side by side: what does not compile is built, and told, once.
    let source = "functions/notes/src/lib.rs";
    repository.write(source, &format!("{}\nbroken\n", repository.read(source)));
    let failed = repository.xtask(&["deploy", "--hotswap"]).failed(1);
    assert_eq!(failed.matches("Building").count(), 1, "{failed}");
    assert_eq!(failed.matches("error: cargo could not build").count(), 1, "{failed}");
}
