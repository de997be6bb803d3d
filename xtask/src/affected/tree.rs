//! What each service is made of in a folder: the inputs of the digests, the rendered templates, the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use super::Kind;
use super::reach::{self, Reach, SNAPSHOTS, reaches};
use crate::build::{self, Workspace};
use crate::config::{App, Config, OutputRef, load_app};
use crate::digest::sha256;
use crate::render::Renderer;
use crate::site;

/// A repository at one moment.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Service → what it is made of, by names that say the same thing in every tree.
    pub(super) services: BTreeMap<String, BTreeMap<String, Part>>,
    /// Service, environment → rendered template.
    pub(super) templates: BTreeMap<(String, String), String>,
    /// Service → what it takes from others: the parameter (none: its site) and the output.
    pub(super) wires: BTreeMap<String, Vec<(Option<String>, OutputRef)>>,
    /// The files that any part is from, by hash.
    pub(super) files: BTreeMap<PathBuf, String>,
}

/// One thing that a service is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) print: String,
    /// Files that may say so, each with what lies between it and the service.
    pub(super) origins: BTreeMap<PathBuf, Vec<String>>,
    pub(super) environment: Option<String>,
}

impl Tree {
    /// Reads a folder, for these environments; one without a file there is left out.
    pub fn read(root: &Path, environments: &[String]) -> anyhow::Result<Self> {
        let app = load_app(root)?;
        let mut tree = Self::default();
        let workspace = Workspace::load(root)?;
        let deployer = deployer(root, &workspace)?;
        let reaches = reaches(root, &app, &workspace)?;
        for (service, spec) in &app.services {
            let mut parts = deployer.clone();
            let entry = json!(spec).to_string();
            parts.insert("entry".to_owned(), configuration("config/app.yaml", &format!("services.{service}"), &entry));
            if let Some(package) = &spec.package {
                parts.extend(code(&workspace, package)?);
            }
            if let Some((source, output)) = reaches.get(service).and_then(|reach| reach.site.as_ref()) {
                parts.extend(files_of_site(root, source, output)?);
            }
            tree.wires.insert(service.clone(), wires(&app, service));
            tree.services.insert(service.clone(), parts);
        }
        let renderer = Renderer::load(root)?;
        for name in environments.iter().filter(|name| root.join(format!("config/{name}.yaml")).is_file()) {
            tree.environment(&Config::load(root, Some(name))?, &renderer, &reaches)?;
        }
        tree.hash(root)?;
        Ok(tree)
    }

    /// The files that say anything about a service.
    #[must_use]
    pub fn files(&self, service: &str) -> BTreeSet<&Path> {
        let parts = self.services.get(service).into_iter().flat_map(BTreeMap::values);
        parts.flat_map(|part| part.origins.keys().map(PathBuf::as_path)).collect()
    }

    fn environment(
        &mut self,
        config: &Config,
        renderer: &Renderer,
        reaches: &BTreeMap<String, Reach>,
    ) -> anyhow::Result<()> {
        let (env, name) = (&config.env, &config.env.name);
        let file = format!("config/{name}.yaml");
        for (service, spec) in &config.app.services {
            let mut add = |key: &str, mut part: Part| {
                part.environment = Some(name.clone());
                self.services.entry(service.clone()).or_default().insert(format!("{key} {name}"), part);
            };
            let place = json!([env.target, env.region, env.protected]).to_string();
            add("place", configuration(&file, "account and region", &place));
            if spec.package.is_some() {
                add("processor", configuration(&file, "architecture", &build::Plan::of(config).label()));
            }
            if spec.site.is_some() {
                let mut part = configuration(&file, "limits", &json!(config.limits()).to_string());
                part.origins.insert("config/app.yaml".into(), vec!["limits".to_owned()]);
                add("limits", part);
            }
            let text = renderer.offline(config, service)?;
            // Empty where it is the same: an environment that becomes protected is another one by its place.
            let creation = renderer.creation(config, service, &crate::keys::Facts::placeholders(spec))?;
            let mut origins = reaches.get(service).map(|reach| reach.templates.clone()).unwrap_or_default();
            origins.insert("config/app.yaml".into(), vec![spec.stack.display().to_string()]);
            origins.insert(file.clone().into(), vec![spec.stack.display().to_string()]);
            let print = sha256(format!("{text}{}", creation.unwrap_or_default()));
            add("template", Part { kind: Kind::Template, print, origins, environment: None });
            self.templates.insert((service.clone(), name.clone()), text);
        }
        Ok(())
    }

    fn hash(&mut self, root: &Path) -> anyhow::Result<()> {
        let parts = self.services.values().flat_map(BTreeMap::values);
        let files: BTreeSet<PathBuf> = parts.flat_map(|part| part.origins.keys().cloned()).collect();
        for file in files {
            let bytes = read(&root.join(&file))?;
            self.files.insert(file, sha256(&bytes));
        }
        Ok(())
    }
}

/// A file's bytes, or where a link leads: what the digest of a site is of.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = if path.is_symlink() {
        std::fs::read_link(path).map(|to| to.into_os_string().into_encoded_bytes())
    } else {
        std::fs::read(path)
    };
    bytes.with_context(|| format!("cannot read `{}`", path.display()))
}

fn configuration(file: &str, what: &str, text: &str) -> Part {
    let origins = BTreeMap::from([(PathBuf::from(file), vec![what.to_owned()])]);
    Part { kind: Kind::Configuration, print: sha256(text), origins, environment: None }
}

/// The inputs of the artifact's digest, one by one.
fn code(workspace: &Workspace, package: &str) -> anyhow::Result<BTreeMap<String, Part>> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for input in workspace.inputs(package)? {
        let (key, through) = match &input.member {
            Some(member) => (input.label, packages(&workspace.route(member, package))),
            None if input.label == "lock" => {
                let line = String::from_utf8_lossy(&input.bytes).into_owned();
                let name = line.split(' ').next().unwrap_or(&line);
                (format!("lock {name}"), vec![format!("crate `{name}`"), format!("package `{package}`")])
            }
            None => (format!("word {}", input.label), packages(&[package.to_owned()])),
        };
        let print = sha256(&input.bytes);
        // Two versions of one crate are one part: which of them changed is in the file.
        let part = parts.entry(format!("code {key}")).or_insert_with(|| Part {
            kind: Kind::Code,
            print: String::new(),
            origins: BTreeMap::from([(input.file, through)]),
            environment: None,
        });
        part.print.push_str(&print);
    }
    Ok(parts)
}

fn packages(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("package `{name}`")).collect()
}

fn files_of_site(root: &Path, source: &Path, output: &Path) -> anyhow::Result<BTreeMap<String, Part>> {
    let output = output.strip_prefix(source).unwrap_or(output);
    let mut parts = BTreeMap::new();
    for path in site::inputs::files(&root.join(source), output)? {
        parts.extend([file(root, &path, Kind::Site, &format!("the site in `{}`", source.display()))?]);
    }
    Ok(parts)
}

/// The deployer's own sources, of which each service is made in a way: they say how it is deployed.
fn deployer(root: &Path, workspace: &Workspace) -> anyhow::Result<BTreeMap<String, Part>> {
    let mut parts = BTreeMap::new();
    let kept = |entry: &walkdir::DirEntry| entry.file_name() != SNAPSHOTS;
    for folder in reach::deployer(workspace)? {
        let folder = root.join(folder);
        for entry in walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().filter_entry(kept) {
            let entry = entry.with_context(|| format!("cannot read `{}`", folder.display()))?;
            if entry.file_type().is_file() {
                parts.extend([file(root, entry.path(), Kind::Deployer, "the deployer")?]);
            }
        }
    }
    Ok(parts)
}

/// A part that is a file as it is.
fn file(root: &Path, path: &Path, kind: Kind, through: &str) -> anyhow::Result<(String, Part)> {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let bytes = read(path)?;
    let origins = BTreeMap::from([(relative.to_owned(), vec![through.to_owned()])]);
    let part = Part { kind, print: sha256(&bytes), origins, environment: None };
    Ok((format!("file {}", relative.display()), part))
}

/// What a service takes from others: by its stack's parameters, and by its site.
fn wires(app: &App, service: &str) -> Vec<(Option<String>, OutputRef)> {
    let Some(spec) = app.services.get(service) else { return Vec::new() };
    let inputs = spec.inputs.iter().map(|(name, to)| (Some(name.clone()), to.clone()));
    let site = spec.site.iter().flat_map(|site| site.needs().cloned()).map(|to| (None, to));
    inputs.chain(site.filter(|(_, to)| to.service != service)).collect()
}
