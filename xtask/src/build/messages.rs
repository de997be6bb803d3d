//! Cargo's messages while it builds: how far it is, and what it has made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::plan::counted;

/// What a build has made, or has found made.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The binaries by name.
    pub(super) binaries: BTreeMap<String, PathBuf>,
    /// Everything that was compiled of any package.
    pub(super) compiled: Vec<Compiled>,
}

/// One of cargo's messages about something compiled.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    /// The package's manifest.
    pub(super) manifest: PathBuf,
    /// The source that it begins with.
    pub(super) source: PathBuf,
    /// What was made.
    pub(super) file: PathBuf,
    /// Whether it was there already, as cargo sees it.
    pub(super) fresh: bool,
}

/// How far a build is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Crates that were compiled, by cargo's ids.
    crates: BTreeSet<String>,
    /// The name of the last of them.
    last: String,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.crates.len() {
            0 => Ok(()),
            count => write!(f, ": {} compiled, last {}", counted(count, "crate"), self.last),
        }
    }
}

/// What is read of a message (The Cargo Book, "External tools").
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
    #[serde(default)]
    fresh: bool,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    src_path: PathBuf,
}

/// Reads the messages to their end, and tells of each crate that is done. What was there already took no time, and is none of them.
///
/// # Errors
/// What cannot be read, and what is no message; the rest is read all the same, or cargo would wait for its reader.
pub(super) async fn read(stdout: impl AsyncRead + Unpin, show: impl Fn(&Progress)) -> anyhow::Result<Built> {
    let (mut stdout, mut line) = (BufReader::new(stdout), Vec::new());
    let (mut built, mut progress) = (Built::default(), Progress::default());
    let mut broken = None;
    while stdout.read_until(b'\n', &mut line).await.context("cannot read cargo's messages")? > 0 {
        match serde_json::from_slice(&line) {
            Ok(message) => {
                if note(message, &mut built, &mut progress) {
                    show(&progress);
                }
            }
            Err(error) => broken = broken.or(Some(error)),
        }
        line.clear();
    }
    match broken {
        Some(error) => Err(error).context("cannot read cargo's messages"),
        None => Ok(built),
    }
}

/// Takes a message in; whether it makes a difference to the progress.
fn note(message: Message, built: &mut Built, progress: &mut Progress) -> bool {
    let Some(target) = message.target.filter(|_| message.reason == "compiler-artifact") else { return false };
    if let Some(path) = message.executable {
        built.binaries.insert(target.name.clone(), path);
    }
    if let (Some(manifest), Some(file)) = (message.manifest_path, message.filenames.into_iter().next()) {
        built.compiled.push(Compiled { manifest, source: target.src_path, file, fresh: message.fresh });
    }
    if !message.fresh {
        progress.last = target.name;
        progress.crates.insert(message.package_id);
    }
    !message.fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::path::Path;

    fn artifact(id: &str, name: &str, rest: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"name":"{name}","src_path":"/r/{id}.rs"}},{rest}}}"#
        )
    }

    #[tokio::test]
    async fn each_crate_that_is_compiled_is_counted_once() {
        let lines = [
            artifact("old", "old", r#""fresh":true"#),
            artifact("serde", "build-script-build", r#""fresh":false"#),
            artifact("serde", "serde", r#""fresh":false"#),
            r#"{"reason":"build-script-executed","package_id":"serde"}"#.to_owned(),
            artifact("orders", "orders", r#""fresh":false"#),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let told = RefCell::new(Vec::new());
        read(lines.join("\n").as_bytes(), |built| told.borrow_mut().push(built.to_string())).await.unwrap();
        let serde = |name: &str| format!(": 1 crate compiled, last {name}");
        let expected = [serde("build-script-build"), serde("serde"), ": 2 crates compiled, last orders".to_owned()];
        assert_eq!(told.into_inner(), expected);
        assert_eq!(Progress::default().to_string(), "");
    }

    #[tokio::test]
    async fn what_was_made_is_read_from_the_same_messages() {
        let lines = [
            artifact("a", "a", r#""executable":"/t/a""#),
            artifact(
                "lib",
                "lib",
                r#""manifest_path":"/r/Cargo.toml","filenames":["/t/lib.rlib"],"executable":null,"fresh":true"#,
            ),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let built = read(lines.join("\n").as_bytes(), |_| ()).await.unwrap();
        assert_eq!(built.binaries, BTreeMap::from([("a".to_owned(), PathBuf::from("/t/a"))]));
        let [lib] = &built.compiled[..] else { panic!("{built:?}") };
        assert_eq!((lib.source.as_path(), lib.file.as_path()), (Path::new("/r/lib.rs"), Path::new("/t/lib.rlib")));
        assert!(lib.fresh);
    }

    #[tokio::test]
    async fn what_is_no_message_is_an_error_once_all_is_read() {
        let lines = format!("no message\n{}\n", artifact("a", "a", r#""fresh":false"#));
        let told = RefCell::new(0);
        let error = read(lines.as_bytes(), |_| *told.borrow_mut() += 1).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), told.into_inner()), ("cannot read cargo's messages", 1));
    }
}
