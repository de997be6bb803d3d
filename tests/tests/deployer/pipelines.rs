//! The steps of every generated workflow, run on this machine as a developer would: with the environment of this test for
//! those of the branches, and what GitHub fills in filled in.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use serde_json::Value;

use crate::repository::Repository;

/// Steps that are GitHub's own. Everything else is run.
const GITHUBS: [&str; 4] =
    ["actions/cache", "actions/checkout", "actions/setup-node", "aws-actions/configure-aws-credentials"];
/// Scripts that are not run here: this test is a part of the one, the other is about the container.
const APART: [&str; 2] = [
    "apt-get update && apt-get install --yes --no-install-recommends python3-venv && rustup component add clippy rustfmt",
    "cargo xtask test",
];
/// The order of events: a deploy, a pull request, its environment brought up, its end and that of its branch.
const ORDER: [(&str, &str); 4] = [("deploy-", ""), ("pull-request", ""), ("preview", "up"), ("preview", "down")];
const SUMMARY: &str = "summary.md";
const BRANCH: &str = "feature/pipelines";

/// A stand-in for GitHub's comments: no comment is there, each that is written is sent on.
fn github() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            if !head.starts_with("GET") {
                let body: Value = serde_json::from_slice(&body).unwrap();
                send.send(body["body"].as_str().unwrap().to_owned()).unwrap();
            }
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]").unwrap();
        }
    });
    (url, receive)
}

/// What GitHub would put in the place of an expression.
fn filled(expression: &str) -> String {
    match expression {
        "${{ github.event.pull_request.number }}" => "7",
        "${{ github.head_ref }}" | "${{ github.event.ref }}" => BRANCH,
        "${{ github.event.pull_request.user.login }}" => "somebody",
        "${{ github.token }}" => "secret",
        other => panic!("what is `{other}`?"),
    }
    .to_owned()
}

/// Runs a script by the shell that a job in a container has, with the built deployer in the place of cargo's alias.
fn run(root: &Path, script: &str, step: &Value, api: &str) {
    const ALIAS: &str = r#"cargo() { test "$1" = xtask; shift; "$E2E_XTASK" "$@"; }"#;
    let mut command = Command::new("sh");
    command.args(["-e", "-c", &format!("{ALIAS}\n{script}")]).current_dir(root).stdin(Stdio::null());
    command.env("GITHUB_API_URL", api).env("GITHUB_REPOSITORY", "acme/shop");
    command.env("GITHUB_STEP_SUMMARY", root.join(SUMMARY));
    for (name, value) in step["env"].as_object().into_iter().flatten() {
        command.env(name, filled(value.as_str().unwrap()));
    }
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{stdout}{stderr}");
}

/// A job's place in the order of events.
fn place(workflow: &str, job: &str) -> usize {
    let before = |&(start, name): &(&str, &str)| workflow.starts_with(start) && (name.is_empty() || name == job);
    ORDER.iter().position(before).unwrap_or(ORDER.len())
}

/// The steps of all jobs as (workflow, job, step), in the order of events.
fn steps() -> Vec<(String, String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(".github/workflows");
    let mut steps = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let workflow: Value = serde_yaml::from_str(&std::fs::read_to_string(entry.path()).unwrap()).unwrap();
        for (job, spec) in workflow["jobs"].as_object().unwrap() {
            let of_job = spec["steps"].as_array().unwrap().iter().cloned();
            steps.extend(of_job.map(|step| (name.clone(), job.clone(), step)));
        }
    }
    // A stable sort: a job's steps stay in their order.
    steps.sort_by_key(|(workflow, job, _)| (place(workflow, job), workflow.clone(), job.clone()));
    steps
}

#[test]
fn each_step_of_each_workflow_is_a_command_that_works_here() {
    let repository = Repository::new();
    repository.edit("config/app.yaml", "like: dev", "like: scratch");
    let branches = || -> Vec<String> {
        let list = repository.xtask(&["env", "list", "--json"]).ok().stdout;
        let list: Vec<Value> = serde_json::from_str(&list).unwrap();
        list.iter().map(|one| one["branch"].as_str().unwrap().to_owned()).collect()
    };
    let (api, comments) = github();
    let (mut uses, mut apart, mut ran) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (workflow, job, step) in steps() {
        if let Some(action) = step["uses"].as_str() {
            uses.insert(action.split_once('@').unwrap().0.to_owned());
            continue;
        }
        let script = step["run"].as_str().unwrap();
        if APART.contains(&script) {
            apart.insert(script.to_owned());
            continue;
        }
        // The branches' environments are of AWS: here they are the one of this test, where a second time shows nothing new.
        let script = script.replace("--env dev", "--env scratch").replace("--env prod", "--env scratch");
        if ran.insert((workflow, script.clone())) {
            run(repository.root(), &script, &step, &api);
        }
        if job == "up" {
            assert_eq!(branches(), [BRANCH]);
        }
    }
    assert_eq!(uses, GITHUBS.map(str::to_owned).into(), "a step of GitHub's own that nobody has looked at");
    assert_eq!(apart, APART.map(str::to_owned).into());

    let outputs: Value = serde_json::from_str(&repository.xtask(&["outputs", "--json"]).ok().stdout).unwrap();
    let deployed: BTreeSet<&String> = outputs.as_object().unwrap().keys().filter(|name| *name != "aws").collect();
    let deploys: BTreeSet<String> =
        deployed.iter().map(|name| format!("cargo xtask deploy --env scratch --service {name} --yes")).collect();
    let told = ran.iter().map(|(_, script)| script).filter(|script| script.contains("xtask deploy"));
    assert_eq!(told.cloned().collect::<BTreeSet<_>>(), deploys, "each service has its workflow");
    assert_eq!(branches(), Vec::<String>::new(), "the branch's environment has ended");

    let written: Vec<String> = comments.try_iter().collect();
    for key in ["plan-dev", "plan-prod"] {
        let marker = format!("<!-- cargo xtask ci comment: {key} -->\n");
        let comment = written.iter().find(|comment| comment.starts_with(&marker));
        assert!(comment.is_some_and(|comment| comment.contains("scratch")), "no plan under {key}: {written:?}");
    }
    assert_eq!(written.len(), 2, "a plan for each branch: {written:?}");
    let summary = repository.read(SUMMARY);
    assert!(summary.starts_with("No plan, since a pull request from a fork"), "{summary}");
}
