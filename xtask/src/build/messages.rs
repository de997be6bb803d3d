//! How far cargo is, from the messages that it writes while it builds.

use std::collections::BTreeSet;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::plan::counted;

/// How far a build is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Crates that were compiled, by cargo's ids.
    crates: BTreeSet<String>,
    /// The name of the last of them.
    last: String,
}

impl Progress {
    /// Whether a message of cargo's tells of one more part of a crate. What was there already took no time.
    fn note(&mut self, message: &[u8]) -> bool {
        // What is no message is told of once all are read.
        let message: serde_json::Value = serde_json::from_slice(message).unwrap_or_default();
        let compiled = message["reason"] == "compiler-artifact" && message["fresh"] == false;
        let Some(id) = message["package_id"].as_str().filter(|_| compiled) else { return false };
        message["target"]["name"].as_str().unwrap_or_default().clone_into(&mut self.last);
        self.crates.insert(id.to_owned());
        true
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.crates.len() {
            0 => Ok(()),
            count => write!(f, ": {} compiled, last {}", counted(count, "crate"), self.last),
        }
    }
}

/// Reads cargo's messages to their end, and tells of each crate that is done.
pub(super) async fn read(stdout: impl AsyncRead + Unpin, show: impl Fn(&Progress)) -> std::io::Result<Vec<u8>> {
    let (mut stdout, mut all, mut progress) = (BufReader::new(stdout), Vec::new(), Progress::default());
    loop {
        let start = all.len();
        if stdout.read_until(b'\n', &mut all).await? == 0 {
            return Ok(all);
        }
        if progress.note(&all[start..]) {
            show(&progress);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_crate_that_is_compiled_is_counted_once_and_all_messages_are_kept() {
        let artifact = |id: &str, name: &str, fresh: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"name":"{name}"}},"fresh":{fresh}}}"#
            )
        };
        let lines = [
            artifact("old", "old", true),
            artifact("serde", "build-script-build", false),
            artifact("serde", "serde", false),
            r#"{"reason":"build-script-executed","package_id":"serde"}"#.to_owned(),
            artifact("orders", "orders", false),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let messages = lines.join("\n") + "\n";
        let told = std::cell::RefCell::new(Vec::new());
        let all = read(messages.as_bytes(), |built| told.borrow_mut().push(built.to_string())).await.unwrap();
        assert_eq!(all, messages.as_bytes());
        let serde = |name: &str| format!(": 1 crate compiled, last {name}");
        let expected = [serde("build-script-build"), serde("serde"), ": 2 crates compiled, last orders".to_owned()];
        assert_eq!(told.into_inner(), expected);
        assert_eq!(Progress::default().to_string(), "");
    }
}
