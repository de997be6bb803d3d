//! `docs/operations.md`, run as it is written, with emulated environments in the place of those that it names.

use std::path::Path;

use crate::guide::{blocks, run};
use crate::repository::Repository;

/// The environments that the page names, each with the port of an emulator of its own.
const ENVIRONMENTS: [(&str, u16); 2] = [("dev", 4571), ("prod", 4572)];

#[test]
fn the_page_for_operators_does_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/operations.md");
    let text = std::fs::read_to_string(page).unwrap();
    let repository = Repository::new();
    for (name, port) in ENVIRONMENTS {
        repository.copy_environment(name, port);
    }
    let blocks = blocks(&text);
    let commands: Vec<&str> = blocks.iter().flat_map(|block| block.lines()).collect();
    let ran = |word: &str| commands.iter().filter(|line| line.starts_with(&format!("cargo xtask {word} "))).count();
    for word in ["bootstrap", "deploy", "rollback", "iam", "keys", "env", "invoke"] {
        assert!(ran(word) > 0, "the page runs no `{word}`: is it still understood?");
    }
    let mut released = false;
    for block in blocks {
        for (name, _) in ENVIRONMENTS.iter().filter(|(name, _)| block.contains(&format!("--env {name}"))) {
            // A block before may have torn it down.
            repository.xtask(&["deploy", "--env", name]).ok();
            if block.contains("xtask rollback") && !released {
                // Something to go back from.
                repository.edit(&format!("config/{name}.yaml"), "memory: 256", "memory: 384");
                repository.xtask(&["deploy", "--env", name]).ok();
                released = true;
            }
        }
        run(repository.root(), block);
    }
    assert!(released);
}
