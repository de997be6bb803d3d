//! The digest of everything that decides a package's bytes: sources of its closure in the workspace, the part of
//! Cargo.lock that it reaches, the manifests' words about it, cargo's configuration, profile and target.
//! Reads files, asks nobody: neither git nor cargo nor the clock, so that a laptop and CI agree.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::plan::Plan;

/// Folders of a package that do not reach its binary.
pub(crate) const APART: [&str; 4] = ["tests", "benches", "examples", "target"];

/// One of the things that decide a package's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// What it is called in the digest: a word of the manifest, `lock`, or the file's path.
    pub(crate) label: String,
    /// What it is.
    pub(crate) bytes: Vec<u8>,
    /// The file that says so, below the root.
    pub(crate) file: PathBuf,
    /// The workspace's package that it is a source of.
    pub(crate) member: Option<String>,
}

/// One of the workspace's packages that others are built from.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its folder, below the root.
    pub(super) folder: PathBuf,
    /// Its files, each with what its name and its content come to.
    pub(super) files: Vec<(PathBuf, String)>,
}

impl Member {
    /// Of all its files but some.
    pub(super) fn digest_without(&self, others: &[&Path]) -> String {
        let mut hasher = Hasher(Sha256::new());
        for (_, digest) in self.files.iter().filter(|(file, _)| !others.contains(&file.as_path())) {
            hasher.part("file", digest.as_bytes());
        }
        hex::encode(hasher.0.finalize())
    }
}

/// The workspace's manifests, read once.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    manifest: Table,
    lock: Table,
    members: BTreeMap<String, (PathBuf, Table)>,
}

impl Workspace {
    /// Reads Cargo.toml of the root and of each member, and Cargo.lock.
    pub(crate) fn load(root: &Path) -> anyhow::Result<Self> {
        let manifest = read_toml(&root.join("Cargo.toml"))?;
        let lock = read_toml(&root.join("Cargo.lock"))?;
        let mut members = BTreeMap::new();
        let folders = manifest.get("workspace").and_then(|w| w.get("members")).and_then(Value::as_array);
        for folder in folders.into_iter().flatten().filter_map(Value::as_str) {
            let path = root.join(folder);
            let member = read_toml(&path.join("Cargo.toml"))?;
            let name = member.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
            let name = name.with_context(|| format!("`{folder}/Cargo.toml` has no package name"))?.to_owned();
            members.insert(name, (path, member));
        }
        Ok(Self { root: root.to_owned(), manifest, lock, members })
    }

    /// The digest of a package's inputs under a plan, in hex.
    pub(crate) fn digest(&self, package: &str, plan: Plan) -> anyhow::Result<String> {
        let mut hasher = Hasher(Sha256::new());
        hasher.part("plan", plan.label().as_bytes());
        hasher.part("package", package.as_bytes());
        let other = profile(!plan.release);
        for input in self.inputs(package)?.iter().filter(|input| input.label != other) {
            hasher.part(&input.label, &input.bytes);
        }
        Ok(hex::encode(hasher.0.finalize()))
    }

    /// All that decides a package's bytes but for the plan, in the digest's order.
    pub(crate) fn inputs(&self, package: &str) -> anyhow::Result<Vec<Input>> {
        let closure = self.closure(package)?;
        let input = |label: String, bytes: Vec<u8>, file: &str| Input { label, bytes, file: file.into(), member: None };
        let words = self.manifest_words(&closure).into_iter();
        let mut inputs: Vec<Input> = words.map(|(name, value)| input(name, value.into_bytes(), "Cargo.toml")).collect();
        let locked = self.locked(&closure).into_iter();
        inputs.extend(locked.map(|line| input("lock".to_owned(), line.into_bytes(), "Cargo.lock")));
        let config = self.root.join(".cargo/config.toml");
        if config.is_file() {
            inputs.push(self.file(&config, None)?);
        }
        for member in &closure {
            for file in sources(&self.members[member].0)? {
                inputs.push(self.file(&file, Some(member))?);
            }
        }
        Ok(inputs)
    }

    /// The workspace's packages that these are built from.
    pub(super) fn members(&self, packages: &[String]) -> anyhow::Result<Vec<Member>> {
        let mut names = BTreeSet::new();
        for package in packages {
            names.extend(self.closure(package)?);
        }
        let member = |name: &String| {
            let read = |file: PathBuf| {
                let input = self.file(&file, Some(name))?;
                let mut hasher = Hasher(Sha256::new());
                hasher.part(&input.label, &input.bytes);
                anyhow::Ok((file, hex::encode(hasher.0.finalize())))
            };
            let files = sources(&self.members[name].0)?.into_iter().map(read).collect::<anyhow::Result<_>>()?;
            Ok(Member { folder: self.folder(name).unwrap_or_default(), files })
        };
        names.iter().map(member).collect()
    }

    fn file(&self, file: &Path, member: Option<&str>) -> anyhow::Result<Input> {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let relative = file.strip_prefix(&self.root).unwrap_or(file);
        let label = relative.to_string_lossy().replace('\\', "/");
        Ok(Input { label, bytes, file: relative.to_owned(), member: member.map(str::to_owned) })
    }

    /// Whether the workspace has a package of this name.
    pub(crate) fn has(&self, package: &str) -> bool {
        self.members.contains_key(package)
    }

    /// The shortest way from a package of the closure to the package that is built, both included.
    pub(crate) fn route(&self, member: &str, package: &str) -> Vec<String> {
        let mut routes = vec![vec![package.to_owned()]];
        let mut seen = BTreeSet::from([package.to_owned()]);
        let mut place = 0;
        while let Some(route) = routes.get(place).cloned() {
            place += 1;
            let Some(end) = route.last().filter(|end| *end != member) else {
                return route.into_iter().rev().collect();
            };
            let Some((_, manifest)) = self.members.get(end) else { continue };
            for next in dependencies(manifest).into_iter().filter(|name| self.has(name)) {
                if seen.insert(next.clone()) {
                    routes.push([route.as_slice(), &[next]].concat());
                }
            }
        }
        vec![member.to_owned(), package.to_owned()]
    }

    /// The workspace's packages that a package is built from, itself included.
    pub(super) fn closure(&self, package: &str) -> anyhow::Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        let mut open = vec![package.to_owned()];
        while let Some(name) = open.pop() {
            let Some((_, manifest)) = self.members.get(&name) else {
                anyhow::bail!("no package `{name}` in the workspace");
            };
            let inside = dependencies(manifest).into_iter().filter(|name| self.members.contains_key(name));
            open.extend(inside.filter(|name| !found.contains(name)));
            found.insert(name);
        }
        Ok(found)
    }

    /// The folders of a package's closure, below the root.
    pub(crate) fn folders(&self, package: &str) -> anyhow::Result<BTreeSet<PathBuf>> {
        Ok(self.closure(package)?.iter().filter_map(|name| self.folder(name)).collect())
    }

    /// The folder of one of the workspace's packages, below the root.
    pub(crate) fn folder(&self, package: &str) -> Option<PathBuf> {
        let (folder, _) = self.members.get(package)?;
        Some(folder.strip_prefix(&self.root).unwrap_or(folder).to_owned())
    }

    /// The package behind a dependency's name, where the workspace renames it.
    fn package_of(&self, dependency: &str) -> String {
        let shared = self.manifest.get("workspace").and_then(|w| w.get("dependencies"));
        let renamed = shared.and_then(|d| d.get(dependency)).and_then(|d| d.get("package")).and_then(Value::as_str);
        renamed.unwrap_or(dependency).to_owned()
    }

    /// What the root manifest says to the closure: profiles, patches, and the dependencies that it uses.
    fn manifest_words(&self, closure: &BTreeSet<String>) -> Vec<(String, String)> {
        let used: BTreeSet<String> = closure.iter().flat_map(|name| dependencies(&self.members[name].1)).collect();
        let mut words = Vec::new();
        words.extend(self.manifest.get("patch").map(|value| ("patch".to_owned(), value.to_string())));
        let profiles = self.manifest.get("profile").and_then(Value::as_table);
        for label in [true, false].map(profile) {
            let words_of = |all: &Table| Some(all.get(label.trim_start_matches("profile."))?.to_string());
            words.extend(profiles.and_then(words_of).map(|value| (label.clone(), value)));
        }
        let workspace = self.manifest.get("workspace");
        words.extend(workspace.and_then(|w| w.get("package")).map(|value| ("package".to_owned(), value.to_string())));
        let shared = workspace.and_then(|w| w.get("dependencies")).and_then(Value::as_table);
        let shared = shared.into_iter().flatten().filter(|(name, _)| used.contains(*name));
        words.extend(shared.map(|(name, value)| (name.clone(), value.to_string())));
        words
    }

    /// Every locked package that the closure reaches, as `name version checksum`, sorted.
    fn locked<'a>(&'a self, closure: &BTreeSet<String>) -> BTreeSet<String> {
        let listed = self.lock.get("package").and_then(Value::as_array).into_iter().flatten();
        // By name, of which there may be several versions: the lock file is asked for each of its hundreds of packages.
        let mut packages: HashMap<&str, Vec<&Table>> = HashMap::new();
        for package in listed.filter_map(Value::as_table) {
            packages.entry(text(package, "name")).or_default().push(package);
        }
        let needed = |package: &&'a Table| strings(package.get("dependencies"));
        let mut open: Vec<&str> = Vec::new();
        for name in closure {
            // A member's entry in the lock file names its dev-dependencies too: take only what the binary links.
            let direct: BTreeSet<String> =
                dependencies(&self.members[name].1).iter().map(|name| self.package_of(name)).collect();
            let entry = packages.get(name.as_str()).and_then(|versions| versions.first());
            open.extend(entry.into_iter().flat_map(needed).filter(|line| direct.contains(first_word(line))));
        }
        let mut seen = HashSet::new();
        let mut lines = BTreeSet::new();
        while let Some(wanted) = open.pop() {
            if !seen.insert(wanted) {
                continue;
            }
            let mut words = wanted.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next());
            let versions = packages.get(name).into_iter().flatten();
            for package in versions.filter(|one| version.is_none_or(|version| text(one, "version") == version)) {
                lines.insert(format!("{name} {} {}", text(package, "version"), text(package, "checksum")));
                open.extend(needed(package));
            }
        }
        lines
    }
}

/// What a profile is called in the digest.
fn profile(release: bool) -> String {
    format!("profile.{}", if release { "release" } else { "dev" })
}

/// A field of a table, empty where it has none.
fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The strings of a list, of which there may be none.
fn strings(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap_or(line)
}

/// Names under `[dependencies]` and `[build-dependencies]`, those of `[target.*]` included; renames resolved.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let mut tables = vec![manifest];
    let targets = manifest.get("target").and_then(Value::as_table);
    tables.extend(targets.into_iter().flatten().filter_map(|(_, value)| value.as_table()));
    let mut names = BTreeSet::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            for (name, spec) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                let real = spec.get("package").and_then(Value::as_str).unwrap_or(name);
                names.insert(real.to_owned());
            }
        }
    }
    names
}

fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let wanted = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || entry.depth() == 1 && APART.contains(&name.as_ref()))
    };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(wanted) {
        let entry = entry.with_context(|| format!("cannot read `{}`", folder.display()))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn read_toml(path: &Path) -> anyhow::Result<Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    text.parse().with_context(|| format!("cannot parse `{}`", path.display()))
}

/// Length-prefixed, so that no two lists of parts run into the same bytes.
struct Hasher(Sha256);

impl Hasher {
    fn part(&mut self, label: &str, bytes: &[u8]) {
        for piece in [label.as_bytes(), bytes] {
            self.0.update((piece.len() as u64).to_le_bytes());
            self.0.update(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;

    const PLAN: Plan = Plan { release: true, architecture: Architecture::Arm64, native: false };

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(
            root,
            "Cargo.toml",
            "[workspace]\nmembers = [\"a\", \"lib\", \"other\"]\n[workspace.dependencies]\nserde = \"1\"\nrand = \"1\"\n",
        );
        write(
            root,
            "a/Cargo.toml",
            "[package]\nname = \"a\"\n[dependencies]\nlib.workspace = true\nserde.workspace = true\n[dev-dependencies]\nrand.workspace = true\n",
        );
        write(root, "a/src/main.rs", "fn main() {}");
        write(root, "a/tests/it.rs", "");
        write(root, "lib/Cargo.toml", "[package]\nname = \"lib\"\n");
        write(root, "lib/src/lib.rs", "");
        write(root, "other/Cargo.toml", "[package]\nname = \"other\"\n");
        write(root, "other/src/lib.rs", "");
        let lock = "[[package]]\nname = \"a\"\nversion = \"0\"\ndependencies = [\"lib\", \"rand\", \"serde\"]\n\
            [[package]]\nname = \"serde\"\nversion = \"1.0\"\nchecksum = \"s\"\ndependencies = [\"serde_core\"]\n\
            [[package]]\nname = \"serde_core\"\nversion = \"1.0\"\nchecksum = \"c\"\n\
            [[package]]\nname = \"rand\"\nversion = \"1.0\"\nchecksum = \"r\"\n";
        write(root, "Cargo.lock", lock);
        folder
    }

    fn digest(root: &Path) -> String {
        Workspace::load(root).unwrap().digest("a", PLAN).unwrap()
    }

    fn changes(edit: impl Fn(&Path)) -> bool {
        let folder = workspace();
        let before = digest(folder.path());
        edit(folder.path());
        before != digest(folder.path())
    }

    #[test]
    fn the_place_of_the_clone_does_not_count() {
        assert_eq!(digest(workspace().path()), digest(workspace().path()));
    }

    #[test]
    fn a_source_of_the_closure_counts_and_another_packages_does_not() {
        assert!(changes(|root| write(root, "a/src/main.rs", "fn main() { }")));
        assert!(changes(|root| write(root, "lib/src/new.rs", "")));
        assert!(!changes(|root| write(root, "other/src/lib.rs", "// changed")));
        assert!(!changes(|root| write(root, "a/tests/it.rs", "// changed")));
    }

    #[test]
    fn a_locked_package_counts_only_where_it_is_linked() {
        let relock = |from: &'static str, to: &'static str| {
            move |root: &Path| {
                let text = std::fs::read_to_string(root.join("Cargo.lock")).unwrap().replace(from, to);
                write(root, "Cargo.lock", &text);
            }
        };
        assert!(changes(relock("\"c\"", "\"c2\"")));
        assert!(!changes(relock("\"r\"", "\"r2\"")));
    }

    #[test]
    fn the_way_from_a_package_to_what_is_built_is_told() {
        let folder = workspace();
        let workspace = Workspace::load(folder.path()).unwrap();
        assert_eq!(workspace.route("lib", "a"), ["lib", "a"]);
        assert_eq!(workspace.route("a", "a"), ["a"]);
    }

    #[test]
    fn profile_target_and_cargo_configuration_count() {
        assert!(changes(|root| write(root, ".cargo/config.toml", "[build]")));
        let folder = workspace();
        let workspace = Workspace::load(folder.path()).unwrap();
        let dev = Plan { release: false, ..PLAN };
        let intel = Plan { architecture: Architecture::X86_64, ..PLAN };
        let digests: BTreeSet<String> = [PLAN, dev, intel].map(|plan| workspace.digest("a", plan).unwrap()).into();
        assert_eq!(digests.len(), 3);
    }

    #[test]
    fn only_the_profile_that_is_built_counts() {
        let with = |profile: &'static str| {
            move |root: &Path| {
                let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
                write(root, "Cargo.toml", &format!("{manifest}[profile.{profile}]\nopt-level = 1\n"));
            }
        };
        assert!(changes(with("release")));
        assert!(!changes(with("dev")) && !changes(with("measure")));
    }

    #[test]
    fn of_several_versions_of_a_crate_the_one_that_is_linked_counts() {
        let lock = |linked: &str, other: &str| {
            let of = |version: &str, checksum: &str| {
                format!("[[package]]\nname = \"serde\"\nversion = \"{version}\"\nchecksum = \"{checksum}\"\n")
            };
            let a = "[[package]]\nname = \"a\"\nversion = \"0\"\ndependencies = [\"lib\", \"serde 1.0\"]\n";
            format!("{a}{}{}", of("0.9", other), of("1.0", linked))
        };
        let digest_of = |text: &str| {
            let folder = workspace();
            write(folder.path(), "Cargo.lock", text);
            digest(folder.path())
        };
        assert_eq!(digest_of(&lock("s", "x")), digest_of(&lock("s", "y")));
        assert_ne!(digest_of(&lock("s", "x")), digest_of(&lock("t", "x")));
    }
}
