//! Which headers a key gets, and how it may change. Pure: names decide, content does not.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// The document that a site starts with; of all documents it is written last.
pub const INDEX: &str = "index.html";
const YEAR: &str = "public, max-age=31536000, immutable";
const MINUTES: &str = "public, max-age=300";
const ANEW: &str = "no-cache";

/// How a key may change, which decides when it is written and whether the CDN must hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Named after its content: kept for a year, never invalidated where it is new.
    Hashed,
    /// A fixed name, such as `favicon.ico`.
    Fixed,
    /// A page: names others, so it is written after them.
    Document,
    /// `index.html` at the root: the switch.
    Index,
}

/// The headers that S3 keeps with an object; an empty one is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Headers {
    /// `Content-Type`
    pub content_type: String,
    /// `Cache-Control`
    pub cache_control: String,
    /// `Content-Encoding`: what the file is already packed with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_encoding: String,
    /// `Content-Disposition`
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_disposition: String,
}

/// What is different for the keys that a glob matches. Of several rules that match, the last one that says something
/// about a header counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// A glob over whole keys: `*` stays within a folder, `**` does not, `{a,b}` is either.
    #[serde(rename = "match")]
    pub glob: String,
    /// `Content-Type`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Cache-Control`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `Content-Encoding`: what the files are already packed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `Content-Disposition`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// Whether the names carry a digest of the content: kept for a year then, and invalidated only where one is overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashed: Option<bool>,
    /// Whether the files stay out. `false` takes a dotfile in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<bool>,
}

/// What is being synced, which decides about names that no rule speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Any folder: a name counts as hashed where it has eight or more hexadecimal digits between dot or dash and dot.
    #[default]
    Folder,
    /// A bundler's output: everything below `assets/` is hashed, and `config.<16 digits>.json`.
    Site,
}

/// Rules, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    kind: Kind,
    rules: Vec<(GlobMatcher, Rule)>,
}

impl Rules {
    /// Checks each rule's glob and header values.
    pub fn new(kind: Kind, rules: Vec<Rule>) -> Result<Self, Problem> {
        let compile = |rule: Rule| {
            let glob = GlobBuilder::new(&rule.glob).literal_separator(true).build();
            let glob = glob.map_err(|error| {
                Problem::refused(format!("rule `{}`: {}", rule.glob, error.kind()))
                    .hint("globs are such as `*.wasm`, `downloads/**` or `**/*.{jpg,png}`")
            })?;
            for value in [&rule.content_type, &rule.cache_control, &rule.content_encoding, &rule.content_disposition] {
                let value = value.as_deref().unwrap_or_default();
                if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                    let message = format!("rule `{}`: `{}` is no header value", rule.glob, value.escape_debug());
                    return Err(Problem::refused(message).hint("headers are printable ASCII"));
                }
            }
            Ok((glob.compile_matcher(), rule))
        };
        Ok(Self { kind, rules: rules.into_iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// The class and the headers of a key.
    #[must_use]
    pub fn of(&self, key: &str) -> (Class, Headers) {
        let matching: Vec<&Rule> = self.rules.iter().filter(|(glob, _)| glob.is_match(key)).map(|one| &one.1).collect();
        let last = |value: fn(&Rule) -> Option<&String>| matching.iter().rev().find_map(|rule| value(rule)).cloned();
        let hashed = matching.iter().rev().find_map(|rule| rule.hashed).unwrap_or_else(|| self.is_hashed(key));
        let class = match key {
            INDEX => Class::Index,
            _ if hashed => Class::Hashed,
            _ if has_extension(key, &["html", "htm"]) => Class::Document,
            _ => Class::Fixed,
        };
        let caching = match class {
            Class::Hashed => YEAR,
            Class::Fixed => MINUTES,
            Class::Document | Class::Index => ANEW,
        };
        let headers = Headers {
            content_type: last(|rule| rule.content_type.as_ref()).unwrap_or_else(|| content_type(key)),
            cache_control: last(|rule| rule.cache_control.as_ref()).unwrap_or_else(|| caching.to_owned()),
            content_encoding: last(|rule| rule.content_encoding.as_ref()).unwrap_or_default(),
            content_disposition: last(|rule| rule.content_disposition.as_ref()).unwrap_or_default(),
        };
        (class, headers)
    }

    /// What the rules say about taking a key in; none where they are silent.
    #[must_use]
    pub fn skips(&self, key: &str) -> Option<bool> {
        self.rules.iter().rev().filter(|(glob, _)| glob.is_match(key)).find_map(|(_, rule)| rule.skip)
    }

    fn is_hashed(&self, key: &str) -> bool {
        match self.kind {
            Kind::Site => {
                let config = key.strip_prefix("config.").and_then(|rest| rest.strip_suffix(".json"));
                key.starts_with("assets/") || config.is_some_and(|digest| digest.len() == 16 && is_digest(digest))
            }
            Kind::Folder => {
                let name = key.rsplit('/').next().unwrap_or(key);
                let Some((stem, _)) = name.rsplit_once('.') else { return false };
                let last = stem.rsplit(['.', '-']).next().unwrap_or_default();
                last.len() < stem.len() && last.len() >= 8 && is_digest(last)
            }
        }
    }
}

/// Lower-case hexadecimal, and no date or number: both kinds of characters are there.
fn is_digest(text: &str) -> bool {
    let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hexadecimal && (text.len() >= 16 || text.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

fn content_type(key: &str) -> String {
    let mime = mime_guess::from_path(key).first_or_octet_stream();
    let text = mime.type_() == "text"
        || matches!(mime.subtype().as_str(), "json" | "javascript" | "xml")
        || mime.suffix().is_some_and(|suffix| matches!(suffix.as_str(), "json" | "xml"));
    let charset = if text { "; charset=utf-8" } else { "" };
    format!("{}{charset}", mime.essence_str())
}

fn has_extension(key: &str, extensions: &[&str]) -> bool {
    let own = Path::new(key).extension();
    own.is_some_and(|own| extensions.iter().any(|extension| own.eq_ignore_ascii_case(extension)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_decides_type_caching_and_order() {
        let table = [
            (Kind::Site, "index.html", Class::Index, "text/html; charset=utf-8", ANEW),
            (Kind::Site, "about/index.html", Class::Document, "text/html; charset=utf-8", ANEW),
            (Kind::Site, "assets/main-x_Z.js", Class::Hashed, "text/javascript; charset=utf-8", YEAR),
            (Kind::Site, "assets/icon.svg", Class::Hashed, "image/svg+xml; charset=utf-8", YEAR),
            (Kind::Site, "config.0123456789abcdef.json", Class::Hashed, "application/json; charset=utf-8", YEAR),
            (Kind::Site, "config.json", Class::Fixed, "application/json; charset=utf-8", MINUTES),
            (Kind::Site, "favicon.ico", Class::Fixed, "image/x-icon", MINUTES),
            (Kind::Site, "unknown", Class::Fixed, "application/octet-stream", MINUTES),
            (Kind::Folder, "assets/icon.svg", Class::Fixed, "image/svg+xml; charset=utf-8", MINUTES),
            (Kind::Folder, "assets/main-1a2b3c4d.js", Class::Hashed, "text/javascript; charset=utf-8", YEAR),
            (Kind::Folder, "main.1a2b3c4d.css", Class::Hashed, "text/css; charset=utf-8", YEAR),
            (Kind::Folder, "report-20240131.pdf", Class::Fixed, "application/pdf", MINUTES),
            (Kind::Folder, "deadbeef.txt", Class::Fixed, "text/plain; charset=utf-8", MINUTES),
        ];
        for (kind, key, class, content_type, cache_control) in table {
            let (found, headers) = Rules::new(kind, Vec::new()).unwrap().of(key);
            let expected = (class, content_type, cache_control);
            assert_eq!((found, headers.content_type.as_str(), headers.cache_control.as_str()), expected, "{key}");
        }
    }

    fn rules(yaml: &[serde_json::Value]) -> Result<Rules, Problem> {
        let parse = |one: &serde_json::Value| serde_json::from_value(one.clone()).unwrap();
        Rules::new(Kind::Folder, yaml.iter().map(parse).collect())
    }

    #[test]
    fn of_the_rules_that_match_the_last_one_with_an_opinion_counts() {
        let rules = rules(&[
            serde_json::json!({"match": "**/*.gz", "contentEncoding": "gzip", "contentType": "text/plain"}),
            serde_json::json!({"match": "downloads/**", "contentDisposition": "attachment", "hashed": true}),
            serde_json::json!({"match": "downloads/*.js.gz", "contentType": "text/javascript"}),
        ])
        .unwrap();
        let (class, headers) = rules.of("downloads/a.js.gz");
        assert_eq!(class, Class::Hashed);
        let expected = Headers {
            content_type: "text/javascript".into(),
            cache_control: YEAR.into(),
            content_encoding: "gzip".into(),
            content_disposition: "attachment".into(),
        };
        assert_eq!(headers, expected);
        assert_eq!(rules.of("downloads/deep/a.js.gz").1.content_type, "text/plain");
    }

    #[test]
    fn a_rule_leaves_out_and_takes_in() {
        let rules = rules(&[
            serde_json::json!({"match": "**/*.map", "skip": true}),
            serde_json::json!({"match": "keep/*.map", "skip": false}),
        ])
        .unwrap();
        assert_eq!(
            ["a.map", "b/c.map", "keep/a.map", "a.js"].map(|key| rules.skips(key)),
            [Some(true), Some(true), Some(false), None]
        );
    }

    #[test]
    fn a_broken_glob_and_a_broken_header_are_refused_by_name() {
        let error = rules(&[serde_json::json!({"match": "a[", "skip": true})]).unwrap_err();
        assert!(error.to_string().contains("rule `a[`"), "{error}");
        let error = rules(&[serde_json::json!({"match": "a", "contentType": "x\r\ny"})]).unwrap_err();
        assert_eq!(error.to_string(), "rule `a`: `x\\r\\ny` is no header value");
        let unknown = serde_json::from_value::<Rule>(serde_json::json!({"match": "a", "cache": "1"}));
        assert!(unknown.unwrap_err().to_string().contains("unknown field `cache`"));
    }
}
