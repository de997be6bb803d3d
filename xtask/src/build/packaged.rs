//! What a function's code is uploaded as: a zip on this machine, with what it is made from.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::plan::Plan;
use super::{elf, freshness, package};
use crate::config::Config;
use crate::digest::sha256;
use crate::files;
use crate::local;

/// Zips, or linked binaries, of one package that stay: whoever takes a change back needs no build; and of the newest link, an
/// interrupted hotswap may have left functions with the one before.
const KEPT: usize = 4;

/// How code gets into a zip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the binary itself, for everything that lasts: stacks, releases, AWS.
    Whole,
    /// As a script that starts the binary where a copy of it lies on this machine: for a hotswap in an emulator, to which nothing
    /// needs to be packed, sent and unpacked.
    Linked,
}

/// Where links are in the artifact bucket. Only what is whole may be named by a stack or a release.
pub(crate) const LINKS: &str = "hotswap/code/";

/// The key of whole code in the artifact bucket.
pub(super) fn key(package: &str, digest: &str) -> String {
    format!("code/{package}/{digest}.zip")
}

/// Whether two keys name code of the same sources, whole or as a link.
pub(crate) fn same_sources(one: &str, other: &str) -> bool {
    let plain = |key: &str| {
        let Some(rest) = key.strip_prefix(LINKS) else { return key.to_owned() };
        rest.rsplit_once('-').map_or_else(|| key.to_owned(), |(digest, _)| format!("code/{digest}.zip"))
    };
    plain(one) == plain(other)
}

/// A zip on this machine, ready to be uploaded.
#[derive(Clone, Debug, Serialize)]
pub struct Packaged {
    /// The package.
    pub package: String,
    /// The key that it gets in the artifact bucket.
    pub key: String,
    /// Where it is kept, or where the binary is that it starts.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    #[serde(skip)]
    pub(super) content: Vec<u8>,
}

impl Form {
    /// Where the zip, or what it starts, is on this machine, once it is made. A copy that functions of an environment run is that
    /// environment's alone.
    fn path(self, config: &Config, package: &str, digest: &str) -> PathBuf {
        match self {
            Self::Whole => config.root.join(format!("target/artifacts/{package}-{digest}.zip")),
            Self::Linked => local::links(config).join(format!("{package}-{digest}")),
        }
    }
}

impl Packaged {
    /// One that was made before; `None` where it was not, or is gone.
    pub(super) fn read(config: &Config, (package, digest): (&str, &str), form: Form) -> anyhow::Result<Option<Self>> {
        let path = form.path(config, package, digest);
        let content = match form {
            Form::Whole => fs::read(&path),
            Form::Linked if path.is_file() => {
                // In force from now on, and so among the newest.
                freshness::touch(&path)?;
                return linked(config, (package, digest), path).map(Some);
            }
            Form::Linked => return Ok(None),
        };
        match content {
            Ok(content) => {
                let sha256 = sha256(&content);
                Ok(Some(Self { path, ..Self::of((package, digest), content, sha256) }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    /// Takes back what stays on this machine of one that proved to be of other sources.
    pub(super) fn discard(&self) -> anyhow::Result<()> {
        fs::remove_file(&self.path).with_context(|| format!("cannot delete `{}`", self.path.display()))
    }

    /// Keeps the zip for the next build of the same sources, among the newest from now on.
    pub(super) fn keep(&self) -> anyhow::Result<()> {
        if self.path.is_file() {
            return freshness::touch(&self.path);
        }
        files::whole(&self.path, |to| fs::write(to, &self.content))?;
        prune(&self.path, &self.package)
    }

    fn of((package, digest): (&str, &str), content: Vec<u8>, sha256: String) -> Self {
        let (package, key) = (package.to_owned(), key(package, digest));
        Self { package, key, path: PathBuf::new(), bytes: content.len() as u64, sha256, content }
    }
}

/// A binary as its build left it, out of the next build's reach.
#[derive(Debug)]
pub(super) enum Taken {
    /// Its bytes, and where their zip is to be.
    Whole { package: String, digest: String, binary: PathBuf, bytes: Vec<u8>, path: PathBuf },
    /// A copy, and what starts it.
    Linked(Packaged),
}

impl Taken {
    /// Takes a binary for what it is to become.
    pub(super) fn of(
        config: &Config,
        (package, digest): (&str, &str),
        binary: &Path,
        form: Form,
    ) -> anyhow::Result<Self> {
        let path = form.path(config, package, digest);
        match form {
            Form::Linked => {
                files::whole(&path, |to| fs::copy(binary, to).map(drop))?;
                prune(&path, package)?;
                linked(config, (package, digest), path).map(Self::Linked)
            }
            Form::Whole => {
                let bytes = package::read(binary).with_context(|| format!("cannot read `{}`", binary.display()))?;
                let (package, digest) = (package.to_owned(), digest.to_owned());
                Ok(Self::Whole { package, digest, binary: binary.to_owned(), bytes, path })
            }
        }
    }

    /// Makes the zip.
    pub(super) fn pack(self, plan: Plan) -> anyhow::Result<Packaged> {
        let (package, digest, binary, bytes, path) = match self {
            Self::Linked(packaged) => return Ok(packaged),
            Self::Whole { package, digest, binary, bytes, path } => (package, digest, binary, bytes, path),
        };
        // The emulator runs this machine's own build: only what goes to AWS must fit AWS.
        if plan.release {
            elf::check(&bytes, plan).with_context(|| format!("`{}` cannot run on Lambda", binary.display()))?;
        }
        let (zip, sha256) = package::zip(&bytes, if plan.release { 9 } else { 1 })?;
        Ok(Packaged { path, ..Packaged::of((&package, &digest), zip, sha256) })
    }
}

/// A zip that starts what lies at a path.
fn linked(config: &Config, named: (&str, &str), path: PathBuf) -> anyhow::Result<Packaged> {
    let target = path.to_str().with_context(|| format!("`{}` is no UTF-8", path.display()))?;
    let (zip, sha256) = package::zip(script(target, &config.env.name).as_bytes(), 1)?;
    // Its content tells the place and the environment: others of the same sources have other ones.
    let (package, digest) = named;
    let key = format!("{LINKS}{package}/{digest}-{}.zip", &sha256[..12]);
    Ok(Packaged { key, path, ..Packaged::of(named, zip, sha256) })
}

fn script(path: &str, environment: &str) -> String {
    let path = path.replace('\'', "'\\''");
    format!(
        "#!/bin/sh\n\
         [ -x '{path}' ] || {{ echo 'the build that was swapped in is gone: cargo xtask deploy --env {environment}' >&2; exit 1; }}\n\
         exec '{path}' \"$@\"\n"
    )
}

/// Deletes what is like this of a package, and neither this one nor among the newest.
fn prune(path: &Path, package: &str) -> anyhow::Result<()> {
    prune_beside(path, package).with_context(|| format!("cannot delete what is old beside `{}`", path.display()))
}

fn prune_beside(path: &Path, package: &str) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path.parent().context("no folder")?)? {
        let entry = entry?;
        let name = entry.file_name();
        let digest = name.to_str().and_then(|name| name.strip_prefix(package)?.strip_prefix('-'));
        let digest = digest.map(|digest| digest.strip_suffix(".zip").unwrap_or(digest));
        if digest.is_some_and(|digest| digest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            // Another deploy may prune at the same time.
            files.extend(entry.metadata().and_then(|metadata| metadata.modified()).map(|at| (at, entry.path())));
        }
    }
    files.sort_by(|one, other| other.cmp(one));
    for (_, old) in files.iter().skip(KEPT).filter(|(_, old)| old != path) {
        match fs::remove_file(old) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_path_with_quotes_is_started_as_it_is_and_a_missing_one_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("it's $HOME \"x\"");
        fs::create_dir(&place).unwrap();
        let (target, start) = (place.join("build"), folder.path().join("bootstrap"));
        fs::write(&start, script(target.to_str().unwrap(), "local")).unwrap();
        let run = || std::process::Command::new("sh").arg(&start).arg("a b").output().unwrap();
        let gone = run();
        assert_eq!(gone.status.code(), Some(1));
        assert!(String::from_utf8(gone.stderr).unwrap().contains("is gone: cargo xtask deploy --env local"));
        fs::copy("/bin/echo", &target).unwrap();
        assert_eq!(String::from_utf8(run().stdout).unwrap(), "a b\n");
    }

    #[test]
    fn the_newest_binaries_of_a_package_stay_and_nothing_of_another_goes() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, age: u64| {
            let path = folder.path().join(name);
            let file = fs::File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            path
        };
        let ending = |age| if age % 2 == 0 { ".zip" } else { "" };
        let own: Vec<PathBuf> = (1..=6).map(|age| make(&format!("orders-{age}a{}", ending(age)), age * 10)).collect();
        let others = ["orders-api-1a", "mail-1a", "orders.txt"].map(|name| make(name, 1_000));
        prune(&own[5], "orders").unwrap();
        let left: Vec<bool> = own.iter().map(|path| path.exists()).collect();
        assert_eq!(left, [true, true, true, true, false, true], "the one that was just made stays, however old it is");
        assert!(others.iter().all(|path| path.exists()));
    }
}
