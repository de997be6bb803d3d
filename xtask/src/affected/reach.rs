//! Which files can say anything about a service: the one answer that `affected` compares by and that workflows are
//! triggered by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::build::Workspace;
use crate::config::{App, Service};

/// This program's own package: where a workspace has it, its sources decide how each service is deployed.
const DEPLOYER: &str = env!("CARGO_PKG_NAME");
/// Folder of reviewed texts beside the deployer's tests; none of them is compiled.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// Where the words of one service are; all paths are below the repository's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Template and macros, each with the way from it to the template, itself excluded.
    pub templates: BTreeMap<PathBuf, Vec<String>>,
    /// Folders of the packages that its functions are built from.
    pub packages: BTreeSet<PathBuf>,
    /// Folder of its site, and of what that is built to.
    pub site: Option<(PathBuf, PathBuf)>,
    /// Folders of the deployer's sources.
    pub deployer: BTreeSet<PathBuf>,
}

/// What each service reaches, by name.
pub fn reaches(root: &Path, app: &App) -> anyhow::Result<BTreeMap<String, Reach>> {
    let workspace = Workspace::load(root)?;
    let one = |(name, spec): (&String, &Service)| Ok((name.clone(), reach(root, &workspace, spec)?));
    app.services.iter().map(one).collect()
}

fn reach(root: &Path, workspace: &Workspace, spec: &Service) -> anyhow::Result<Reach> {
    let packages = spec.package.as_ref().map(|package| workspace.folders(package)).transpose()?.unwrap_or_default();
    let site = spec.site.as_ref().map(|site| (site.source.clone(), site.source.join(&site.output)));
    let deployer = deployer(workspace)?;
    Ok(Reach { templates: templates(root, spec)?, packages, site, deployer })
}

/// Where the deployer's own sources are; nowhere where the workspace does not have it.
pub(super) fn deployer(workspace: &Workspace) -> anyhow::Result<BTreeSet<PathBuf>> {
    if !workspace.has(DEPLOYER) {
        return Ok(BTreeSet::new());
    }
    Ok(workspace.folders(DEPLOYER)?.into_iter().map(|folder| folder.join("src")).collect())
}

/// The template, and whatever below `stacks/` is named in quotes in what is already known. That may be a word too many (in
/// a comment, say), never one too few: tera takes names of templates as literals only.
fn templates(root: &Path, spec: &Service) -> anyhow::Result<BTreeMap<PathBuf, Vec<String>>> {
    let folder = root.join("stacks");
    let mut texts = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot read `{}`", folder.display()))?;
        let relative = entry.path().strip_prefix(&folder).unwrap_or(entry.path());
        let Some(name) = relative.to_str().filter(|name| name.ends_with(".yaml.tera")) else { continue };
        let text = std::fs::read_to_string(entry.path()).with_context(|| format!("cannot read `stacks/{name}`"))?;
        texts.insert(name.to_owned(), text);
    }
    let mut found = BTreeMap::from([(spec.stack.clone(), Vec::new())]);
    let mut open = vec![spec.stack.clone()];
    while let Some(path) = open.pop() {
        let name = path.strip_prefix("stacks").unwrap_or(&path).to_string_lossy().into_owned();
        let Some(text) = texts.get(&name) else { continue };
        let way = [vec![path.display().to_string()], found.get(&path).cloned().unwrap_or_default()].concat();
        for other in texts.keys() {
            let named = [format!("\"{other}\""), format!("'{other}'"), format!("`{other}`")];
            let next = Path::new("stacks").join(other);
            if !found.contains_key(&next) && named.iter().any(|name| text.contains(name.as_str())) {
                found.insert(next.clone(), way.clone());
                open.push(next);
            }
        }
    }
    Ok(found)
}
