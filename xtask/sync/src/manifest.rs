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
/// Bytes of a line without its key, as a rule.
const LINE: usize = 160;

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

/// What a manifest says beside its objects, and the table of headers that their numbers are of. Each object is told as it is read:
/// there may be many. None for what is no manifest, or not all of one, whatever was told before.
pub(crate) fn parse(bytes: &[u8], mut each: impl FnMut(&str, Known)) -> Option<(Summary, Vec<Headers>)> {
    let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let head: Head = serde_json::from_slice(lines.next()?).ok().filter(|head: &Head| head.format == FORMAT)?;
    let mut objects = 0;
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
        each(&line.key, Known { digest, tag: Tag(tag), headers, stale: line.stale });
        objects += 1;
    }
    let summary = Summary { owner: head.owner, pending: head.pending };
    (objects == head.objects).then_some((summary, head.headers))
}

/// The bytes that `parse` takes; the objects in the order of keys.
pub(crate) fn bytes<'a>(
    summary: &Summary,
    headers: &[Headers],
    objects: impl Iterator<Item = (&'a str, Known)> + Clone,
) -> anyhow::Result<Vec<u8>> {
    // Measured first: a buffer that grows is held twice.
    let (count, size) = objects.clone().fold((0, 0), |(count, size), (key, _)| (count + 1, size + key.len() + LINE));
    let head = Head {
        format: FORMAT.to_owned(),
        owner: summary.owner.clone(),
        objects: count,
        headers: headers.to_vec(),
        pending: summary.pending.clone(),
    };
    let head = serde_json::to_vec(&head)?;
    let mut bytes = Vec::with_capacity(head.len() + 1 + size);
    bytes.extend(head);
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
