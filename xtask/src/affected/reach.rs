//! Which files can say anything about a service: the one answer that `affected` compares by and that workflows are
//! triggered by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::build::Workspace;
use crate::config::{App, Service};
use crate::render::sources;

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
pub(crate) fn reaches(root: &Path, app: &App, workspace: &Workspace) -> anyhow::Result<BTreeMap<String, Reach>> {
    let (texts, deployer) = (sources(root)?, deployer(workspace)?);
    let one = |(name, spec): (&String, &Service)| {
        let packages = spec.package.as_ref().map(|package| workspace.folders(package)).transpose()?.unwrap_or_default();
        let site = spec.site.as_ref().map(|site| (site.source.clone(), site.source.join(&site.output)));
        let templates = templates(&texts, spec);
        Ok((name.clone(), Reach { templates, packages, site, deployer: deployer.clone() }))
    };
    app.services.iter().map(one).collect()
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
fn templates(texts: &BTreeMap<String, String>, spec: &Service) -> BTreeMap<PathBuf, Vec<String>> {
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
    found
}
