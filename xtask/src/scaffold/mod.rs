//! A new service: what its files say and where they go (pure), and writing them so that all are there or none.
//! The texts themselves are `xtask/templates/service/`.

mod entry;
mod name;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{App, OutputRef};
use crate::error::Problem;

pub use name::ServiceName;
pub use write::create;

/// The folder of the services' packages.
const PACKAGES: &str = "functions";
/// The parameters that `stacks/macros/api.yaml.tera` refers to.
const API_INPUTS: [&str; 3] = ["Issuer", "SiteOrigin", "UserPoolClientId"];

/// The files of a package, by their path in it.
const PACKAGE: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("../../templates/service/Cargo.toml")),
    ("src/main.rs", include_str!("../../templates/service/src/main.rs")),
    ("src/lib.rs", include_str!("../../templates/service/src/lib.rs")),
    ("src/http.rs", include_str!("../../templates/service/src/http.rs")),
    ("src/http/tests.rs", include_str!("../../templates/service/src/http/tests.rs")),
    ("src/http/tests/table.rs", include_str!("../../templates/service/src/http/tests/table.rs")),
    ("src/item.rs", include_str!("../../templates/service/src/item.rs")),
    ("src/store.rs", include_str!("../../templates/service/src/store.rs")),
];
const STACK: &str = include_str!("../../templates/service/stack.yaml.tera");
const CONTRACT: &str = include_str!("../../templates/service/openapi.yaml");

/// What a new service brings: files that must not be there yet, and the new texts of two that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaffold {
    /// New files by path from the repository's root.
    pub files: BTreeMap<PathBuf, String>,
    /// `config/app.yaml` with the service's entry.
    pub app: String,
    /// `Cargo.toml` with the workspace's new member.
    pub workspace: String,
}

/// Works out a new service from the texts of `config/app.yaml` and the workspace's `Cargo.toml`.
///
/// # Errors
/// Where no service shows which outputs an API's parameters come from, or where a text has no place for the new one.
pub fn plan(name: &ServiceName, app: &App, app_text: &str, workspace: &str) -> Result<Scaffold, Problem> {
    let mut files = BTreeMap::from([
        (PathBuf::from(format!("stacks/{name}.yaml.tera")), name.fill(STACK)),
        (PathBuf::from(format!("docs/openapi/{name}.yaml")), name.fill(CONTRACT)),
    ]);
    for (path, text) in PACKAGE {
        files.insert(PathBuf::from(format!("{PACKAGES}/{name}/{path}")), name.fill(text));
    }
    let entry = entry::of(name, &inputs(app)?);
    Ok(Scaffold {
        files,
        app: entry::insert(app_text, &entry)?,
        workspace: entry::member(workspace, &format!("{PACKAGES}/{name}"))?,
    })
}

/// Where the parameters of an API come from: as some service that has one is wired.
fn inputs(app: &App) -> Result<BTreeMap<&'static str, &OutputRef>, Problem> {
    let wired = app.services.values().find_map(|service| {
        API_INPUTS.iter().map(|name| Some((*name, service.inputs.get(*name)?))).collect::<Option<BTreeMap<_, _>>>()
    });
    wired.ok_or_else(|| {
        Problem::usage(format!("no service in config/app.yaml has the inputs {}", API_INPUTS.join(", ")))
            .hint("a new service's API takes them from where another one does; write the first such service by hand")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "app: demo\ndefaultEnvironment: local\nhomeRegion: eu-central-1\nservices:\n  users: { stack: s }\n  orders:\n    stack: s\n    inputs: { Issuer: users.Issuer, SiteOrigin: web.Origin, UserPoolClientId: users.Client }\n";

    fn scaffold(name: &str) -> Result<Scaffold, Problem> {
        let app: App = serde_yaml::from_str(APP).unwrap();
        plan(&ServiceName::parse(name).unwrap(), &app, APP, "[workspace]\nmembers = [\"xtask\"]\n")
    }

    #[test]
    fn a_service_is_an_entry_a_template_a_contract_and_a_package() {
        let made = scaffold("order-lines").unwrap();
        let paths: Vec<_> = made.files.keys().map(|path| path.display().to_string()).collect();
        insta::assert_snapshot!(paths.join("\n"), @r"
        docs/openapi/order-lines.yaml
        functions/order-lines/Cargo.toml
        functions/order-lines/src/http/tests/table.rs
        functions/order-lines/src/http/tests.rs
        functions/order-lines/src/http.rs
        functions/order-lines/src/item.rs
        functions/order-lines/src/lib.rs
        functions/order-lines/src/main.rs
        functions/order-lines/src/store.rs
        stacks/order-lines.yaml.tera
        ");
        let app: App = serde_yaml::from_str(&made.app).unwrap();
        let service = &app.services["order-lines"];
        assert_eq!(service.functions, ["getOrderLines", "addOrderLines"]);
        assert_eq!(service.inputs["SiteOrigin"].to_string(), "web.Origin");
        assert_eq!(made.workspace, "[workspace]\nmembers = [\"xtask\", \"functions/order-lines\"]\n");
    }

    #[test]
    fn no_place_for_a_name_is_left_open() {
        for (path, text) in scaffold("order-lines").unwrap().files {
            let left = ["__name__", "__Name__", "__lib__"].iter().find(|place| text.contains(**place));
            assert_eq!(left, None, "{}", path.display());
        }
    }

    #[test]
    fn without_an_example_of_the_wiring_nothing_is_made() {
        let app: App = serde_yaml::from_str(&APP.replace("Issuer:", "Other:")).unwrap();
        let error = plan(&ServiceName::parse("lines").unwrap(), &app, APP, "").unwrap_err();
        assert!(error.to_string().contains("Issuer"), "{error}");
    }
}
