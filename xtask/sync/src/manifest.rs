//! The state of a synced prefix, kept beside it: what was put there, with which headers, and what waits for its end.
//! One line of JSON for all, then one per object, so that it is read and written as a stream. Pure.

use std::collections::BTreeSet;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Tag};
use crate::rules::Headers;

/// Below the prefix: what is the engine's own and no part of the site.
pub const OWN: &str = ".site/";
/// The manifest's key below the prefix.
pub const KEY: &str = ".site/manifest.json";
const FORMAT: &str = "site-sync 1";

/// The first line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    format: String,
    owner: String,
    /// How many lines follow: one that was cut off is damaged.
    objects: usize,
    headers: Vec<Headers>,
    /// Keys that the CDN may still hold in an old form.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pending: BTreeSet<String>,
}

/// Each further line.
#[derive(Debug, Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    key: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    sha256: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    tag: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stale: Option<u32>,
}

/// One object, as the engine left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// None for an object that a killed sync or somebody else left.
    pub(crate) digest: Option<Digest>,
    pub(crate) tag: Tag,
    /// A number in the table of headers.
    pub(crate) headers: Option<u16>,
    /// Minutes since 1970 in which it was first unwanted.
    pub(crate) stale: Option<u32>,
}

/// What the manifest says beside its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) owner: String,
    pub(crate) pending: BTreeSet<String>,
}

/// A manifest whose headers are numbered by the caller.
pub(crate) struct Parsed {
    pub(crate) summary: Summary,
    pub(crate) headers: Vec<Headers>,
    pub(crate) objects: Vec<(Box<str>, Known)>,
}

/// None for what is no manifest, or not all of one.
pub(crate) fn parse(bytes: &[u8]) -> Option<Parsed> {
    let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let head: Head = serde_json::from_slice(lines.next()?).ok().filter(|head: &Head| head.format == FORMAT)?;
    let mut objects = Vec::with_capacity(head.objects.min(bytes.len() / 16));
    for line in lines {
        let line: Line<'_> = serde_json::from_slice(line).ok()?;
        let mut tag = [0; 16];
        hex::decode_to_slice(line.tag.as_ref(), &mut tag).ok()?;
        let digest = match line.sha256 {
            Some(text) => Some(Digest::from_hex(&text)?),
            None => None,
        };
        let headers = line.headers.map(|number| u16::try_from(number).ok().filter(|_| number < head.headers.len()));
        let headers = match headers {
            Some(number) => Some(number?),
            None => None,
        };
        objects.push((line.key.into(), Known { digest, tag: Tag(tag), headers, stale: line.stale }));
    }
    let summary = Summary { owner: head.owner, pending: head.pending };
    (objects.len() == head.objects).then_some(Parsed { summary, headers: head.headers, objects })
}

/// The bytes that `parse` takes; the objects in the order of keys.
pub(crate) fn bytes<'a>(
    summary: &Summary,
    headers: &[Headers],
    objects: impl Iterator<Item = (&'a str, Known)> + Clone,
) -> anyhow::Result<Vec<u8>> {
    let head = Head {
        format: FORMAT.to_owned(),
        owner: summary.owner.clone(),
        objects: objects.clone().count(),
        headers: headers.to_vec(),
        pending: summary.pending.clone(),
    };
    let mut bytes = serde_json::to_vec(&head)?;
    bytes.push(b'\n');
    for (key, known) in objects {
        let line = Line {
            key: key.into(),
            sha256: known.digest.map(|digest| digest.hex().into()),
            tag: hex::encode(known.tag.0).into(),
            headers: known.headers.map(usize::from),
            stale: known.stale,
        };
        serde_json::to_writer(&mut bytes, &line)?;
        bytes.write_all(b"\n")?;
    }
    Ok(bytes)
}
