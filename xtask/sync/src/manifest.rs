//! The state of a synced prefix, kept beside it: what was put there, with which headers, and what waits for its end.
//! One line of JSON for all, then one per object, packed; read and written line by line. Pure.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Tag};
use crate::rules::Headers;
use crate::store::Pieces;

/// Below the prefix: what is the engine's own and no part of the site.
pub const OWN: &str = ".site/";
/// The manifest's key below the prefix.
pub const KEY: &str = ".site/manifest.json";
const FORMAT: &str = "site-sync 2";
/// Digests and tags in hexadecimal.
const FIRST_FORMAT: &str = "site-sync 1";
/// What a packed manifest begins with, and no JSON. A plain one is read as well: earlier versions wrote it so, and some stores unpack what they
/// are asked for.
const PACKED: u8 = 0x1f;
/// Digests are random: more effort makes the manifest hardly smaller.
const EFFORT: Compression = Compression::new(1);
/// Bytes that are packed at a time.
const PIECE: usize = 64 << 10;

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
    key: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    sha256: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tag: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<u16>,
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
}

/// One object, as the manifest tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) known: Known,
    /// Minutes since 1970 in which it was first unwanted.
    pub(crate) stale: Option<u32>,
}

/// What the manifest says beside its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) owner: String,
    pub(crate) pending: BTreeSet<String>,
}

/// Reads a manifest as it arrives, and tells each object at once: there may be many.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// None for a plain manifest.
    packed: Option<GzDecoder<Vec<u8>>>,
    begun: bool,
    /// What has arrived of a line.
    line: Vec<u8>,
    head: Option<Head>,
    objects: usize,
    /// Whether something was no part of a manifest.
    damaged: bool,
}

impl Reader {
    /// Reads on.
    pub(crate) fn take(&mut self, mut bytes: &[u8], each: &mut impl FnMut(&str, Told)) {
        if !self.begun && !bytes.is_empty() {
            self.begun = true;
            self.packed = (bytes[0] == PACKED).then(|| GzDecoder::new(Vec::new()));
        }
        let Some(mut packed) = self.packed.take() else { return self.lines(bytes, each) };
        while !bytes.is_empty() && !self.damaged {
            match packed.write(bytes) {
                Ok(read) if read > 0 => bytes = &bytes[read..],
                _ => self.damaged = true,
            }
            self.lines(&std::mem::take(packed.get_mut()), each);
        }
        self.packed = Some(packed);
    }

    /// What the manifest says beside its objects, and the table of headers that their numbers are of. None for what is no manifest,
    /// or not all of one, whatever was told before.
    pub(crate) fn end(mut self, each: &mut impl FnMut(&str, Told)) -> Option<(Summary, Vec<Headers>)> {
        if let Some(packed) = self.packed.take() {
            let rest = packed.finish().ok()?;
            self.lines(&rest, each);
        }
        if !self.line.is_empty() {
            self.lines(b"\n", each);
        }
        let head = self.head.filter(|head| !self.damaged && head.objects == self.objects)?;
        Some((Summary { owner: head.owner, pending: head.pending }, head.headers))
    }

    fn lines(&mut self, text: &[u8], each: &mut impl FnMut(&str, Told)) {
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") && !self.damaged {
                self.damaged = self.one(each).is_none();
                self.line.clear();
            }
        }
    }

    /// A whole line.
    fn one(&mut self, each: &mut impl FnMut(&str, Told)) -> Option<()> {
        let Some(head) = &self.head else {
            let head: Head = serde_json::from_slice(&self.line).ok()?;
            self.head = Some(head).filter(|head| matches!(head.format.as_str(), FORMAT | FIRST_FORMAT));
            return self.head.is_some().then_some(());
        };
        let first = head.format == FIRST_FORMAT;
        let line: Line<'_> = serde_json::from_slice(&self.line).ok()?;
        let digest = match &line.sha256 {
            Some(text) => Some(if first { Digest::from_hex(text) } else { Digest::from_base64(text) }?),
            None => None,
        };
        let tag = if first { Tag::from_hex(&line.tag) } else { Tag::from_base64(&line.tag) }?;
        if line.headers.is_some_and(|number| usize::from(number) >= head.headers.len()) {
            return None;
        }
        each(&line.key, Told { known: Known { digest, tag, headers: line.headers }, stale: line.stale });
        self.objects += 1;
        Some(())
    }
}

/// The bytes that a `Reader` takes; the objects in the order of keys.
pub(crate) fn pieces(
    summary: &Summary,
    headers: &[Headers],
    objects: impl Iterator<Item = (String, Told)> + Clone + Send + Sync + 'static,
) -> anyhow::Result<Pieces> {
    let head = Head {
        format: FORMAT.to_owned(),
        owner: summary.owner.clone(),
        objects: objects.clone().count(),
        headers: headers.to_vec(),
        pending: summary.pending.clone(),
    };
    let head = line(&head)?;
    Pieces::new(move || {
        let objects = objects.clone().map(|(key, Told { known, stale })| {
            line(&Line {
                key: key.into(),
                sha256: known.digest.map(|digest| digest.base64().into()),
                tag: known.tag.base64().into(),
                headers: known.headers,
                stale,
            })
        });
        pack(std::iter::once(Ok(head.clone())).chain(objects))
    })
}

fn line(of: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(of)?;
    line.push(b'\n');
    Ok(line)
}

/// The packed text of lines, piece by piece.
fn pack(mut lines: impl Iterator<Item = std::io::Result<Vec<u8>>>) -> impl Iterator<Item = std::io::Result<Bytes>> {
    let mut packed = Some(GzEncoder::new(Vec::with_capacity(2 * PIECE), EFFORT));
    let mut next = move || {
        while let Some(encoder) = &mut packed {
            match lines.next() {
                Some(line) => encoder.write_all(&line?)?,
                None => return packed.take().map(GzEncoder::finish).transpose(),
            }
            if encoder.get_ref().len() >= PIECE {
                return Ok(Some(std::mem::replace(encoder.get_mut(), Vec::with_capacity(2 * PIECE))));
            }
        }
        Ok(None)
    };
    std::iter::from_fn(move || next().transpose().map(|piece| piece.map(Bytes::from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(count: u32) -> Vec<(String, Told)> {
        let known = |number: u32| Known {
            digest: (!number.is_multiple_of(10)).then(|| Digest::of(&number.to_le_bytes())),
            tag: Tag::of(&number.to_string()),
            headers: (!number.is_multiple_of(10)).then_some(0),
        };
        let told = |number: u32| Told { known: known(number), stale: (number % 10 == 1).then_some(number) };
        (0..count).map(|number| (format!("a \"b\"/é-{number:06}"), told(number))).collect()
    }

    fn summary() -> Summary {
        Summary { owner: "demo".to_owned(), pending: BTreeSet::from(["a".to_owned()]) }
    }

    fn packed(objects: Vec<(String, Told)>) -> Vec<Bytes> {
        let pieces = pieces(&summary(), &[Headers::default()], objects.into_iter()).unwrap();
        pieces.begin().collect::<Result<_, _>>().unwrap()
    }

    /// What is read of it, however it arrives.
    fn parsed(bytes: &[u8]) -> Option<Vec<(String, Told)>> {
        let read = |size: usize| {
            let (mut objects, mut reader) = (Vec::new(), Reader::default());
            let mut each = |key: &str, known| objects.push((key.to_owned(), known));
            bytes.chunks(size).for_each(|part| reader.take(part, &mut each));
            let found = reader.end(&mut each)?;
            assert_eq!(found, (summary(), vec![Headers::default()]));
            Some(objects)
        };
        let whole = read(bytes.len().max(1));
        assert!([1, 7, 1_000].into_iter().all(|size| read(size) == whole));
        whole
    }

    #[test]
    fn what_is_written_is_read_and_is_small_and_never_whole_in_memory() {
        let objects = objects(5_000);
        let pieces = packed(objects.clone());
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.len() < 2 * PIECE), "{}", pieces.len());
        let bytes = pieces.concat();
        assert!(bytes.len() < 70 * objects.len(), "{} bytes an object", bytes.len() / objects.len());
        assert_eq!(parsed(&bytes), Some(objects));
        assert_eq!(parsed(&packed(Vec::new()).concat()), Some(Vec::new()));
    }

    #[test]
    fn one_that_is_cut_off_anywhere_or_changed_is_none() {
        let bytes = packed(objects(20)).concat();
        for end in 0..bytes.len() {
            assert_eq!(parsed(&bytes[..end]), None, "{end}");
        }
        let mut changed = bytes;
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        assert_eq!(parsed(&changed), None);
    }

    #[test]
    fn a_plain_one_is_read_and_the_first_formats_too() {
        let objects = objects(20);
        let mut plain = String::new();
        let packed = packed(objects.clone()).concat();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut plain).unwrap();
        assert_eq!(parsed(plain.as_bytes()), Some(objects.clone()));
        let mut first = plain.replace(FORMAT, FIRST_FORMAT);
        for (_, Told { known, .. }) in &objects {
            first = first.replace(&known.tag.base64(), &hex::encode(known.tag.0));
            if let Some(digest) = known.digest {
                first = first.replace(&digest.base64(), &digest.hex());
            }
        }
        assert_eq!(parsed(first.as_bytes()), Some(objects));
        assert_eq!(parsed(plain.replace(FORMAT, "site-sync 3").as_bytes()), None);
        assert_eq!(parsed(plain.replace("\"headers\":0", "\"headers\":1").as_bytes()), None);
    }
}
