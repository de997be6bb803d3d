//! Files that are written: as a whole or not at all, or where a person said, with an error that says what to do.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;

use crate::error::Problem;

/// Writes a file under another name beside its own, and renames it: a killed run leaves no half file that the next would take.
pub(crate) fn whole(target: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> anyhow::Result<()> {
    let context = || format!("cannot write `{}`", target.display());
    let folder = target.parent().context("no folder")?;
    fs::create_dir_all(folder).with_context(context)?;
    let temporary = tempfile::NamedTempFile::new_in(folder).with_context(context)?.into_temp_path();
    write(&temporary).with_context(context)?;
    temporary.persist(target).with_context(context)?;
    Ok(())
}

/// Writes a file that somebody named; `usage` is the command that names it.
///
/// # Errors
/// A wrong command line, where the file cannot be written.
pub(crate) fn write(file: &Path, bytes: impl AsRef<[u8]>, usage: &str) -> Result<(), Problem> {
    fs::write(file, bytes).map_err(|error| unwritable(file, &error, usage))
}

/// Makes a folder that somebody named, and those above it.
///
/// # Errors
/// A wrong command line, where it cannot be made.
pub(crate) fn folder(folder: &Path, usage: &str) -> Result<(), Problem> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error, usage))
}

/// Why a place that somebody named cannot be written to, and what to do.
pub(crate) fn unwritable(path: &Path, error: &io::Error, usage: &str) -> Problem {
    let above = path.ancestors().skip(1).filter(|one| !one.as_os_str().is_empty());
    let mut there = above.clone().skip_while(|one| !one.exists());
    let missing = above.clone().next().filter(|folder| !folder.exists());
    let hint = match (there.next().filter(|one| !one.is_dir()), missing) {
        (Some(file), _) => format!("`{}` is no folder; name another place: {usage}", file.display()),
        (None, Some(folder)) if error.kind() == io::ErrorKind::NotFound => {
            format!("make its folder first: mkdir -p '{}'", folder.display())
        }
        (None, _) => format!("name a place that you may write to: {usage}"),
    };
    Problem::usage(format!("cannot write `{}`: {error}", path.display())).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of, hints};

    #[test]
    fn a_file_whose_writing_fails_is_as_it_was_and_leaves_nothing_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("folder/file");
        whole(&file, |to| fs::write(to, "first")).unwrap();
        let cut_off = |to: &Path| fs::write(to, "sec").and_then(|()| Err(io::Error::other("cut off")));
        let error = whole(&file, cut_off).unwrap_err();
        assert_eq!(format!("{error:#}"), format!("cannot write `{}`: cut off", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "first");
        assert_eq!(fs::read_dir(root.path().join("folder")).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_a_wrong_command_line_with_a_way_out() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        write(&at("file"), "text", "cargo xtask x").unwrap();
        folder(&at("a/b"), "cargo xtask x").unwrap();
        write(&at("a/b/file"), "text", "cargo xtask x").unwrap();
        let told = |problem: Result<(), Problem>| {
            let error = anyhow::Error::from(problem.unwrap_err());
            assert_eq!(exit_of(&error), Exit::Usage);
            (error.to_string(), hints(&error).collect::<Vec<_>>().join("; "))
        };
        let (text, hint) = told(write(&at("none/more/file"), "text", "cargo xtask x"));
        assert!(
            text.starts_with(&format!("cannot write `{}`: No such file", at("none/more/file").display())),
            "{text}"
        );
        assert_eq!(hint, format!("make its folder first: mkdir -p '{}'", at("none/more").display()));
        let (_, hint) = told(write(&at("file/more"), "text", "cargo xtask x --out <file>"));
        assert_eq!(
            hint,
            format!("`{}` is no folder; name another place: cargo xtask x --out <file>", at("file").display())
        );
        assert_eq!(
            told(folder(&at("file/more/other"), "u")).1,
            format!("`{}` is no folder; name another place: u", at("file").display())
        );
        assert_eq!(told(folder(&at("file"), "u")).1, "name a place that you may write to: u");
        assert_eq!(told(write(root.path(), "text", "u")).1, "name a place that you may write to: u");
    }
}
