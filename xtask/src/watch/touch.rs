//! Which services a changed file touches. Pure but for `Map::of`, which reads the workspace's manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::build;
use crate::config::Config;

/// Folders that tools write to, at any depth.
const MADE: [&str; 8] = ["target", "node_modules", ".git", ".vite", ".vitest", ".cache", ".npm", "coverage"];
/// Folders of a package that do not reach its binary, as in the digest of its inputs.
const APART: [&str; 3] = ["tests", "benches", "examples"];

/// What a number of changes asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The services to bring up to date.
    pub services: BTreeSet<String>,
    /// Whether what was read at the start must be read again: configuration, manifests, what an account shares.
    pub afresh: bool,
}

/// Which path belongs to which services; all paths are below the repository's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    root: PathBuf,
    environment: String,
    all: BTreeSet<String>,
    coded: BTreeSet<String>,
    stacks: BTreeMap<PathBuf, BTreeSet<String>>,
    packages: BTreeMap<PathBuf, BTreeSet<String>>,
    sites: BTreeMap<PathBuf, Site>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Site {
    service: String,
    output: PathBuf,
}

impl Map {
    /// Reads the manifests of the workspace: a package's closure decides which services it reaches.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let app = &config.app;
        let mut map = Self {
            root: config.root.clone(),
            environment: config.env.file().to_owned(),
            all: app.services.keys().cloned().collect(),
            ..Self::default()
        };
        for (service, spec) in &app.services {
            map.stacks.entry(spec.stack.clone()).or_default().insert(service.clone());
            if let Some(package) = &spec.package {
                map.coded.insert(service.clone());
                for folder in build::folders(&config.root, package)? {
                    map.packages.entry(folder).or_default().insert(service.clone());
                }
            }
            if let Some(site) = &spec.site {
                let own = Site { service: service.clone(), output: site.source.join(&site.output) };
                map.sites.insert(site.source.clone(), own);
            }
        }
        Ok(map)
    }

    /// Of a repository that is nothing but a site.
    #[cfg(test)]
    pub(super) fn of_site(root: &Path, source: &str) -> Self {
        let site = Site { service: "web".into(), output: Path::new(source).join("dist") };
        Self { root: root.to_owned(), sites: BTreeMap::from([(source.into(), site)]), ..Self::default() }
    }

    /// The folders to watch, with all below them but what `is_noise` names.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let fixed = ["config", "stacks", ".cargo"].map(PathBuf::from);
        let all = fixed.iter().chain(self.packages.keys()).chain(self.sites.keys());
        all.map(|folder| self.root.join(folder)).collect()
    }

    /// Whether a path is one that tools and editors write for themselves.
    #[must_use]
    pub fn is_noise(&self, path: &Path) -> bool {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        let made = |part: Component<'_>| MADE.iter().any(|name| part.as_os_str() == *name);
        relative.components().any(made)
            || self.sites.values().any(|site| relative.starts_with(&site.output))
            || path.file_name().is_some_and(is_temporary)
    }

    /// What changed paths ask for.
    pub fn touched<'a>(&self, paths: impl IntoIterator<Item = &'a Path>) -> Touched {
        let mut all = Touched::default();
        for path in paths {
            let one = self.one(path);
            all.services.extend(one.services);
            all.afresh |= one.afresh;
        }
        all
    }

    /// What is asked for where changes got lost: everything.
    #[must_use]
    pub fn everything(&self) -> Touched {
        Touched { services: self.all.clone(), afresh: true }
    }

    fn one(&self, path: &Path) -> Touched {
        let Ok(path) = path.strip_prefix(&self.root) else { return Touched::default() };
        if self.is_noise(&self.root.join(path)) {
            return Touched::default();
        }
        if ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].iter().any(|name| path == Path::new(name)) {
            return Touched { services: self.coded.clone(), afresh: true };
        }
        if path.starts_with("config") {
            let ours = ["app".to_owned(), self.environment.clone()].map(|name| format!("config/{name}.yaml"));
            let read = ours.iter().any(|name| path == Path::new(name));
            return if read { self.everything() } else { Touched::default() };
        }
        if let Some(services) = self.stacks.get(path) {
            return Touched { services: services.clone(), afresh: false };
        }
        if path.starts_with("stacks") {
            // A macro reaches any template, and what an account shares is no service's.
            return self.everything();
        }
        // The innermost folder that has the path: a package may lie below another one.
        let inside = self.packages.iter().filter(|(folder, _)| path.starts_with(folder));
        if let Some((folder, services)) = inside.max_by_key(|(folder, _)| folder.components().count()) {
            let rest = path.strip_prefix(folder).unwrap_or(path);
            let apart = rest.components().next().is_some_and(|part| APART.iter().any(|name| part.as_os_str() == *name));
            let hidden = rest.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
            let services = if apart || hidden { BTreeSet::new() } else { services.clone() };
            return Touched { services, afresh: rest == Path::new("Cargo.toml") };
        }
        let site = self.sites.iter().find(|(source, _)| path.starts_with(source));
        let services = site.map(|(_, site)| site.service.clone()).into_iter().collect();
        Touched { services, afresh: false }
    }
}

/// Names that editors give to what they are about to rename: Vim, Emacs, Kate, GNOME's and `sed -i`.
fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let vim_probe = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    let ends = ["~", ".swp", ".swo", ".swx", ".tmp", ".bak", ".orig", ".kate-swp", "___jb_tmp___", "___jb_old___"];
    let starts = [".#", "#", ".goutputstream-", ".~"];
    let sed = name.len() == 9 && name.starts_with("sed") && name[3..].chars().all(|c| c.is_ascii_alphanumeric());
    vim_probe
        || sed
        || ends.iter().any(|end| name.ends_with(end))
        || starts.iter().any(|start| name.starts_with(start))
        || [".DS_Store", "tsconfig.tsbuildinfo"].contains(&name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn map() -> Map {
        let packages = [("code/orders", set(&["orders"])), ("code/lib", set(&["mail", "orders"]))];
        let stacks = [("stacks/orders.yaml.tera", set(&["orders"])), ("stacks/web.yaml.tera", set(&["web"]))];
        let site = Site { service: "web".into(), output: "web/dist".into() };
        Map {
            root: "/r".into(),
            environment: "local".into(),
            all: set(&["orders", "mail", "web"]),
            coded: set(&["orders", "mail"]),
            stacks: stacks.map(|(path, services)| (PathBuf::from(path), services)).into(),
            packages: packages.map(|(path, services)| (PathBuf::from(path), services)).into(),
            sites: BTreeMap::from([("web".into(), site)]),
        }
    }

    fn touched(path: &str) -> (Vec<String>, bool) {
        let touched = map().touched([Path::new("/r").join(path).as_path()]);
        (touched.services.into_iter().collect(), touched.afresh)
    }

    fn owned(names: &[&str], afresh: bool) -> (Vec<String>, bool) {
        (names.iter().map(|name| (*name).to_owned()).collect(), afresh)
    }

    #[test]
    fn a_source_touches_the_services_whose_closure_has_its_package() {
        assert_eq!(touched("code/orders/src/main.rs"), owned(&["orders"], false));
        assert_eq!(touched("code/lib/src/lib.rs"), owned(&["mail", "orders"], false));
        assert_eq!(touched("code/lib/Cargo.toml"), owned(&["mail", "orders"], true));
        assert_eq!(touched("Cargo.lock"), owned(&["mail", "orders"], true));
    }

    #[test]
    fn a_template_touches_its_service_and_a_macro_all() {
        assert_eq!(touched("stacks/orders.yaml.tera"), owned(&["orders"], false));
        assert_eq!(touched("stacks/macros/cdn.yaml.tera"), owned(&["mail", "orders", "web"], true));
        assert_eq!(touched("config/app.yaml"), owned(&["mail", "orders", "web"], true));
        assert_eq!(touched("config/local.yaml"), owned(&["mail", "orders", "web"], true));
    }

    #[test]
    fn a_file_of_a_site_touches_its_service() {
        assert_eq!(touched("web/src/main.ts"), owned(&["web"], false));
        assert_eq!(touched("web/.env"), owned(&["web"], false));
    }

    #[test]
    fn what_tools_and_editors_write_touches_nothing() {
        let made =
            ["target/debug/x", "web/node_modules/y/z.js", "web/dist/index.html", "code/orders/target/x", ".git/HEAD"];
        let editors =
            [".main.rs.swp", "main.rs~", "4913", ".#main.rs", "#main.rs#", "main.rs___jb_tmp___", "sedAb12Cd"];
        let editors = editors.map(|name| format!("code/orders/src/{name}"));
        let others =
            ["config/prod.yaml", "README.md", "code/orders/tests/it.rs", "code/other/src/lib.rs", "code/lib/.x"];
        let all = made.into_iter().chain(editors.iter().map(String::as_str)).chain(others);
        for path in all {
            assert_eq!(touched(path), owned(&[], false), "{path}");
        }
        assert_eq!(map().touched([Path::new("/elsewhere/Cargo.toml")]), Touched::default());
    }

    #[test]
    fn several_changes_are_one_round() {
        let paths = ["/r/web/src/main.ts", "/r/code/orders/src/main.rs", "/r/README.md"].map(Path::new);
        assert_eq!(map().touched(paths).services, set(&["orders", "web"]));
    }
}
