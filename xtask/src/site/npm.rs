//! npm: exact dependencies, scripts. Its output is shown only where it fails.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use crate::child;
use crate::digest::sha256;
use crate::error::Problem;
use crate::ui::Ui;

/// Says which lock file `node_modules` was made from; `npm ci` deletes it first of all, so a killed one leaves none.
const STAMP: &str = "node_modules/.package-lock.sha256";
/// Lines of a failed command that are shown.
const SHOWN: usize = 40;

/// Installs what package-lock.json says, unless that is there already.
pub async fn install(ui: &Ui, project: &Path) -> anyhow::Result<()> {
    let lock = project.join("package-lock.json");
    let bytes = std::fs::read(&lock).with_context(|| format!("cannot read `{}`", lock.display()))?;
    let digest = sha256(&bytes);
    let stamp = project.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == digest) {
        return Ok(());
    }
    run(ui, project, &["ci", "--no-audit", "--no-fund"]).await?;
    // A project without dependencies gets no folder from npm.
    std::fs::create_dir_all(project.join("node_modules"))?;
    std::fs::write(&stamp, digest).with_context(|| format!("cannot write `{}`", stamp.display()))
}

/// Runs `npm` in a project, with nothing of an environment in its own.
pub async fn run(ui: &Ui, project: &Path, args: &[&str]) -> anyhow::Result<()> {
    let line = format!("npm {}", args.join(" "));
    let _spinner = ui.spinner(line.clone());
    let mut command = Command::new("npm");
    command.args(args).current_dir(project).stdin(Stdio::null()).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // A site is built once for every environment, and `production` would leave out what builds it.
    command.env_remove("NODE_ENV");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"VITE_")) {
        command.env_remove(name);
    }
    let done = match child::output(&mut command).await {
        Ok(done) => done,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing("`npm` is not installed").into()),
        Err(error) => return Err(error).with_context(|| format!("cannot start `{line}`")),
    };
    match done.status.code() {
        Some(0) => Ok(()),
        // npm is a script for node: 127 is what its first line gives where there is no node.
        Some(127) => Err(missing("`npm` is there, but `node` is not").into()),
        _ => {
            let text = [done.stdout, done.stderr].concat();
            let cause = anyhow::anyhow!(last_lines(&String::from_utf8_lossy(&text)));
            Err(cause.context(format!("`{line}` failed in `{}` ({})", project.display(), done.status)))
        }
    }
}

fn missing(what: &str) -> Problem {
    Problem::failed(format!("{what}: the site is built with it"))
        .hint("install Node.js, which brings npm (https://nodejs.org), then `cargo xtask doctor`")
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_output_the_end_is_shown() {
        let text = (1..=100).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        assert!(last_lines(&text).starts_with("61\n"));
        assert_eq!(last_lines("one\n"), "one");
        assert_eq!(last_lines(""), "");
    }
}
