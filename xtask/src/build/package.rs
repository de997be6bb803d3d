//! The zip that Lambda takes: one executable named `bootstrap`; the same binary gives the same bytes.

use std::io::Write;

use anyhow::Context;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

/// Bytes that are packed by themselves, side by side with others: the same pieces on every machine, however many processors it has.
const PIECE: usize = 2 << 20;

/// Zips a binary. Time and mode are fixed; `level` is deflate's, 1 (fast) to 9 (small).
pub(super) fn zip(binary: &[u8], level: u32) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipArchiveWriter::new(Vec::with_capacity(binary.len() / 2));
    let file = archive.new_file("bootstrap").compression_method(CompressionMethod::DEFLATE).unix_permissions(0o100_755);
    let oldest = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0).context("the epoch of zips is no date")?;
    let (mut entry, _) = file.last_modified(oldest).start()?;
    for piece in deflate(binary, level)? {
        entry.write_all(&piece)?;
    }
    let mut crc = Crc::new();
    crc.update(binary);
    entry.finish(DataDescriptorOutput::new(crc.sum(), binary.len() as u64))?;
    Ok(archive.finish()?)
}

/// One stream of deflate in pieces. Each but the last ends with an empty block, at a whole byte, and knows nothing of those before it.
fn deflate(binary: &[u8], level: u32) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut pieces = binary.chunks(PIECE);
    let last = pieces.next_back().unwrap_or_default();
    std::thread::scope(|scope| {
        let work: Vec<_> = pieces.map(|piece| scope.spawn(move || open(piece, level))).collect();
        let last = packed(last, level)?.finish()?;
        let ended = |_| std::io::Error::other("a thread of the packer ended");
        let mut all: Vec<Vec<u8>> = work.into_iter().map(|one| one.join().map_err(ended)?).collect::<Result<_, _>>()?;
        all.push(last);
        Ok(all)
    })
}

/// A piece that others follow.
fn open(piece: &[u8], level: u32) -> std::io::Result<Vec<u8>> {
    let mut encoder = packed(piece, level)?;
    encoder.flush()?;
    Ok(std::mem::take(encoder.get_mut()))
}

fn packed(piece: &[u8], level: u32) -> std::io::Result<DeflateEncoder<Vec<u8>>> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(piece.len() / 2), Compression::new(level));
    encoder.write_all(piece)?;
    Ok(encoder)
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
            let bytes = super::zip(&binary, 9).unwrap();
            prop_assert_eq!(&bytes, &super::zip(&binary, 9).unwrap());
            prop_assert_eq!(unpacked(bytes), binary);
        }
    }

    #[test]
    fn a_binary_of_several_pieces_comes_back_whole() {
        for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
            let binary: Vec<u8> = (0..length).map(|place| u8::try_from(place * place % 251).unwrap()).collect();
            for level in [1, 9] {
                let bytes = super::zip(&binary, level).unwrap();
                assert!(bytes.len() < length / 2, "{level}");
                assert_eq!(bytes, super::zip(&binary, level).unwrap());
                assert_eq!(unpacked(bytes), binary, "{length} {level}");
            }
        }
    }
}
