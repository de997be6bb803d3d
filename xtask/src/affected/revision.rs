//! Revisions of the repository, as git has them: looked up, and laid out in a folder of their own. Neither the work tree
//! nor the index of whoever works here is touched.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::error::Problem;

/// The commit that a revision names.
pub fn resolve(root: &Path, revision: &str) -> anyhow::Result<String> {
    let commit = format!("{revision}^{{commit}}");
    git(root, None, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(|_| {
        Problem::usage(format!("git knows no commit `{revision}` here"))
            .hint("in CI, check out with the history that is asked for (`fetch-depth: 0`); else see `git log`")
            .into()
    })
}

/// Lays a commit's files out in an empty folder.
pub fn checkout(root: &Path, commit: &str, folder: &Path) -> anyhow::Result<()> {
    // The application need not be the whole repository.
    let prefix = git(root, None, &["rev-parse", "--show-prefix"])?;
    let tree = format!("{commit}:{}", prefix.trim_end_matches('/'));
    let index = folder.join(".index");
    git(root, Some(&index), &["read-tree", &tree]).with_context(|| format!("cannot read the files of `{commit}`"))?;
    let target = format!("--prefix={}/", folder.display());
    git(root, Some(&index), &["checkout-index", "--all", "--quiet", &target])
        .with_context(|| format!("cannot lay out `{commit}` in `{}`", folder.display()))?;
    std::fs::remove_file(&index).with_context(|| format!("cannot remove `{}`", index.display()))
}

fn git(root: &Path, index: Option<&Path>, args: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(args).stdin(Stdio::null());
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index.as_os_str() as &OsStr);
    }
    let output = command.output().map_err(|error| {
        Problem::failed(format!("cannot run `git`: {error}")).hint("install git; `cargo xtask doctor` says how")
    })?;
    if !output.status.success() {
        anyhow::bail!("git {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
