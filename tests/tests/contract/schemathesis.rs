//! schemathesis, as pinned in `tests/contract/requirements.txt` and set up in `tests/contract/schemathesis.toml`.

use std::process::Command;

use tests::contract::{Document, repository};
use tests::{Deployment, User};

/// Tests a service's API as a new user; panics with the report if there is a finding.
fn run(service: &str) {
    let program = std::env::var("E2E_SCHEMATHESIS");
    let program = program.unwrap_or_else(|_| panic!("E2E_SCHEMATHESIS is not set: run `cargo xtask test --only e2e`"));
    let user = User::new("contract");
    let sources = repository().join("tests/contract");
    let folder = repository().join("target/test/contract").join(service);
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new(program)
        .arg("--config-file")
        .arg(sources.join("schemathesis.toml"))
        .args(["run", "--no-color", "--url", Deployment::get().output(service, "ApiUrl")])
        .arg(repository().join(format!("docs/openapi/{service}.yaml")))
        .env("SCHEMATHESIS_HOOKS", sources.join("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CONTRACT_TOKEN", &user.access)
        .env("CONTRACT_USER_ID", &user.sub)
        .current_dir(folder)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{report}");
    let tested = format!("Tested: {}\n", Document::of(service).operations().count());
    assert!(report.contains(&tested), "not every operation was tested: {report}");
}

#[test]
fn schemathesis_finds_nothing_wrong_with_the_todos_api() {
    run("todos");
}

#[test]
fn schemathesis_finds_nothing_wrong_with_the_files_api() {
    run("files");
}
