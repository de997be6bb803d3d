//! The Python that virtual environments are made with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::version::Version;
use crate::error::Problem;

/// The emulator's own lower bound (`Requires-Python` of its package).
pub const OLDEST: Version = Version(3, 10, 0);

/// Names to try, the machine's own choice first.
const NAMES: [&str; 6] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/// An interpreter that is new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// Its name, as found on `PATH`.
    pub program: PathBuf,
    /// Its version.
    pub version: Version,
}

impl Python {
    /// The first interpreter on `PATH` that is new enough and can make virtual environments.
    pub fn find() -> Result<Self, Problem> {
        let found: Vec<Self> = NAMES.into_iter().filter_map(Self::named).collect();
        choose(&found, |python| can_make_venvs(&python.program))
    }

    fn named(name: &str) -> Option<Self> {
        let program = PathBuf::from(name);
        let version = Version::of(&program, "--version")?;
        Some(Self { program, version })
    }
}

fn choose(found: &[Python], can_make_venvs: impl Fn(&Python) -> bool) -> Result<Python, Problem> {
    let Some(first) = found.first() else {
        return Err(Problem::failed("no Python: `python3` is not on PATH").hint(format!(
            "install Python {OLDEST} or newer: `apt install python3 python3-venv`, `brew install python`, or python.org"
        )));
    };
    let recent: Vec<&Python> = found.iter().filter(|python| python.version >= OLDEST).collect();
    if recent.is_empty() {
        return Err(Problem::failed(format!("Python {} is too old", first.version))
            .hint(format!("install Python {OLDEST} or newer beside it and put it on PATH")));
    }
    recent.iter().find(|python| can_make_venvs(python)).map(|python| (*python).clone()).ok_or_else(|| {
        let Version(major, minor, _) = recent[0].version;
        Problem::failed(format!("Python {} cannot make virtual environments: its `venv` is missing", recent[0].version))
            .hint(format!("Debian and Ubuntu keep it apart: `apt install python{major}.{minor}-venv`"))
    })
}

/// Debian's Python has `venv` but not `ensurepip` until python3-venv is installed.
fn can_make_venvs(program: &Path) -> bool {
    let check = Command::new(program)
        .args(["-I", "-c", "import venv, ensurepip"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    check.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(name: &str, version: Version) -> Python {
        Python { program: name.into(), version }
    }

    #[test]
    fn the_first_python_that_is_new_enough_is_taken() {
        let found = [python("python3", Version(3, 9, 2)), python("python3.12", Version(3, 12, 1))];
        assert_eq!(choose(&found, |_| true).unwrap(), found[1]);
    }

    #[test]
    fn the_oldest_python_allowed_is_allowed() {
        let found = [python("python3", OLDEST)];
        assert_eq!(choose(&found, |_| true).unwrap(), found[0]);
    }

    #[test]
    fn a_python_that_cannot_make_environments_is_passed_over() {
        let found = [python("python3", Version(3, 11, 2)), python("python3.10", Version(3, 10, 0))];
        assert_eq!(choose(&found, |python| python.version.1 == 10).unwrap(), found[1]);
    }

    #[test]
    fn what_is_wrong_with_python_is_told_apart() {
        let old = [python("python3", Version(3, 9, 2))];
        let new = [python("python3", Version(3, 11, 2))];
        assert!(choose(&[], |_| true).unwrap_err().to_string().contains("no Python"));
        assert!(choose(&old, |_| true).unwrap_err().to_string().contains("too old"));
        assert!(choose(&new, |_| false).unwrap_err().to_string().contains("venv"));
    }
}
