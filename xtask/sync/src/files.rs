//! The files as the bucket shall hold them: key, size, headers, class. Little is kept of each: there may be many.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Context;
use walkdir::{DirEntry, WalkDir};

use crate::digest::Digest;
use crate::manifest::OWN;
use crate::names;
use crate::problem::Problem;
use crate::rules::{Class, Headers, Rules};

/// Different headers; a file has a number in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderTable {
    all: Vec<Headers>,
    numbers: HashMap<Headers, u16>,
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its key below the prefix; on disk, its path below the folder.
    pub key: &'a str,
    /// Bytes.
    pub size: u64,
    /// When it is written.
    pub class: Class,
    pub(crate) headers: u16,
}

/// One file as it is kept: its key is a part of all names, and what it is, a number.
#[derive(Clone, Copy, Debug)]
struct Entry {
    size: u64,
    start: u32,
    length: u16,
    kind: u16,
}

/// Different classes with the numbers of their headers.
#[derive(Clone, Debug, Default)]
struct Kinds(Vec<(Class, u16)>);

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
    root: PathBuf,
    /// All keys, one behind the other.
    names: String,
    all: Vec<Entry>,
    kinds: Kinds,
    /// What is on no disk, by key.
    made: BTreeMap<Box<str>, Made>,
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
        let mut entries = WalkDir::new(&root).follow_links(true).into_iter();
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
            let entry = files.entry(&key, size)?;
            files.all.push(entry);
        }
        files.sort(rules)?;
        files.left_out = left_out;
        if files.all.is_empty() {
            let message = format!("`{}` has no file to sync ({left_out} left out)", root.display());
            return Err(Problem::refused(message).hint("name the folder that a build writes to").into());
        }
        let key = |number: u32| files.at(number as usize).key;
        let pairs = names::alike(u32::try_from(files.len())?, key).into_iter();
        files.alike = pairs.map(|(one, other)| (key(one).to_owned(), key(other).to_owned())).collect();
        Ok(files)
    }

    /// Adds what was made here, in the place of what is there under this key.
    pub fn add(&mut self, key: &str, bytes: impl Into<bytes::Bytes>, rules: &Rules) -> anyhow::Result<()> {
        let made = Made::new(bytes);
        let mut entry = self.entry(key, made.bytes.len() as u64)?;
        entry.kind = self.kinds.number(rules.of(key), &mut self.headers)?;
        match self.search(key) {
            Ok(at) => self.all[at] = entry,
            Err(at) => self.all.insert(at, entry),
        }
        self.made.insert(key.into(), made);
        Ok(())
    }

    /// The file of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<File<'_>> {
        self.find(key).map(|at| self.at(at))
    }

    /// What was made here under this key; none for what is on disk.
    #[must_use]
    pub fn made(&self, key: &str) -> Option<&Made> {
        self.made.get(key)
    }

    /// Takes a file out.
    pub fn remove(&mut self, key: &str) {
        if let Some(at) = self.find(key) {
            self.all.remove(at);
            self.made.remove(key);
        }
    }

    /// In the order of keys.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = File<'_>> + Clone {
        (0..self.all.len()).map(|at| self.at(at))
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
    pub fn headers(&self, file: File<'_>) -> &Headers {
        self.headers.get(file.headers)
    }

    /// The file with this number.
    pub(crate) fn at(&self, at: usize) -> File<'_> {
        let entry = &self.all[at];
        let (class, headers) = self.kinds.0[usize::from(entry.kind)];
        File { key: entry.key(&self.names), size: entry.size, class, headers }
    }

    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.search(key).ok()
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    fn search(&self, key: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.all.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.at(middle).key.cmp(key) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }

    /// Brings files into the order of their keys, which is how S3 lists them, and asks the rules about each in this order, so that the
    /// table of headers is the same in every clone. Sorting what a folder's listing gives would hold all of it.
    fn sort(&mut self, rules: &Rules) -> anyhow::Result<()> {
        let (names, kinds, headers) = (&self.names, &mut self.kinds, &mut self.headers);
        self.all.sort_unstable_by(|one, other| one.key(names).cmp(other.key(names)));
        for entry in &mut self.all {
            entry.kind = kinds.number(rules.of(entry.key(names)), headers)?;
        }
        Ok(())
    }

    /// Keeps a name.
    fn entry(&mut self, key: &str, size: u64) -> anyhow::Result<Entry> {
        if key.starts_with(OWN) {
            let message = format!("`{key}` would lie where the manifest is");
            return Err(Problem::refused(message).hint(format!("no file may be below `{OWN}`")).into());
        }
        let start = u32::try_from(self.names.len()).context("the names of the files have more than 4 GB")?;
        let length = u16::try_from(key.len()).with_context(|| format!("a name of {} bytes", key.len()))?;
        self.names.push_str(key);
        Ok(Entry { size, start, length, kind: 0 })
    }
}

impl Entry {
    fn key<'a>(&self, names: &'a str) -> &'a str {
        let start = self.start as usize;
        &names[start..start + usize::from(self.length)]
    }
}

impl Kinds {
    /// The number of what the rules say of a file.
    fn number(&mut self, (class, headers): (Class, Headers), table: &mut HeaderTable) -> anyhow::Result<u16> {
        let kind = (class, table.number(headers)?);
        let at = self.0.iter().position(|one| *one == kind).unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push(kind);
        }
        u16::try_from(at).context("more than 65,536 different classes and sets of headers")
    }
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
