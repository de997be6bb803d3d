//! The commit of a clone, as git tells it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::record::Commit;

/// The commit that is checked out, and whether the clone differs from it. `None` where there is no git or no commit:
/// nothing depends on it.
#[must_use]
pub fn of(root: &Path) -> Option<Commit> {
    let id = git(root, &["rev-parse", "HEAD"])?;
    // Without the optional lock a person's own git beside us is not disturbed.
    let changes = git(root, &["--no-optional-locks", "status", "--porcelain"])?;
    Some(Commit { id, dirty: !changes.is_empty() })
}

fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_has_a_commit_and_is_dirty_once_something_changed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(of(folder.path()), None);
        let run =
            |args: &[&str]| git(folder.path(), &[&["-c", "user.name=a", "-c", "user.email=a@b.c"], args].concat());
        run(&["init", "--quiet"]).unwrap();
        std::fs::write(folder.path().join("a"), "1").unwrap();
        run(&["add", "a"]).unwrap();
        run(&["commit", "--quiet", "--no-gpg-sign", "-m", "one"]).unwrap();
        let clean = of(folder.path()).unwrap();
        assert_eq!((clean.id.len(), clean.dirty), (40, false));
        std::fs::write(folder.path().join("a"), "2").unwrap();
        assert_eq!(of(folder.path()), Some(Commit { dirty: true, ..clean }));
    }
}
