//! The zip that Lambda takes: one executable named `bootstrap`; the same binary gives the same bytes.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Zips a binary. Time and mode are fixed; `level` is deflate's, 1 (fast) to 9 (small).
pub(super) fn zip(binary: &[u8], level: i64) -> anyhow::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::with_capacity(binary.len() / 2)));
    writer.start_file("bootstrap", options)?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    proptest! {
        #[test]
        fn the_same_binary_gives_the_same_zip_and_comes_back_executable(binary in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let bytes = zip(&binary, 9).unwrap();
            prop_assert_eq!(&bytes, &zip(&binary, 9).unwrap());
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            prop_assert_eq!(archive.len(), 1);
            let mut file = archive.by_name("bootstrap").unwrap();
            prop_assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
            let mut back = Vec::new();
            file.read_to_end(&mut back).unwrap();
            prop_assert_eq!(back, binary);
        }
    }
}
