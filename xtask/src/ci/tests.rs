use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::affected::{Tree, reaches};
use crate::build::Workspace;
use crate::config::load_app;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// GitHub's filter patterns: `*` stays in its folder, `**` does not, the last pattern that matches decides.
fn triggered(paths: &[String], file: &str) -> bool {
    let matching = paths.iter().rfind(|pattern| matches(pattern.trim_start_matches('!').as_bytes(), file.as_bytes()));
    matching.is_some_and(|pattern| !pattern.starts_with('!'))
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            matches(rest, text)
                || text.iter().enumerate().any(|(place, c)| *c == b'/' && matches(rest, &text[place + 1..]))
        }
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|place| matches(rest, &text[place..])),
        [b'*', rest @ ..] => {
            let end = text.iter().position(|c| *c == b'/').unwrap_or(text.len());
            (0..=end).any(|place| matches(rest, &text[place..]))
        }
        [c, rest @ ..] => text.first() == Some(c) && matches(rest, &text[1..]),
    }
}

#[test]
fn the_patterns_are_read_as_github_reads_them() {
    let paths = ["a/**", "!a/tests/**", "!a/**/.*", "b.yml"].map(str::to_owned);
    for (file, expected) in [
        ("a/x", true),
        ("a/b/c", true),
        ("a/tests/x", false),
        ("a/.x", false),
        ("a/b/.x", false),
        ("b.yml", true),
        ("ab", false),
    ] {
        assert_eq!(triggered(&paths, file), expected, "{file}");
    }
}

#[test]
fn a_file_triggers_the_workflows_of_the_services_that_it_can_influence_and_no_others() {
    let app = load_app(root()).unwrap();
    let environments: Vec<String> = app.branches.values().cloned().collect();
    let tree = Tree::read(root(), &environments).unwrap();
    let mut compared = 0;
    for (service, reach) in reaches(root(), &app, &Workspace::load(root()).unwrap()).unwrap() {
        let (paths, files) = (paths(&app, &reach), tree.files(&service));
        for file in crate::affected::tests::tracked() {
            assert_eq!(triggered(&paths, &file), files.contains(Path::new(&file)), "{service}: {file}");
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn the_committed_workflows_are_the_generated_ones() {
    let wanted = workflows(root()).unwrap();
    let app = load_app(root()).unwrap();
    for service in app.services.keys() {
        assert!(wanted.contains_key(&format!("deploy-{service}.yml")), "{service}");
    }
    let differences = differences(root(), &wanted).unwrap();
    let shown: Vec<String> = differences.iter().map(Difference::unified).collect();
    assert!(shown.is_empty(), "run `cargo xtask ci generate`:\n{}", shown.join("\n"));
}

fn parsed() -> BTreeMap<String, Value> {
    let all = workflows(root()).unwrap();
    all.into_iter().map(|(name, text)| (name, serde_yaml::from_str(&text).unwrap())).collect()
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().into_iter().flatten()
}

#[test]
fn a_job_has_the_rights_that_it_needs_and_a_token_of_aws_only_where_it_takes_a_role() {
    for (name, workflow) in parsed() {
        assert_eq!(workflow["permissions"], json!({}), "{name}");
        assert!(workflow["on"].get("pull_request_target").is_none(), "{name}");
        for (job, spec) in jobs(&workflow) {
            let steps = spec["steps"].as_array().unwrap();
            let takes =
                steps.iter().any(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("aws-credentials")));
            assert_eq!(spec["permissions"].get("id-token").is_some(), takes, "{name} {job}");
            let rights: BTreeSet<&String> = spec["permissions"].as_object().unwrap().keys().collect();
            let known = ["contents", "id-token", "pull-requests"];
            assert!(rights.iter().all(|right| known.contains(&right.as_str())), "{name} {job}: {rights:?}");
            assert!(spec["timeout-minutes"].is_number(), "{name} {job}");
            let text = spec.to_string();
            assert!(!text.contains("secrets."), "{name} {job} has a key of long life");
        }
    }
}

#[test]
fn deploys_of_one_environment_queue_whatever_the_service_and_none_is_cancelled() {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, workflow) in parsed().into_iter().filter(|(name, _)| name.starts_with("deploy-")) {
        for concurrency in
            jobs(&workflow).filter_map(|(_, job)| job.get("concurrency")).chain([&workflow["concurrency"]])
        {
            assert_eq!(concurrency["queue"], "max", "{name}");
            assert_eq!(concurrency["cancel-in-progress"], false, "{name}");
        }
        for (job, spec) in jobs(&workflow).filter(|(job, _)| job.starts_with("deploy-")) {
            let group = spec["concurrency"]["group"].as_str().unwrap();
            groups.entry(job.clone()).or_default().insert(group.to_owned());
            assert_eq!(spec["needs"], "test", "{name}");
        }
    }
    assert!(groups.len() >= 2 && groups.values().all(|of_one| of_one.len() == 1), "{groups:?}");
}

/// Expressions in a script would be pasted into it before the shell sees them: a branch's name could be a command.
#[test]
fn no_script_holds_an_expression_and_each_is_a_command_of_this_program() {
    let apart = [
        "apt-get update && apt-get install --yes --no-install-recommends python3-venv && rustup component add clippy rustfmt",
    ];
    let mut seen = 0;
    for (name, workflow) in parsed() {
        for (job, spec) in jobs(&workflow) {
            for script in spec["steps"].as_array().unwrap().iter().filter_map(|step| step["run"].as_str()) {
                assert!(!script.contains("${{"), "{name} {job}: {script}");
                let ours = script.starts_with("cargo xtask ") && script.lines().count() == 1;
                assert!(ours || apart.contains(&script) || job == "no-plan", "{name} {job}: {script}");
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn what_is_there_and_differs_is_told_written_and_removed_and_a_persons_own_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let text = |body: &str| format!("{}\n{body}\n", files::MARK);
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(folder.path().join(FOLDER)).unwrap();
        std::fs::write(folder.path().join(FOLDER).join(name), text).unwrap();
    };
    write("old.yml", &text("name: old"));
    write("own.yml", "name: own\n");
    write("a.yml", &text("name: b"));
    let wanted = BTreeMap::from([("a.yml".to_owned(), text("name: a"))]);
    let found = differences(folder.path(), &wanted).unwrap();
    let shown = found.iter().map(Difference::unified).collect::<String>();
    assert!(shown.contains("-name: b\n+name: a\n") && shown.contains("+++ /dev/null"), "{shown}");
    apply(folder.path(), &found).unwrap();
    assert_eq!(differences(folder.path(), &wanted).unwrap(), []);
    assert!(
        folder.path().join(FOLDER).join("own.yml").is_file() && !folder.path().join(FOLDER).join("old.yml").exists()
    );
    write("a.yml", "name: mine\n");
    assert!(differences(folder.path(), &wanted).unwrap_err().to_string().contains("was not generated"));
}

/// The comments at the end, and the calls.
type Seen = (Vec<Value>, Vec<String>);

/// A stand-in for GitHub's API: it keeps comments, and what it was asked.
fn github(comments: Vec<Value>, calls: usize) -> (String, std::thread::JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut comments, mut asked) = (comments, Vec::new());
        for _ in 0..calls {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
            }
            let lower = head.to_lowercase();
            assert!(lower.contains("authorization: bearer secret"), "{head}");
            let length =
                lower.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
            let answer = if line.starts_with("GET") {
                let page: usize = line.split("&page=").nth(1).unwrap().parse().unwrap();
                json!(comments.iter().skip((page - 1) * 100).take(100).collect::<Vec<_>>())
            } else {
                let text = serde_json::from_slice::<Value>(&body).unwrap()["body"].clone();
                match line.rsplit('/').next().unwrap().parse::<u64>() {
                    Ok(id) => comments.iter_mut().find(|one| one["id"] == id).unwrap()["body"] = text,
                    Err(_) => comments.push(json!({"id": 900, "body": text})),
                }
                json!({})
            };
            asked.push(line);
            let text = answer.to_string();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len())
                .unwrap();
        }
        (comments, asked)
    });
    (url, server)
}

fn comment(api: String) -> Comment {
    Comment { api, repository: "acme/shop".into(), number: 7, key: "plan-dev".into(), token: "secret".into() }
}

#[test]
fn a_comment_is_added_once_and_then_updated_in_place() {
    let (url, server) = github(Vec::new(), 5);
    assert_eq!(write_comment(&comment(url.clone()), "one\n").unwrap(), Written::Added);
    assert_eq!(write_comment(&comment(url.clone()), "one").unwrap(), Written::Unchanged);
    assert_eq!(write_comment(&comment(url), "two").unwrap(), Written::Updated);
    let (comments, asked) = server.join().unwrap();
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0]["body"], "<!-- cargo xtask ci comment: plan-dev -->\ntwo");
    assert_eq!(asked[4], "PATCH /repos/acme/shop/issues/comments/900");
}

#[test]
fn ours_is_found_on_a_later_page_and_a_quoted_marker_is_not_ours() {
    let marker = "<!-- cargo xtask ci comment: plan-dev -->";
    let mut comments: Vec<Value> = (1..=100).map(|id| json!({"id": id, "body": format!("> {marker}\nno")})).collect();
    comments.push(json!({"id": 500, "body": format!("{marker}\r\nold")}));
    let (url, server) = github(comments, 3);
    assert_eq!(write_comment(&comment(url), "new").unwrap(), Written::Updated);
    let (comments, asked) = server.join().unwrap();
    assert_eq!(comments[100]["body"], format!("{marker}\nnew"));
    assert_eq!(asked[1], "GET /repos/acme/shop/issues/7/comments?per_page=100&page=2");
}
