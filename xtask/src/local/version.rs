//! Version numbers as tools print them.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Up to three numbers; what a tool leaves out counts as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The first thing in `text` that looks like a version: digits, a dot, digits.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
            let mut numbers = word.trim_matches('.').split('.').map(str::parse);
            let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
            Some(Self(major, minor, numbers.next().and_then(Result::ok).unwrap_or(0)))
        })
    }

    /// What `program argument` says about itself; `None` where it cannot be run.
    #[must_use]
    pub fn of(program: &Path, argument: &str) -> Option<Self> {
        let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| Self::find(&String::from_utf8_lossy(&output.stdout)))?
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        f.pad(&format!("{major}.{minor}.{patch}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_tools_print() {
        let found = [
            ("rustc 1.95.0 (59807616e 2026-04-14)", Version(1, 95, 0)),
            ("v20.20.2", Version(20, 20, 2)),
            ("git version 2.39.5 (Apple Git-154)", Version(2, 39, 5)),
            ("Chromium 142.0.7444.134 built on Debian 12", Version(142, 0, 7444)),
            ("Python 3.13.0rc2", Version(3, 13, 0)),
            ("10.8", Version(10, 8, 0)),
        ];
        for (text, version) in found {
            assert_eq!(Version::find(text), Some(version), "{text}");
        }
    }

    #[test]
    fn a_text_without_a_version_has_none() {
        assert_eq!(Version::find(""), None);
        assert_eq!(Version::find("command not found. Exit 127."), None);
        assert_eq!(Version::find("... 7 ..."), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version(3, 9, 18) < Version(3, 10, 0));
        assert!(Version(20, 0, 0) > Version(18, 20, 8));
    }

    #[test]
    fn a_tool_that_is_not_there_has_no_version() {
        assert_eq!(Version::of(Path::new("/nonexistent/tool"), "--version"), None);
    }
}
