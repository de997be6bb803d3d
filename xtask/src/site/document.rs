//! The two `<meta>` elements of `index.html` that an environment fills in. Pure: text in, text out.

use std::ops::Range;

use crate::error::Problem;

/// The elements whose `content` is rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meta {
    /// `<meta http-equiv="Content-Security-Policy" …>`
    Policy,
    /// `<meta name="app-config" …>`
    Config,
}

impl Meta {
    fn matches(self, attributes: &[Attribute<'_>]) -> bool {
        let (name, value) = self.mark();
        attributes.iter().any(|one| one.name.eq_ignore_ascii_case(name) && one.value.eq_ignore_ascii_case(value))
    }

    fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Policy => ("http-equiv", "Content-Security-Policy"),
            Self::Config => ("name", "app-config"),
        }
    }

    fn element(self) -> String {
        let (name, value) = self.mark();
        format!("<meta {name}=\"{value}\" content=\"…\">")
    }
}

/// One attribute of a tag, its value as written.
#[derive(Debug)]
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    /// Where the value is in the text, with its quotes.
    place: Range<usize>,
}

/// The content of the one element of this kind.
pub(super) fn content(html: &str, meta: Meta) -> Result<String, Problem> {
    let (value, _) = find(html, meta)?;
    Ok(unescape(value))
}

/// The text with the content of the one element of this kind replaced.
pub(super) fn replace(html: &str, meta: Meta, content: &str) -> Result<String, Problem> {
    let (_, place) = find(html, meta)?;
    Ok(format!("{}\"{}\"{}", &html[..place.start], escape(content), &html[place.end..]))
}

/// The text with a module before the element that names the configuration.
pub(super) fn with_module(html: &str, path: &str) -> Result<String, Problem> {
    let (_, place) = find(html, Meta::Config)?;
    let at = html[..place.start].rfind('<').unwrap_or_default();
    Ok(format!("{}<script type=\"module\" src=\"{}\"></script>\n    {}", &html[..at], escape(path), &html[at..]))
}

fn find(html: &str, meta: Meta) -> Result<(&str, Range<usize>), Problem> {
    let tags = metas(html);
    let found: Vec<_> = tags.iter().filter(|attributes| meta.matches(attributes)).collect();
    let [attributes] = found.as_slice() else {
        let message = format!("index.html has {} elements `{}`, expected exactly one", found.len(), meta.element());
        return Err(Problem::failed(message).hint("keep one of them in the site's index.html; the sync fills it in"));
    };
    let content = attributes.iter().find(|one| one.name.eq_ignore_ascii_case("content"));
    let content = content
        .ok_or_else(|| Problem::failed(format!("index.html: `{}` lacks its `content` attribute", meta.element())))?;
    Ok((content.value, content.place.clone()))
}

/// The attributes of every `<meta>` outside comments, scripts and styles.
fn metas(html: &str) -> Vec<Vec<Attribute<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|offset| at + offset) {
        let rest = &html[open..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |end| open + end + 3);
            continue;
        }
        let name_end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(rest.len(), |end| end + 1);
        let name = rest[1..name_end].to_ascii_lowercase();
        if name.is_empty() {
            at = open + 1;
            continue;
        }
        let (attributes, end) = attributes(html, open + name_end);
        at = end;
        match name.as_str() {
            "meta" => found.push(attributes),
            "script" | "style" | "noscript" | "template" | "title" | "textarea" => {
                let close = format!("</{name}");
                let text = html[end..].to_ascii_lowercase();
                at = text.find(&close).map_or(html.len(), |offset| end + offset + close.len());
            }
            _ => {}
        }
    }
    found
}

/// The attributes from `at` to the tag's end, and the place after it.
fn attributes(html: &str, mut at: usize) -> (Vec<Attribute<'_>>, usize) {
    let mut found = Vec::new();
    loop {
        at += html[at..].len() - html[at..].trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/').len();
        if at >= html.len() {
            return (found, html.len());
        }
        if html[at..].starts_with('>') {
            return (found, at + 1);
        }
        let name_end = until(html, at, |c| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'));
        // A stray `=` starts a name, as the HTML standard has it; without this the scan would stand still.
        let name_end = if name_end == at { at + 1 } else { name_end };
        let name = &html[at..name_end];
        at = until(html, name_end, |c| !c.is_ascii_whitespace());
        if !html[at..].starts_with('=') {
            found.push(Attribute { name, value: "", place: name_end..name_end });
            continue;
        }
        let start = until(html, at + 1, |c| !c.is_ascii_whitespace());
        let (value, place) = if let Some(quote @ ('"' | '\'')) = html[start..].chars().next() {
            let end = until(html, start + 1, |c| c == quote);
            (&html[start + 1..end], start..(end + 1).min(html.len()))
        } else {
            let end = until(html, start, |c| c.is_ascii_whitespace() || c == '>');
            (&html[start..end], start..end)
        };
        at = place.end;
        found.push(Attribute { name, value, place });
    }
}

/// The place of the first character from `at` on that `stop` takes, else the end.
fn until(html: &str, at: usize, stop: impl Fn(char) -> bool) -> usize {
    html[at..].find(stop).map_or(html.len(), |offset| at + offset)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    let quotes = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&#x27;", "'").replace("&apos;", "'");
    quotes.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"img-src 'self'\" />";

    #[test]
    fn the_content_is_replaced_and_all_else_stays() {
        let html = format!("<!doctype html>\n<head>{POLICY}<title>é</title></head>");
        let changed = replace(&html, Meta::Policy, "img-src https://a?x=1&y=\"2\"").unwrap();
        let expected = "content=\"img-src https://a?x=1&amp;y=&quot;2&quot;\" /><title>é</title></head>";
        assert!(changed.ends_with(expected), "{changed}");
        assert_eq!(content(&changed, Meta::Policy).unwrap(), "img-src https://a?x=1&y=\"2\"");
    }

    #[test]
    fn order_case_quotes_and_line_breaks_of_a_tag_do_not_matter() {
        for html in [
            "<META\n content='/config.json'\n NAME=app-config>",
            "<meta content=/config.json name='APP-CONFIG'/>",
            "<meta data-x name = \"app-config\" content = \"/config.json\">",
        ] {
            let changed = replace(html, Meta::Config, "/config.1.json").unwrap();
            assert!(changed.contains("\"/config.1.json\""), "{changed}");
            assert_eq!(content(&changed, Meta::Config).unwrap(), "/config.1.json");
        }
    }

    #[test]
    fn none_or_two_of_an_element_are_refused() {
        for (html, count) in [(String::new(), 0), (format!("{POLICY}{POLICY}"), 2)] {
            let error = replace(&html, Meta::Policy, "").unwrap_err().to_string();
            assert!(error.contains(&format!("has {count} elements")), "{error}");
        }
    }

    #[test]
    fn what_only_looks_like_the_element_does_not_count() {
        let html = format!(
            "<!-- {POLICY} --><script>const a = '{}';</script><noscript>{POLICY}</noscript>{POLICY}",
            POLICY.replace('\'', "")
        );
        assert_eq!(content(&html, Meta::Policy).unwrap(), "img-src 'self'");
    }

    #[test]
    fn an_element_without_content_is_refused() {
        let error = content("<meta name=\"app-config\">", Meta::Config).unwrap_err().to_string();
        assert!(error.contains("lacks its `content`"), "{error}");
    }

    proptest! {
        #[test]
        fn any_content_comes_back(text in "\\PC*") {
            let changed = replace(POLICY, Meta::Policy, &text).unwrap();
            prop_assert_eq!(content(&changed, Meta::Policy).unwrap(), text);
        }

        #[test]
        fn no_text_breaks_the_scan(html in "[<>/='\"!a-z -é]*") {
            let _ = replace(&html, Meta::Policy, "x");
        }
    }
}
