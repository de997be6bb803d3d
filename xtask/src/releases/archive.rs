//! Files as one zip whose bytes follow from theirs: fixed order, time and mode, so that its hash names it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use anyhow::Context;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Bytes by path; paths have `/` and no `..`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The zip of some files.
pub fn pack(files: &Files) -> anyhow::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(path.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The files of a zip; one that would be written outside of its folder is refused.
pub fn unpack(bytes: &[u8]) -> anyhow::Result<Files> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).context("this is no zip")?;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        if file.is_dir() {
            continue;
        }
        let inside = file.enclosed_name().and_then(|path| path.to_str().map(str::to_owned));
        let path = inside.context("a file of it would lie outside of its folder")?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        files.insert(path, content);
    }
    Ok(files)
}

/// Every file below a folder.
pub fn read(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for entry in walkdir::WalkDir::new(folder).follow_links(true) {
        let entry = entry.with_context(|| format!("cannot read `{}`", folder.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        let path = parts.with_context(|| format!("`{}` is no UTF-8 name", relative.display()))?.join("/");
        let bytes = std::fs::read(entry.path()).with_context(|| format!("cannot read `{}`", entry.path().display()))?;
        files.insert(path, bytes);
    }
    Ok(files)
}

/// Writes the files into a folder that is there whole or not at all; one that is there already has them.
pub fn write(files: &Files, folder: &Path) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let context = || format!("cannot write `{}`", folder.display());
    let parent = folder.parent().with_context(context)?;
    std::fs::create_dir_all(parent).with_context(context)?;
    let temporary = tempfile::Builder::new().prefix(".unpacking-").tempdir_in(parent).with_context(context)?;
    let whole = temporary.path().join("files");
    std::fs::create_dir(&whole).with_context(context)?;
    for (path, bytes) in files {
        let target = whole.join(path);
        std::fs::create_dir_all(target.parent().unwrap_or(&whole)).with_context(context)?;
        std::fs::write(&target, bytes).with_context(context)?;
    }
    match std::fs::rename(&whole, folder) {
        // Another run was faster: the same hash, the same files.
        Err(_) if folder.is_dir() => Ok(()),
        done => done.with_context(context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn files_come_back_and_the_same_files_give_the_same_bytes(
            files in proptest::collection::btree_map("[a-z]{1,8}(/[a-z]{1,8}){0,2}\\.[a-z]{1,3}", proptest::collection::vec(any::<u8>(), 0..200), 0..12)
        ) {
            let bytes = pack(&files).unwrap();
            prop_assert_eq!(&bytes, &pack(&files).unwrap());
            prop_assert_eq!(unpack(&bytes).unwrap(), files);
        }
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        for path in ["../a", "/etc/a", "a/../../b"] {
            let bytes = pack(&Files::from([(path.to_owned(), b"x".to_vec())])).unwrap();
            // The zip's writer may have made the path harmless; nothing else may come out.
            if let Ok(files) = unpack(&bytes) {
                assert!(files.keys().all(|name| !name.contains("..") && !name.starts_with('/')), "{files:?}");
            }
        }
    }

    #[test]
    fn a_folder_is_written_once_and_read_back() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("a/b");
        let files = Files::from([("x/y.txt".to_owned(), b"1".to_vec()), ("z".to_owned(), b"2".to_vec())]);
        write(&files, &folder).unwrap();
        write(&Files::new(), &folder).unwrap();
        assert_eq!(read(&folder).unwrap(), files);
        assert!(unpack(b"no zip").is_err());
    }
}
