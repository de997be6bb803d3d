//! The zip that Lambda takes: one executable named `bootstrap`; the same binary gives the same bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, Result, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use anyhow::Context;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};
use sha2::{Digest, Sha256};

/// Bytes that are packed by themselves, side by side with others: the same pieces on every machine, however many processors it has.
const PIECE: usize = 2 << 20;

/// What is written, and hashed as it is.
struct Hashed(Vec<u8>, Sha256);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.extend_from_slice(bytes);
        self.1.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Zips a binary; the zip and its SHA-256, in hex. Time and mode are fixed; `level` is deflate's, 1 (fast) to 9 (small).
pub(super) fn zip(binary: &[u8], level: u32) -> anyhow::Result<(Vec<u8>, String)> {
    let mut archive = ZipArchiveWriter::new(Hashed(Vec::with_capacity(binary.len() / 2), Sha256::new()));
    let file = archive.new_file("bootstrap").compression_method(CompressionMethod::DEFLATE).unix_permissions(0o100_755);
    let oldest = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0).context("the epoch of zips is no date")?;
    let (mut entry, _) = file.last_modified(oldest).start()?;
    let crc = deflate(binary, level, |piece| entry.write_all(piece))?;
    entry.finish(DataDescriptorOutput::new(crc.sum(), binary.len() as u64))?;
    let Hashed(bytes, hasher) = archive.finish()?;
    Ok((bytes, hex::encode(hasher.finalize())))
}

/// One stream of deflate in pieces, given in order as they get ready, and the checksum of what they are of. Each piece but the last ends
/// with an empty block, at a whole byte, and knows nothing of those before it.
fn deflate(binary: &[u8], level: u32, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<Crc> {
    let pieces: Vec<&[u8]> = if binary.is_empty() { vec![binary] } else { binary.chunks(PIECE).collect() };
    let (next, (done, packed)) = (AtomicUsize::new(0), channel());
    std::thread::scope(|scope| {
        for _ in 0..processors().min(pieces.len()) {
            let (pieces, next, done) = (&pieces, &next, done.clone());
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(piece) = pieces.get(at) else { return };
                    // Nobody hears any more where another piece has failed.
                    if done.send((at, pack(piece, level, at + 1 == pieces.len()))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let (mut ready, mut taken, mut crc) = (BTreeMap::new(), 0, Crc::new());
        for (at, piece) in packed {
            ready.insert(at, piece?);
            while let Some((bytes, sum)) = ready.remove(&taken) {
                take(&bytes)?;
                crc.combine(&sum);
                taken += 1;
            }
        }
        if taken == pieces.len() { Ok(crc) } else { Err(Error::other("a thread of the packer ended")) }
    })
}

/// A piece and the checksum of what it is of.
fn pack(piece: &[u8], level: u32, last: bool) -> Result<(Vec<u8>, Crc)> {
    let mut crc = Crc::new();
    crc.update(piece);
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(piece.len() / 2), Compression::new(level));
    encoder.write_all(piece)?;
    if last {
        return Ok((encoder.finish()?, crc));
    }
    encoder.flush()?;
    Ok((std::mem::take(encoder.get_mut()), crc))
}

/// A file, by all processors: of what has just been built, mapping the memory takes longer than copying.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = vec![0; usize::try_from(file.metadata()?.len()).map_err(Error::other)?];
    let share = bytes.len().div_ceil(processors()).max(1);
    std::thread::scope(|scope| {
        let part = |(at, part)| {
            let file = &file;
            scope.spawn(move || file.read_exact_at(part, (at * share) as u64))
        };
        let parts: Vec<_> = bytes.chunks_mut(share).enumerate().map(part).collect();
        parts.into_iter().try_for_each(|part| part.join().map_err(|_| Error::other("a thread of the reader ended"))?)
    })?;
    Ok(bytes)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{Cursor, Read};

    fn unpacked(bytes: Vec<u8>) -> Vec<u8> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap(), 0o100_755);
        assert_eq!(file.last_modified(), Some(zip::DateTime::default()));
        let mut back = Vec::new();
        file.read_to_end(&mut back).unwrap();
        back
    }

    proptest! {
        #[test]
        fn the_same_binary_gives_the_same_zip_and_comes_back_executable(binary in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let (bytes, sha256) = super::zip(&binary, 9).unwrap();
            prop_assert_eq!(&sha256, &crate::digest::sha256(&bytes));
            prop_assert_eq!(&bytes, &super::zip(&binary, 9).unwrap().0);
            prop_assert_eq!(unpacked(bytes), binary);
        }
    }

    #[test]
    fn a_file_is_read_whole_whatever_its_length() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for length in [0, 1, 2, 3, 1_000_003] {
            let bytes: Vec<u8> = (0..length).map(|place| u8::try_from(place * 7 % 251).unwrap()).collect();
            std::fs::write(file.path(), &bytes).unwrap();
            assert_eq!(super::read(file.path()).unwrap(), bytes, "{length}");
        }
        assert!(super::read(&file.path().join("none")).is_err());
    }

    #[test]
    fn a_binary_of_several_pieces_comes_back_whole() {
        for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
            let binary: Vec<u8> = (0..length).map(|place| u8::try_from(place * place % 251).unwrap()).collect();
            for level in [1, 9] {
                let (bytes, sha256) = super::zip(&binary, level).unwrap();
                assert_eq!(sha256, crate::digest::sha256(&bytes));
                assert!(bytes.len() < length / 2, "{level}");
                assert_eq!(bytes, super::zip(&binary, level).unwrap().0);
                assert_eq!(unpacked(bytes), binary, "{length} {level}");
            }
        }
    }
}
