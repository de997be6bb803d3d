//! What an environment adds to a built site: `config.<hash>.json` and the meta Content-Security-Policy. Pure.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use crate::config::Outputs;
use crate::config::{Config, OutputRef, Site, Value};
use crate::error::Problem;

/// The text of the site's configuration; the same values give the same bytes.
pub(super) fn json(site: &Site, config: &Config, outputs: &Outputs) -> anyhow::Result<String> {
    let limits = config.limits();
    let mut values = serde_json::Map::new();
    for (key, value) in &site.config {
        let value = match value {
            Value::Output(reference) => output(outputs, reference)?.into(),
            Value::Limit(name) => (*limits.get(name).with_context(|| format!("no limit `{name}`"))?).into(),
            Value::Region => config.env.region.as_str().into(),
        };
        values.insert(key.clone(), value);
    }
    Ok(serde_json::to_string_pretty(&values)? + "\n")
}

/// The built policy with the origins of `site.csp` added: directives and their sources are sorted, each once.
pub(super) fn policy(site: &Site, outputs: &Outputs, built: &str) -> anyhow::Result<String> {
    let mut directives: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for directive in built.split(';') {
        let mut words = directive.split_ascii_whitespace().map(str::to_owned);
        let Some(name) = words.next() else { continue };
        // The first of two directives of one name counts (CSP Level 3, "Parse a serialized CSP").
        directives.entry(name.to_ascii_lowercase()).or_insert_with(|| words.collect());
    }
    for (name, references) in &site.csp {
        let sources = directives.entry(name.clone()).or_default();
        sources.insert("'self'".to_owned());
        for reference in references {
            sources.insert(origin(reference, output(outputs, reference)?)?);
        }
        // `'none'` holds alone or not at all.
        sources.remove("'none'");
    }
    let line = |(name, sources): (String, BTreeSet<String>)| {
        std::iter::once(name).chain(sources).collect::<Vec<_>>().join(" ")
    };
    Ok(directives.into_iter().map(line).collect::<Vec<_>>().join("; "))
}

/// A policy with one more origin in one of its directives.
pub(super) fn allow(policy: &str, directive: &str, origin: &str) -> String {
    let mut found = false;
    let mut all: Vec<String> = policy
        .split("; ")
        .filter(|one| !one.is_empty())
        .map(|one| match one.split(' ').next() {
            Some(name) if name == directive => {
                found = true;
                format!("{} {origin}", one.trim_end_matches(" 'none'"))
            }
            _ => one.to_owned(),
        })
        .collect();
    if !found {
        all.push(format!("{directive} 'self' {origin}"));
    }
    all.join("; ")
}

/// An output that is there.
pub(super) fn output<'a>(outputs: &'a Outputs, reference: &OutputRef) -> anyhow::Result<&'a str> {
    let found = outputs.get(&reference.service).and_then(|values| values.get(&reference.output));
    found.map(String::as_str).ok_or_else(|| {
        Problem::failed(format!("the stack of `{}` has no output `{}`", reference.service, reference.output))
            .hint(format!("deploy `{}` first, or correct the reference in config/app.yaml", reference.service))
            .into()
    })
}

/// `scheme://host[:port]` of a URL.
fn origin(reference: &OutputRef, url: &str) -> Result<String, Problem> {
    let refused = || Problem::failed(format!("`{reference}` is `{url}`: expected an absolute http or https URL"));
    let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A comma or a semicolon would end the directive, and `@` hides a host behind a user's name.
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    if !matches!(scheme, "http" | "https") || host.is_empty() || !plain {
        return Err(refused());
    }
    Ok(format!("{scheme}://{}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(pairs: &[(&str, &str)]) -> Outputs {
        let mut outputs = Outputs::new();
        for (name, value) in pairs {
            let (service, output) = name.split_once('.').unwrap();
            outputs.entry(service.into()).or_default().insert(output.into(), (*value).into());
        }
        outputs
    }

    fn site(csp: &serde_json::Value) -> Site {
        serde_json::from_value(serde_json::json!({"source": "web", "output": "dist", "csp": csp})).unwrap()
    }

    #[test]
    fn origins_are_added_sorted_and_once_and_the_rest_of_the_policy_stays() {
        let site = site(&serde_json::json!({"connect-src": ["b.Url", "a.Url", "c.Url"], "img-src": ["a.Url"]}));
        let outputs = outputs(&[
            ("a.Url", "https://A.example/x"),
            ("b.Url", "http://b.localhost:4566"),
            ("c.Url", "https://a.example"),
        ]);
        let built = "default-src 'none'; IMG-SRC 'self' data: blob:;; connect-src 'none'; connect-src https://late";
        assert_eq!(
            policy(&site, &outputs, built).unwrap(),
            "connect-src 'self' http://b.localhost:4566 https://a.example; default-src 'none'; \
             img-src 'self' blob: data: https://a.example"
        );
    }

    #[test]
    fn a_policy_that_was_filled_in_stays_as_it_is() {
        let site = site(&serde_json::json!({"connect-src": ["a.Url"]}));
        let outputs = outputs(&[("a.Url", "https://a.example")]);
        let once = policy(&site, &outputs, "").unwrap();
        assert_eq!(policy(&site, &outputs, &once).unwrap(), once);
    }

    #[test]
    fn what_is_no_origin_is_refused_by_name() {
        let site = site(&serde_json::json!({"connect-src": ["a.Url"]}));
        for url in ["", "a.example", "javascript://x", "https://", "https://a b", "https://a;script-src", "https://u@h"]
        {
            let error = policy(&site, &outputs(&[("a.Url", url)]), "").unwrap_err().to_string();
            assert!(error.contains("`a.Url` is"), "{url}: {error}");
        }
    }

    #[test]
    fn a_missing_output_is_named() {
        let site = site(&serde_json::json!({"connect-src": ["a.Url"]}));
        let error = policy(&site, &Outputs::new(), "").unwrap_err();
        assert_eq!(error.to_string(), "the stack of `a` has no output `Url`");
    }
}
