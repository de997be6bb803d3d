//! A watch: what is saved is put in place, a compile error ends nothing, and nothing of the watch stays behind.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tests::{Call, eventually};

use crate::hotswap::{SOURCE, TEXT, answer};
use crate::repository::Repository;

/// Longest wait for a line: the packages are compiled anew.
const PATIENCE: Duration = Duration::from_mins(10);

struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(repository: &Repository) -> Self {
        let mut child = repository.start(&["watch"]);
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines: receiver }
    }

    /// The lines up to the first that has the words.
    fn until(&self, words: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => seen.push(line),
                Err(error) => panic!("no `{words}` ({error}) in:\n{}", seen.join("\n")),
            }
            if seen.last().is_some_and(|line| line.contains(words)) {
                return seen;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_saved_answers_a_compile_error_ends_nothing_and_the_end_leaves_the_site_as_a_deploy_would() {
    let repository = Repository::new();
    repository.own("functions");
    let mut watch = Watch::start(&repository);
    watch.until("Watching");
    let outputs: Value = serde_json::from_str(&repository.xtask(&["outputs", "--json"]).ok().stdout).unwrap();
    let page =
        || String::from_utf8(Call::new("GET", outputs["frontend"]["SiteUrl"].as_str().unwrap()).send().body).unwrap();
    assert!(page().contains("/assets/module-") && page().contains("http://127.0.0.1:"), "{}", page());

    let second = repository.xtask(&["watch"]).failed(1);
    let who = format!("`scratch` is watched already: process {}, since ", watch.child.id());
    assert!(second.contains(&who) && second.contains("kill -INT"), "{second}");
    assert!(page().contains("/assets/module-"), "the first watch goes on");

    repository.edit(SOURCE, TEXT, "watched");
    watch.until("Hotswapped");
    eventually("the saved code answers", || answer(&repository).contains("watched").then_some(()));
    watch.until("Watching");

    repository.edit(SOURCE, "#[error(\"watched\")]", "#[error(\"watched\"]");
    let told = watch.until("Watching").join("\n");
    assert!(told.contains("error: cargo could not build"), "{told}");
    repository.edit(SOURCE, "#[error(\"watched\"]", &format!("#[error(\"{TEXT}\")]"));
    watch.until("Finished");
    eventually("the mended code answers", || answer(&repository).contains(TEXT).then_some(()));
    watch.until("Watching");

    // Ctrl-C, `kill`, and a terminal that is closed.
    for signal in ["-INT", "-TERM", "-HUP"] {
        if signal != "-INT" {
            watch = Watch::start(&repository);
            watch.until("Watching");
            assert!(page().contains("/assets/module-"), "{}", page());
        }
        let stopped = Command::new("kill").args([signal, &watch.child.id().to_string()]).status().unwrap();
        assert!(stopped.success());
        assert_eq!(watch.child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(!page().contains("module-") && !page().contains("EventSource"), "{signal}: {}", page());
    }
    let again = repository.deploy();
    assert_eq!(again["sites"]["frontend"]["uploaded"], 0, "{again}");
}
