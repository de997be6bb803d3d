//! The digest of everything that a site is built from. Reads files, runs nothing.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

/// Changed when the same sources must be built anew, because what is kept of a build changed.
const FORMAT: &str = "site-build-1";
/// Names that are made from the sources, by git, by tools or by systems: at any depth, never an input.
const IGNORED: [&str; 9] =
    ["node_modules", ".git", ".vite", ".vitest", ".cache", ".npm", ".eslintcache", ".DS_Store", "coverage"];
/// Folders of a site that do not reach what is built.
pub(crate) const APART: [&str; 2] = ["test", "tests"];

/// Hexadecimal SHA-256 over names and bytes of the files below `source`, without `output`.
pub(crate) fn digest(source: &Path, output: &Path) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(FORMAT);
    for path in files(source, output)? {
        let context = || format!("cannot read `{}`", path.display());
        let bytes = if path.is_symlink() {
            std::fs::read_link(&path).with_context(context)?.into_os_string().into_encoded_bytes()
        } else {
            std::fs::read(&path).with_context(context)?
        };
        let name = path.strip_prefix(source).unwrap_or(&path).as_os_str().as_encoded_bytes();
        // Lengths first: no two lists of files can give the same stream.
        for part in [name, bytes.as_slice()] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

/// The files and links that the digest is of, in its order.
pub(crate) fn files(source: &Path, output: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let kept = |entry: &DirEntry| {
        let named = |names: &[&str]| entry.file_name().to_str().is_some_and(|name| names.contains(&name));
        let apart = entry.depth() == 1 && entry.file_type().is_dir() && named(&APART);
        entry.depth() == 0 || !(named(&IGNORED) || apart || entry.path() == source.join(output) || is_build_info(entry))
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(source).sort_by_file_name().into_iter().filter_entry(kept) {
        let entry = entry.with_context(|| format!("cannot read the site's source `{}`", source.display()))?;
        if entry.file_type().is_file() || entry.file_type().is_symlink() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn is_build_info(entry: &DirEntry) -> bool {
    entry.path().extension().is_some_and(|extension| extension == "tsbuildinfo")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn of(files: &[(&str, &str)]) -> String {
        digest(tree(files).path(), Path::new("dist")).unwrap()
    }

    #[test]
    fn the_same_files_give_the_same_digest_wherever_they_are() {
        let files = [("src/main.ts", "1"), ("package.json", "{}")];
        assert_eq!(of(&files), of(&files));
    }

    #[test]
    fn names_bytes_and_the_border_between_them_count() {
        let all = [of(&[("a", "bc")]), of(&[("ab", "c")]), of(&[("a", "b")]), of(&[("a", "b"), ("c", "")]), of(&[])];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn what_is_made_from_the_sources_does_not_count_but_dotfiles_do() {
        let plain = of(&[("a", "b")]);
        let made = [("a", "b"), ("dist/x", "1"), ("node_modules/y", "2"), ("src/.vite/z", "3"), ("t.tsbuildinfo", "4")];
        assert_eq!(of(&made), plain);
        assert_eq!(of(&[("a", "b"), ("test/a.test.ts", "1"), ("tests/b.ts", "2")]), plain);
        assert_ne!(of(&[("a", "b"), ("src/test/x", "1")]), plain);
        assert_ne!(of(&[("a", "b"), (".env", "1")]), plain);
        assert_ne!(of(&[("a", "b"), ("src/dist/x", "1")]), plain);
    }
}
