//! The documents in `docs/openapi/` name exactly the routes of the stacks: method, path, function, scopes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_yaml::Value;
use xtask::config::{Config, environments};
use xtask::render::Renderer;

use super::roots;

/// A method and a path → the function that answers, and the scopes that a token needs.
type Routes = BTreeMap<String, (String, Vec<String>)>;

fn parsed(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_sequence().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn of_template(template: &Value) -> Routes {
    let resources = template["Resources"].as_mapping().unwrap();
    let routes = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::ApiGatewayV2::Route");
    let described = routes.map(|(name, route)| {
        let route = &route["Properties"];
        let function = name.as_str().unwrap().strip_suffix("Route").unwrap().to_owned();
        (route["RouteKey"].as_str().unwrap().to_owned(), (function, texts(&route["AuthorizationScopes"])))
    });
    described.collect()
}

fn of_document(document: &Value) -> Routes {
    let mut routes = Routes::new();
    for (path, item) in document["paths"].as_mapping().unwrap() {
        for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
            let Some(operation) = item.get(method) else { continue };
            let security = operation.get("security").unwrap_or(&document["security"]);
            let [requirement] = security.as_sequence().unwrap().as_slice() else { panic!("{method} {path:?}") };
            let scopes = requirement.as_mapping().unwrap().values().flat_map(texts).collect();
            let function = operation["operationId"].as_str().unwrap().to_owned();
            routes.insert(format!("{} {}", method.to_uppercase(), path.as_str().unwrap()), (function, scopes));
        }
    }
    routes
}

#[test]
fn the_documents_list_exactly_the_routes_of_the_stacks() {
    for root in roots() {
        let renderer = Renderer::load(&root).unwrap();
        let folder = root.join("docs/openapi");
        for environment in environments(&root) {
            let config = Config::load(&root, Some(&environment)).unwrap();
            let mut documented = BTreeSet::new();
            for service in config.app.services.keys() {
                let routes = of_template(&serde_yaml::from_str(&renderer.offline(&config, service).unwrap()).unwrap());
                if !routes.is_empty() {
                    let name = format!("{service}.yaml");
                    assert_eq!(of_document(&parsed(&folder.join(&name))), routes, "{environment} {service}");
                    documented.insert(name);
                }
            }
            let files = std::fs::read_dir(&folder).unwrap();
            let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!(files, documented, "{environment}: documents of nothing");
        }
    }
}
