//! What is deployed, as `cargo xtask outputs --json` tells it.

use std::sync::OnceLock;

use serde_json::Value;

/// The outputs of the environment under test.
#[derive(Debug)]
pub struct Deployment(Value);

impl Deployment {
    /// Reads the file that `E2E_OUTPUTS` names, once.
    pub fn get() -> &'static Self {
        static DEPLOYMENT: OnceLock<Deployment> = OnceLock::new();
        DEPLOYMENT.get_or_init(|| {
            let path = std::env::var("E2E_OUTPUTS");
            let path = path.unwrap_or_else(|_| panic!("E2E_OUTPUTS is not set: run `cargo xtask test --only e2e`"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{path}`: {error}"));
            Self(serde_json::from_str(&text).unwrap())
        })
    }

    /// What the names of everything in this environment begin with, such as `todo-test`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.output("files", "BucketName").split_once("-files-").unwrap().0
    }

    /// One output, such as `("todos", "ApiUrl")`.
    #[must_use]
    pub fn output(&self, service: &str, name: &str) -> &str {
        self.0[service][name].as_str().unwrap_or_else(|| panic!("no output `{service}.{name}`"))
    }
}
