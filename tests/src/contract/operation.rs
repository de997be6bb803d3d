//! One method of one path: is this request good, may this answer come?

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Document;
use crate::Response;

/// What was sent.
#[derive(Debug)]
pub struct Request<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// Headers.
    pub headers: &'a [(String, String)],
    /// Body; empty where there is none.
    pub body: &'a [u8],
}

/// What a document says of one method of one path.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    document: &'a Document,
    item: &'a Value,
    own: &'a Value,
}

impl<'a> Operation<'a> {
    pub(super) fn new(document: &'a Document, item: &'a Value, own: &'a Value) -> Self {
        Self { document, item, own }
    }

    /// The operation object.
    #[must_use]
    pub fn object(&self) -> &'a Value {
        self.own
    }

    /// The answer must be listed, and a request that was accepted must be valid.
    pub(super) fn check(
        &self,
        request: &Request<'_>,
        path: &[(String, String)],
        answer: &Response,
    ) -> Result<(), String> {
        self.may_answer(answer)?;
        if answer.status >= 300 {
            return Ok(());
        }
        self.takes_parameters("path", path)?;
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        self.takes_parameters("query", &decoded(query))?;
        self.takes_parameters("header", request.headers)?;
        self.takes_body(request.body)
    }

    /// Whether the body is one that the document allows.
    pub fn takes_body(&self, body: &[u8]) -> Result<(), String> {
        let described = &self.own["requestBody"];
        if body.is_empty() {
            return if described["required"] == true { Err("the body is required".to_owned()) } else { Ok(()) };
        }
        if described.is_null() {
            return Err("takes no body".to_owned());
        }
        let body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        self.fits("the body", &described["content"]["application/json"]["schema"], &body)
    }

    /// Each parameter that the document knows must have a value of its schema; none that is required may be absent.
    fn takes_parameters(&self, place: &str, given: &[(String, String)]) -> Result<(), String> {
        let all = [&self.item["parameters"], &self.own["parameters"]];
        let all = all.into_iter().filter_map(Value::as_array).flatten();
        for parameter in all.map(|one| self.document.resolve(one)).filter(|one| one["in"] == place) {
            let name = parameter["name"].as_str().unwrap();
            let value =
                given.iter().find(|(key, _)| key == name || place == "header" && key.eq_ignore_ascii_case(name));
            match value {
                Some((_, text)) => self.fits(name, &parameter["schema"], &typed(&parameter["schema"], text))?,
                None if parameter["required"] == true => return Err(format!("`{name}` is required")),
                None => {}
            }
        }
        Ok(())
    }

    /// The status must be listed; headers, media type and body must be those of that status.
    fn may_answer(&self, answer: &Response) -> Result<(), String> {
        let responses = &self.own["responses"];
        let exact = &responses[answer.status.to_string()];
        let described = if exact.is_null() { &responses[format!("{}XX", answer.status / 100)] } else { exact };
        if described.is_null() {
            return Err("the status is not listed".to_owned());
        }
        let described = self.document.resolve(described);
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let header = self.document.resolve(header);
            match answer.header(name) {
                "" if header["required"] == true => return Err(format!("`{name}` is missing")),
                "" => {}
                text => self.fits(name, &header["schema"], &Value::from(text))?,
            }
        }
        let Some(content) = described["content"].as_object() else {
            return if answer.body.is_empty() { Ok(()) } else { Err("has a body".to_owned()) };
        };
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        let described = content.get(kind).ok_or_else(|| format!("`{kind}` is not listed"))?;
        self.fits("the body", &described["schema"], &answer.json())
    }

    fn fits(&self, what: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let validator = self.document.validator(schema);
        validator
            .validate(value)
            .map_err(|error| format!("{what}: {} (at `{}`)", error.masked(), error.instance_path()))
    }
}

/// A parameter's text as a value of its schema's type, where it can be read as one.
fn typed(schema: &Value, text: &str) -> Value {
    let parsed = || serde_json::from_str(text).ok();
    match schema["type"].as_str() {
        Some("integer" | "boolean") => parsed().unwrap_or_else(|| Value::from(text)),
        _ => Value::from(text),
    }
}

/// The pairs of a query string, as forms encode them.
fn decoded(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
