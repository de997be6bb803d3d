//! The files as the bucket shall hold them: key, size, headers, class. Little is kept of each: there may be many.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use walkdir::{DirEntry, WalkDir};

use crate::digest::Digest;
use crate::manifest::OWN;
use crate::names::{self, Alike};
use crate::problem::Problem;
use crate::rules::{Class, Headers, Rules};

/// Different headers; a file has a number in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderTable {
    all: Vec<Headers>,
    numbers: HashMap<Headers, u16>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its key below the prefix; on disk, its path below the folder.
    pub key: Box<str>,
    /// Bytes.
    pub size: u64,
    /// When it is written.
    pub class: Class,
    /// What is made here and is on no disk.
    pub made: Option<Made>,
    pub(crate) headers: u16,
}

/// Bytes that were made here.
#[derive(Clone, Debug)]
pub struct Made {
    /// The bytes.
    pub bytes: bytes::Bytes,
    /// What they are.
    pub digest: Digest,
}

/// All files, by key in the order of its bytes.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub(crate) root: PathBuf,
    pub(crate) all: Vec<File>,
    pub(crate) headers: HeaderTable,
    /// Names that were left out because they begin with a dot or a rule says so.
    pub left_out: usize,
    /// Pairs of keys that differ by case or Unicode form alone.
    pub alike: Vec<(String, String)>,
}

/// What a walk takes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Names that begin with a dot; without this, of these only `.well-known`.
    pub dotfiles: bool,
    /// Links to what is outside of the folder.
    pub outside_links: bool,
}

impl HeaderTable {
    /// The number of these headers.
    pub(crate) fn number(&mut self, headers: Headers) -> anyhow::Result<u16> {
        if let Some(number) = self.numbers.get(&headers) {
            return Ok(*number);
        }
        let number = u16::try_from(self.all.len()).context("more than 65,536 different sets of headers")?;
        self.numbers.insert(headers.clone(), number);
        self.all.push(headers);
        Ok(number)
    }

    pub(crate) fn get(&self, number: u16) -> &Headers {
        &self.all[usize::from(number)]
    }

    pub(crate) fn all(&self) -> &[Headers] {
        &self.all
    }
}

impl Made {
    /// Bytes with their digest.
    pub fn new(bytes: impl Into<bytes::Bytes>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), bytes }
    }
}

impl Files {
    /// Every file below a folder. Reads names and sizes, no content.
    pub fn walk(root: &Path, rules: &Rules, walk: Walk) -> anyhow::Result<Self> {
        let root = check_root(root)?;
        let mut files = Self { root: root.clone(), ..Self::default() };
        let mut left_out = 0;
        let mut entries = WalkDir::new(&root).follow_links(true).sort_by(by_key).into_iter();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|error| unreadable(&root, &error))?;
            if entry.depth() == 0 {
                continue;
            }
            let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            let directory = entry.file_type().is_dir();
            if is_out(&entry, relative, rules, walk) {
                left_out += 1;
                if directory {
                    entries.skip_current_dir();
                }
                continue;
            }
            if entry.path_is_symlink() && !walk.outside_links {
                check_link(&root, &entry, relative)?;
            }
            if directory {
                continue;
            }
            let key = names::key(relative)?;
            if !entry.file_type().is_file() {
                let message = format!("`{key}` is neither a file nor a folder");
                return Err(Problem::refused(message).hint("leave it out by a rule with `skip: true`").into());
            }
            let size = entry.metadata().with_context(|| format!("cannot read `{}`", entry.path().display()))?.len();
            files.push(key, size, None, rules)?;
        }
        files.left_out = left_out;
        if files.all.is_empty() {
            let message = format!("`{}` has no file to sync ({left_out} left out)", root.display());
            return Err(Problem::refused(message).hint("name the folder that a build writes to").into());
        }
        files.find_alike();
        Ok(files)
    }

    /// Adds what was made here, in the place of what is there under this key.
    pub fn add(&mut self, key: &str, bytes: impl Into<bytes::Bytes>, rules: &Rules) -> anyhow::Result<()> {
        let made = Made::new(bytes);
        let size = made.bytes.len() as u64;
        let at = match self.all.binary_search_by(|file| file.key.as_ref().cmp(key)) {
            Ok(at) => {
                self.all.remove(at);
                at
            }
            Err(at) => at,
        };
        self.push(key.to_owned(), size, Some(made), rules)?;
        self.all[at..].rotate_right(1);
        Ok(())
    }

    /// The file of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&File> {
        self.find(key).map(|at| &self.all[at])
    }

    /// Takes a file out.
    pub fn remove(&mut self, key: &str) {
        if let Some(at) = self.find(key) {
            self.all.remove(at);
        }
    }

    /// In the order of keys.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &File> {
        self.all.iter()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The headers of a file.
    #[must_use]
    pub fn headers(&self, file: &File) -> &Headers {
        self.headers.get(file.headers)
    }

    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.all.binary_search_by(|file| file.key.as_ref().cmp(key)).ok()
    }

    pub(crate) fn path(&self, file: &File) -> PathBuf {
        self.root.join(file.key.as_ref())
    }

    fn push(&mut self, key: String, size: u64, made: Option<Made>, rules: &Rules) -> anyhow::Result<()> {
        if key.starts_with(OWN) {
            let message = format!("`{key}` would lie where the manifest is");
            return Err(Problem::refused(message).hint(format!("no file may be below `{OWN}`")).into());
        }
        let (class, headers) = rules.of(&key);
        let headers = self.headers.number(headers)?;
        self.all.push(File { key: key.into(), size, class, made, headers });
        Ok(())
    }

    fn find_alike(&mut self) {
        let mut alike = Alike::default();
        for (file, number) in self.all.iter().zip(0_u32..) {
            if let Some(other) = alike.note(&file.key, number) {
                self.alike.push((self.all[other as usize].key.to_string(), file.key.to_string()));
            }
        }
    }
}

/// The order in which S3 lists keys: a folder sorts as its name with `/` behind it.
fn by_key(one: &DirEntry, other: &DirEntry) -> std::cmp::Ordering {
    let bytes = |entry: &DirEntry| {
        let slash = entry.file_type().is_dir().then_some(b'/');
        entry.file_name().as_encoded_bytes().iter().copied().chain(slash).collect::<Arc<[u8]>>()
    };
    bytes(one).cmp(&bytes(other))
}

fn is_out(entry: &DirEntry, relative: &Path, rules: &Rules, walk: Walk) -> bool {
    let said = relative.to_str().and_then(|key| rules.skips(key));
    let name = entry.file_name().as_encoded_bytes();
    said.unwrap_or_else(|| !walk.dotfiles && name.starts_with(b".") && name != b".well-known")
}

fn check_root(root: &Path) -> anyhow::Result<PathBuf> {
    let real = root.canonicalize().map_err(|error| {
        Problem::refused(format!("`{}`: {error}", root.display())).hint("name a folder that is there")
    })?;
    let refused = |what: &str| {
        Problem::refused(format!("`{}` is {what}", root.display())).hint("name the folder that a build writes to")
    };
    if !real.is_dir() {
        return Err(refused("no folder").into());
    }
    let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
    if real.parent().is_none() {
        return Err(refused("the root of the file system").into());
    }
    if home.is_some_and(|home| home == real) {
        return Err(refused("your home folder").into());
    }
    Ok(real)
}

/// What a link shows would be published: it must be the folder's own, unless somebody wants it otherwise.
fn check_link(root: &Path, entry: &DirEntry, relative: &Path) -> anyhow::Result<()> {
    let target = entry.path().canonicalize().with_context(|| format!("cannot read `{}`", entry.path().display()))?;
    if target.starts_with(root) {
        return Ok(());
    }
    let message = format!("`{}` is a link to `{}`, outside of the folder", relative.display(), target.display());
    Err(Problem::refused(message)
        .hint("take it in by --outside-links, or leave it out by a rule with `skip: true`")
        .into())
}

fn unreadable(root: &Path, error: &walkdir::Error) -> anyhow::Error {
    let path = error.path().unwrap_or(root).display();
    match error.loop_ancestor() {
        Some(ancestor) => Problem::refused(format!("`{path}` links back to `{}`", ancestor.display()))
            .hint("remove the link, or leave it out by a rule with `skip: true`"),
        None => Problem::refused(format!(
            "cannot read `{path}`: {}",
            error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
        ))
        .hint("mend the link or its permissions, or leave it out by a rule with `skip: true`"),
    }
    .into()
}
