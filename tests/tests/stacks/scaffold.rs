//! A copy of the repository with a service that `cargo xtask new service` makes.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use xtask::config::load_app;
use xtask::scaffold::{ServiceName, create};

use super::root;

/// A name of two words, so that each of its spellings is another one.
const NAME: &str = "order-lines";

/// The copy, made once and of what templates are made of.
pub(crate) fn repository() -> PathBuf {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(copy).clone()
}

fn copy() -> PathBuf {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold");
    // What a run before this one left.
    let _ = std::fs::remove_dir_all(&made);
    for part in ["config", "docs/openapi", "stacks", "Cargo.toml", "Cargo.lock"] {
        for entry in walkdir::WalkDir::new(root().join(part)).into_iter().map(Result::unwrap) {
            let to = made.join(entry.path().strip_prefix(root()).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    create(&made, &ServiceName::parse(NAME).unwrap(), || Ok(())).unwrap();
    made
}

#[test]
fn a_new_service_leaves_every_line_of_the_configuration_as_it_was() {
    let text = |root: PathBuf| std::fs::read_to_string(root.join("config/app.yaml")).unwrap();
    let (before, after) = (text(root()), text(repository()));
    assert!(after.starts_with(before.trim_end()), "the services are the last block: only lines at its end are new");
    let mut services = load_app(&repository()).unwrap().services;
    let made = services.remove(NAME).unwrap();
    assert_eq!(services.len(), load_app(&root()).unwrap().services.len());
    assert_eq!(made.functions, ["getOrderLines", "addOrderLines"]);
}
