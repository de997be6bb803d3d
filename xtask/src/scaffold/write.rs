//! Writes a new service into the repository: all of it, or nothing.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{PACKAGES, ServiceName, plan};
use crate::config::{App, Config, check_app, environments, load_app};
use crate::error::Problem;
use crate::render::Renderer;

/// Makes a new service in the repository at `root`; `complete` then does what only a program can (the lock file), and its
/// failure takes everything back. Returns what was written, from `root`, the changed files last.
///
/// # Errors
/// A name that is taken or too long for some environment, with nothing written; or what went wrong while writing.
pub fn create(
    root: &Path,
    name: &ServiceName,
    complete: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<PathBuf>> {
    let read = |file: &str| std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read `{file}`"));
    let (app, app_text) = (load_app(root)?, read("config/app.yaml")?);
    let (workspace, lock) = (read("Cargo.toml")?, read("Cargo.lock")?);
    free(root, name, &app, &lock)?;
    let scaffold = plan(name, &app, &app_text, &workspace)?;
    check_app(root, &scaffold.app).with_context(|| format!("`{name}` cannot be added"))?;
    let mut journal = Journal { root: root.to_owned(), made: Vec::new(), before: vec![("Cargo.lock".into(), lock)] };
    for (path, text) in &scaffold.files {
        journal.create(path, text)?;
    }
    journal.replace("config/app.yaml", app_text, &scaffold.app)?;
    journal.replace("Cargo.toml", workspace, &scaffold.workspace)?;
    renders(root, name).with_context(|| format!("`{name}` was taken back"))?;
    complete().with_context(|| format!("`{name}` was taken back"))?;
    journal.before.clear();
    journal.made.clear();
    let mut written: Vec<PathBuf> = scaffold.files.into_keys().collect();
    written.extend(["config/app.yaml", "Cargo.toml", "Cargo.lock"].map(PathBuf::from));
    Ok(written)
}

/// Whether nothing has this name yet: no service, no file, no package, no function.
fn free(root: &Path, name: &ServiceName, app: &App, lock: &str) -> Result<(), Problem> {
    let taken = |by: String| {
        Problem::usage(format!("`{name}` cannot be added: {by}")).hint("choose another name; nothing was written")
    };
    if app.services.contains_key(&name.to_string()) {
        return Err(taken(format!("config/app.yaml has a service `{name}`")));
    }
    let functions = name.functions();
    if let Some(other) = app.services.iter().find(|(_, spec)| spec.functions.iter().any(|one| functions.contains(one)))
    {
        return Err(taken(format!("the service `{}` has a function of the same name", other.0)));
    }
    // Its binary would be mistaken for the other package, here or in a dependency.
    if lock.lines().any(|line| line == format!("name = \"{name}\"")) {
        return Err(taken(format!("Cargo.lock has a package `{name}`")));
    }
    for path in [format!("{PACKAGES}/{name}"), format!("stacks/{name}.yaml.tera"), format!("docs/openapi/{name}.yaml")]
    {
        if root.join(&path).exists() {
            return Err(taken(format!("there is a `{path}`")));
        }
    }
    Ok(())
}

/// Whether the new template renders in every environment.
fn renders(root: &Path, name: &ServiceName) -> anyhow::Result<()> {
    let renderer = Renderer::load(root)?;
    for environment in environments(root) {
        let config = Config::load(root, Some(&environment))?;
        renderer.offline(&config, &name.to_string())?;
    }
    Ok(())
}

/// What was made and changed so far; dropped before its end, it takes everything back.
struct Journal {
    root: PathBuf,
    made: Vec<PathBuf>,
    before: Vec<(PathBuf, String)>,
}

impl Journal {
    fn create(&mut self, path: &Path, text: &str) -> anyhow::Result<()> {
        let file = self.root.join(path);
        let context = || format!("cannot write `{}`", path.display());
        let missing: Vec<PathBuf> =
            file.ancestors().skip(1).take_while(|folder| !folder.exists()).map(PathBuf::from).collect();
        self.made.extend(missing.into_iter().rev());
        std::fs::create_dir_all(file.parent().unwrap_or(&self.root)).with_context(context)?;
        self.made.push(file.clone());
        std::fs::write(file, text).with_context(context)
    }

    fn replace(&mut self, path: &str, before: String, text: &str) -> anyhow::Result<()> {
        self.before.push((path.into(), before));
        std::fs::write(self.root.join(path), text).with_context(|| format!("cannot write `{path}`"))
    }
}

impl Drop for Journal {
    /// The error that led here is the one to show: what cannot be taken back is for `git status` to tell.
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            let _ = if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
        }
        for (path, text) in &self.before {
            let _ = std::fs::write(self.root.join(path), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const APP: &str = "app: demo\ndefaultEnvironment: local\nhomeRegion: eu-central-1\nlimits: { maxLatency: 1 }\nservices:\n  users:\n    stack: stacks/users.yaml.tera\n  orders:\n    stack: stacks/users.yaml.tera\n    crate: orders\n    functions: [addBills]\n    inputs: { Issuer: users.A, SiteOrigin: users.B, UserPoolClientId: users.C }\n";

    /// A repository with the macros of this one.
    fn repository(environment: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for made in ["config", "stacks/macros"] {
            std::fs::create_dir_all(root.join(made)).unwrap();
        }
        let write = |file: &str, text: &str| std::fs::write(root.join(file), text).unwrap();
        write("config/app.yaml", APP);
        write(
            "config/local.yaml",
            "emulator: { port: 4000 }\nregion: eu-central-1\nfunctions: { memory: 128, timeout: 1, retention: 1 }\n",
        );
        std::fs::copy(root.join("config/local.yaml"), root.join(format!("config/{environment}.yaml"))).unwrap();
        write("stacks/users.yaml.tera", "Resources: {}\n");
        write("Cargo.toml", "[workspace]\nmembers = [\"xtask\"]\n");
        write("Cargo.lock", "[[package]]\nname = \"serde\"\n");
        let macros = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("stacks/macros");
        for entry in std::fs::read_dir(macros).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), root.join("stacks/macros").join(entry.file_name())).unwrap();
        }
        folder
    }

    fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
        entries.map(|one| (one.path().to_owned(), std::fs::read(one.path()).unwrap_or_default())).collect()
    }

    /// The error of a creation that must fail, and must leave nothing.
    fn refused(environment: &str, name: &str, complete: impl FnOnce() -> anyhow::Result<()>) -> String {
        let folder = repository(environment);
        let before = contents(folder.path());
        let error = create(folder.path(), &ServiceName::parse(name).unwrap(), complete).unwrap_err();
        assert_eq!(contents(folder.path()), before, "{error:#}");
        format!("{error:#}")
    }

    #[test]
    fn a_new_service_is_written_whole_and_the_configuration_knows_it() {
        let folder = repository("dev");
        let written = create(folder.path(), &ServiceName::parse("bills2").unwrap(), || Ok(())).unwrap();
        assert!(written.iter().all(|path| folder.path().join(path).is_file()), "{written:?}");
        assert!(load_app(folder.path()).unwrap().services.contains_key("bills2"));
    }

    #[test]
    fn what_is_there_already_is_refused_by_what_has_the_name() {
        for (name, why) in [
            ("orders", "config/app.yaml has a service `orders`"),
            ("serde", "Cargo.lock has a package `serde`"),
            ("bills", "the service `orders` has a function of the same name"),
        ] {
            let error = refused("dev", name, || panic!("nothing was written"));
            assert!(error.contains(why), "{error}");
        }
        let folder = repository("dev");
        std::fs::create_dir_all(folder.path().join("functions/lines")).unwrap();
        let error = create(folder.path(), &ServiceName::parse("lines").unwrap(), || Ok(())).unwrap_err();
        assert!(error.to_string().contains("there is a `functions/lines`"), "{error}");
    }

    #[test]
    fn a_name_that_is_too_long_for_any_environment_is_refused() {
        let error = refused("a-rather-long-environment", "a-very-long-name-of-a-service", || panic!("too late"));
        assert!(error.contains("cannot be added") && error.contains("at most 64"), "{error}");
    }

    #[test]
    fn a_step_that_fails_takes_all_of_it_back() {
        let error = refused("dev", "lines", || anyhow::bail!("no lock"));
        assert!(error.contains("`lines` was taken back: no lock"), "{error}");
    }
}
