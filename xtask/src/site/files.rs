//! The files of a site as the bucket shall hold them: path, digest, headers. Reads the built folder, decides nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::error::Problem;

/// The one document of a site; its change is the site's change.
pub(super) const INDEX: &str = "index.html";

/// How a path may change, which decides its caching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Class {
    /// Named after its content: below `assets/`, or `config.<hash>.json`. Kept for a year.
    Hashed,
    /// A fixed name, such as `favicon.ico` or `robots.txt`: browsers may be five minutes late, the CDN is invalidated.
    Fixed,
    /// `index.html`: asked for anew each time.
    Index,
}

/// The headers that S3 keeps with an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Headers {
    pub(super) content_type: String,
    pub(super) cache_control: String,
}

/// Where the bytes are.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// A file as it shall be in the bucket.
#[derive(Clone, Debug)]
pub(super) struct SiteFile {
    /// The object's key.
    pub(super) path: String,
    /// Hexadecimal.
    pub(super) sha256: String,
    /// Bytes.
    pub(super) size: u64,
    pub(super) headers: Headers,
    pub(super) body: Body,
}

/// Files by path.
pub(super) type Files = BTreeMap<String, SiteFile>;

impl Class {
    pub(super) fn of(path: &str) -> Self {
        let config = path.strip_prefix("config.").and_then(|rest| rest.strip_suffix(".json"));
        if path == INDEX {
            Self::Index
        } else if path.starts_with("assets/") || config.is_some_and(is_short_digest) {
            Self::Hashed
        } else {
            Self::Fixed
        }
    }
}

impl Headers {
    fn of(path: &str) -> Self {
        let cache_control = match Class::of(path) {
            Class::Hashed => "public, max-age=31536000, immutable",
            Class::Index => "no-cache",
            Class::Fixed if has_extension(path, "html") => "no-cache",
            Class::Fixed => "public, max-age=300",
        };
        let mime = mime_guess::from_path(path).first_or_octet_stream();
        let text = mime.type_() == "text"
            || matches!(mime.subtype().as_str(), "json" | "javascript" | "xml")
            || mime.suffix().is_some_and(|suffix| matches!(suffix.as_str(), "json" | "xml"));
        let charset = if text { "; charset=utf-8" } else { "" };
        Self { content_type: format!("{}{charset}", mime.essence_str()), cache_control: cache_control.to_owned() }
    }
}

impl SiteFile {
    /// A file whose bytes were made here.
    pub(super) fn of_bytes(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let (path, bytes) = (path.into(), bytes.into());
        let sha256 = digest::sha256(&bytes);
        let headers = Headers::of(&path);
        Self { path, sha256, size: bytes.len() as u64, headers, body: Body::Bytes(bytes) }
    }

    /// The configuration file, named after its content.
    pub(super) fn of_config(text: &str) -> Self {
        Self::of_bytes(format!("config.{}.json", digest::start(text, 16)), text)
    }

    /// A module, named after its content.
    pub(super) fn of_script(text: &str) -> Self {
        Self::of_bytes(format!("assets/module-{}.js", digest::start(text, 16)), text)
    }

    fn of_file(path: String, file: &Path) -> anyhow::Result<Self> {
        let read = Self::of_bytes(path, std::fs::read(file)?);
        Ok(Self { body: Body::File(file.to_owned()), ..read })
    }
}

/// Every file below a built folder; one without `index.html` is no site.
pub(super) fn read(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for entry in walkdir::WalkDir::new(folder).follow_links(true) {
        let entry = entry.with_context(|| format!("cannot read the built site in `{}`", folder.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        let path = parts.with_context(|| format!("`{}` is no UTF-8 name", relative.display()))?.join("/");
        let file = SiteFile::of_file(path.clone(), entry.path())
            .with_context(|| format!("cannot read `{}`", entry.path().display()))?;
        files.insert(path, file);
    }
    if files.contains_key(INDEX) {
        return Ok(files);
    }
    let message = format!("the built site in `{}` has no index.html ({} files)", folder.display(), files.len());
    Err(Problem::failed(message).hint("does `npm run build` write to the site's `output` in config/app.yaml?").into())
}

fn is_short_digest(text: &str) -> bool {
    text.len() == 16 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_decides_type_and_caching() {
        let table = [
            ("index.html", "text/html; charset=utf-8", "no-cache"),
            ("about/index.html", "text/html; charset=utf-8", "no-cache"),
            ("assets/main-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
            ("assets/icon.svg", "image/svg+xml; charset=utf-8", "public, max-age=31536000, immutable"),
            ("config.0123456789abcdef.json", "application/json; charset=utf-8", "public, max-age=31536000, immutable"),
            ("config.json", "application/json; charset=utf-8", "public, max-age=300"),
            ("favicon.ico", "image/x-icon", "public, max-age=300"),
            ("robots.txt", "text/plain; charset=utf-8", "public, max-age=300"),
            ("unknown", "application/octet-stream", "public, max-age=300"),
        ];
        for (path, content_type, cache_control) in table {
            let headers = Headers::of(path);
            assert_eq!((headers.content_type.as_str(), headers.cache_control.as_str()), (content_type, cache_control));
        }
    }

    #[test]
    fn the_configuration_is_named_after_its_content() {
        let (one, other) = (SiteFile::of_config("{}\n"), SiteFile::of_config("{ }\n"));
        assert_ne!(one.path, other.path);
        assert_eq!(Class::of(&one.path), Class::Hashed);
    }

    #[test]
    fn an_empty_folder_and_one_without_index_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("(0 files)"));
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("assets/a.js"), "1").unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("(1 files)"));
        std::fs::write(folder.path().join("index.html"), "1").unwrap();
        assert_eq!(read(folder.path()).unwrap().into_keys().collect::<Vec<_>>(), ["assets/a.js", "index.html"]);
    }
}
