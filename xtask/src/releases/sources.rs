//! What a template is rendered from: its sources and the configuration. Literals apart from references.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Value, json};

use super::archive::{self, Files};
use crate::config::Config;

/// Everything below `stacks/`, `config/app.yaml` and the environment's file.
pub(super) fn of_clone(config: &Config) -> anyhow::Result<Files> {
    let stacks = archive::read(&config.root.join("stacks"))?;
    let mut files: Files = stacks.into_iter().map(|(path, bytes)| (format!("stacks/{path}"), bytes)).collect();
    // A branch's environment has its file under another name: in the release it has its own.
    let own = (environment_file(config.env.file()), environment_file(&config.env.name));
    for (file, name) in [("config/app.yaml".to_owned(), "config/app.yaml".to_owned()), own] {
        let bytes = std::fs::read(config.root.join(&file)).with_context(|| format!("cannot read `{file}`"))?;
        files.insert(name, bytes);
    }
    Ok(files)
}

/// The path of an environment's file.
pub(super) fn environment_file(environment: &str) -> String {
    format!("config/{environment}.yaml")
}

/// Values that the configuration gives a service, by a name that a person can find in the file.
pub(super) fn literals(config: &Config, service: &str) -> BTreeMap<String, Value> {
    let env = &config.env;
    let mut values = BTreeMap::from([("protected".to_owned(), json!(env.protected))]);
    for name in config.app.services.get(service).into_iter().flat_map(|spec| &spec.functions) {
        let own = env.function(name);
        for (what, value) in [("memory", own.memory), ("timeout", own.timeout), ("retention", own.retention)] {
            values.insert(format!("functions.{name}.{what}"), value.into());
        }
    }
    values.extend(config.limits().into_iter().map(|(name, value)| (format!("limits.{name}"), value.into())));
    values.extend(env.domain.as_ref().map(|domain| ("domain".to_owned(), json!(domain))));
    values.extend(env.mail.as_ref().map(|mail| ("mail".to_owned(), json!(mail))));
    values.extend(env.alarm_topic.as_ref().map(|topic| ("alarmTopic".to_owned(), json!(topic))));
    values
}

/// Parameters whose values each deploy looks up: outputs of other stacks, and keys.
pub(super) fn references(config: &Config, service: &str) -> BTreeMap<String, String> {
    let Some(spec) = config.app.services.get(service) else { return BTreeMap::new() };
    let inputs = spec.inputs.iter().map(|(name, to)| (name.clone(), to.to_string()));
    let keys = spec
        .keys
        .keys()
        .flat_map(|key| [format!("{key}SecretArn"), format!("{key}Version")].map(|name| (name, format!("keys.{key}"))));
    inputs.chain(keys).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_app;

    fn config(folder: &std::path::Path) -> Config {
        std::fs::create_dir_all(folder.join("config")).unwrap();
        std::fs::create_dir_all(folder.join("stacks/macros")).unwrap();
        let app = "app: demo\ndefaultEnvironment: dev\nhomeRegion: eu-central-1\nlimits: {size: 5}\nservices:\n  users: {stack: stacks/a.yaml.tera}\n  orders:\n    stack: stacks/a.yaml.tera\n    crate: orders\n    functions: [addOrder]\n    keys: {Sign: {}}\n    inputs: {Pool: users.PoolId}\n";
        let env = "account: \"111111111111\"\nregion: eu-central-1\nfunctions: {memory: 256, timeout: 10, retention: 7}\nlimits: {size: 6}\n";
        for (path, text) in [
            ("config/app.yaml", app),
            ("config/dev.yaml", env),
            ("stacks/a.yaml.tera", "a: 1\n"),
            ("stacks/macros/m.yaml.tera", ""),
        ] {
            std::fs::write(folder.join(path), text).unwrap();
        }
        load_app(folder).unwrap();
        Config::load(folder, None).unwrap()
    }

    #[test]
    fn literals_and_references_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let literals = literals(&config, "orders");
        assert_eq!(literals["functions.addOrder.memory"], 256);
        assert_eq!(literals["limits.size"], 6, "the environment's own");
        let references = references(&config, "orders");
        let pairs: Vec<_> = references.iter().map(|(name, to)| format!("{name}={to}")).collect();
        assert_eq!(pairs, ["Pool=users.PoolId", "SignSecretArn=keys.Sign", "SignVersion=keys.Sign"]);
    }

    #[test]
    fn the_sources_are_all_that_a_template_is_rendered_from() {
        let folder = tempfile::tempdir().unwrap();
        let files = of_clone(&config(folder.path())).unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["config/app.yaml", "config/dev.yaml", "stacks/a.yaml.tera", "stacks/macros/m.yaml.tera"]);
    }
}
