//! The OpenAPI documents in `docs/openapi/`, as what they promise: which requests are good, and which answers may come.

mod operation;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

pub use operation::{Operation, Request};

use crate::{Deployment, Response};

/// The services that have an API.
pub const SERVICES: [&str; 2] = ["todos", "files"];

/// The methods of OpenAPI's path items.
pub const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// One service's document.
#[derive(Debug)]
pub struct Document {
    service: &'static str,
    root: Value,
    /// By the schema's text: a document has few schemas and a test run thousands of calls.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    /// Every document, read once.
    pub fn all() -> &'static [Self] {
        static DOCUMENTS: OnceLock<Vec<Document>> = OnceLock::new();
        DOCUMENTS.get_or_init(|| SERVICES.map(Self::read).into())
    }

    /// The document of a service.
    #[must_use]
    pub fn of(service: &str) -> &'static Self {
        Self::all().iter().find(|document| document.service == service).unwrap()
    }

    fn read(service: &'static str) -> Self {
        let path = repository().join(format!("docs/openapi/{service}.yaml"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { service, root: serde_yaml::from_str(&text).unwrap(), validators: Mutex::default() }
    }

    /// The whole document.
    #[must_use]
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Every operation: method, path, and what the document says of it.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, &str, Operation<'_>)> {
        let paths = self.root["paths"].as_object().unwrap();
        paths.iter().flat_map(move |(path, item)| {
            let listed = METHODS.into_iter().filter_map(move |method| Some((method, item.get(method.to_lowercase())?)));
            listed.map(move |(method, own)| (method, path.as_str(), Operation::new(self, item, own)))
        })
    }

    /// The operation of a call, with its path parameters. A literal path goes before one with parameters, as in the gateway.
    #[must_use]
    pub fn operation(&self, method: &str, path: &str) -> Option<(Operation<'_>, Vec<(String, String)>)> {
        let mine = self.operations().filter(|(name, ..)| *name == method);
        let found = mine.filter_map(|(_, template, operation)| Some((operation, matched(template, path)?)));
        found.min_by_key(|(_, parameters)| parameters.len())
    }

    /// Follows a reference, if this is one.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        self.root.pointer(&reference[1..]).unwrap_or_else(|| panic!("no `{reference}`"))
    }

    /// The validator of one of the document's schemas. Formats count.
    #[must_use]
    pub fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let made = validators.entry(schema.to_string()).or_insert_with(|| Arc::new(self.compiled(schema)));
        Arc::clone(made)
    }

    fn compiled(&self, schema: &Value) -> Validator {
        let whole = json!({"allOf": [schema], "components": self.root["components"]});
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options.build(&whole).unwrap_or_else(|error| panic!("{error}: {schema}"))
    }
}

/// The repository's root.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Panics if this call of an API of ours, or its answer, is not as its document has it.
pub(crate) fn check(request: &Request<'_>, answer: &Response) {
    for service in SERVICES {
        let Some(rest) = request.url.strip_prefix(Deployment::get().output(service, "ApiUrl")) else { continue };
        let path = rest.split('?').next().unwrap_or_default();
        if is_of_emulator(answer) {
            continue;
        }
        let verdict = match Document::of(service).operation(request.method, path) {
            Some((operation, parameters)) => operation.check(request, &parameters, answer),
            None => unlisted(request, answer),
        };
        verdict.unwrap_or_else(|problem| {
            panic!("{} {} → {}: {problem}\n{}", request.method, request.url, answer.status, answer.text())
        });
    }
}

/// The emulator's own word on a function that cannot start. AWS's gateway says nothing but `{"message": …}`.
fn is_of_emulator(answer: &Response) -> bool {
    answer.status == 502 && answer.text().contains("exited during init")
}

/// What no document lists: preflights, which the gateway answers, and calls that it has no route for.
fn unlisted(request: &Request<'_>, answer: &Response) -> Result<(), String> {
    let gateways = request.method == "HEAD" || answer.text().starts_with("{\"message\":");
    let fine = request.method == "OPTIONS" || (answer.status == 404 && gateways);
    if fine { Ok(()) } else { Err("is not in the document".to_owned()) }
}

/// The path parameters, if the path is one of the template's.
fn matched(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let mut parameters = Vec::new();
    for (wanted, given) in template.iter().zip(&path) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if given.is_empty() => return None,
            Some(name) => parameters.push((name.to_owned(), (*given).to_owned())),
            None if wanted == given => {}
            None => return None,
        }
    }
    (template.len() == path.len()).then_some(parameters)
}
