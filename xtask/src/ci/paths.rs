//! The paths whose change triggers a service's workflow: what `affected` compares, as GitHub's patterns. Pure.

use crate::affected::{Reach, SNAPSHOTS};
use crate::build::PACKAGE_APART;
use crate::config::App;
use crate::site::inputs::APART as SITE_APART;

/// Patterns in GitHub's order: the last one that matches a file decides.
#[must_use]
pub fn paths(app: &App, reach: &Reach) -> Vec<String> {
    let mut paths = vec!["config/app.yaml".to_owned()];
    let mut environments: Vec<&String> = app.branches.values().collect();
    environments.sort();
    environments.dedup();
    paths.extend(environments.into_iter().map(|name| format!("config/{name}.yaml")));
    paths.extend(reach.templates.keys().map(|path| path.display().to_string()));
    if !reach.packages.is_empty() {
        paths.extend(["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].map(str::to_owned));
    }
    for folder in &reach.packages {
        let folder = folder.display();
        paths.push(format!("{folder}/**"));
        paths.extend(PACKAGE_APART.iter().map(|apart| format!("!{folder}/{apart}/**")));
        paths.extend([format!("!{folder}/**/.*"), format!("!{folder}/**/.*/**")]);
    }
    if let Some((source, output)) = &reach.site {
        paths.push(format!("{}/**", source.display()));
        paths.extend(SITE_APART.iter().map(|apart| format!("!{}/{apart}/**", source.display())));
        paths.push(format!("!{}/**", output.display()));
    }
    for folder in &reach.deployer {
        paths.extend([format!("{}/**", folder.display()), format!("!{}/**/{SNAPSHOTS}/**", folder.display())]);
    }
    paths
}
