//! What is read from a text or from JSON: announced uploads, records, object keys, cursors.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::percent_decode_str;
use shared::fuzzing::{self, answer_of, is_damage};
use shared::item::optional_text;
use shared::{User, cursor as page_cursor, id};
use uuid::Uuid;

use super::deaf::{PARTS, outcome};
use super::route::LARGEST;
use crate::file::Status;
use crate::folder::Folder;
use crate::store::{Entry, reconcile, record};
use crate::upload::Upload;

fn folder() -> Option<Folder> {
    Some(Folder::new(User::from_subject("alice").ok()?, Uuid::from_u128(1)))
}

/// An announced upload: its headers are good ones that give back the name, and a PUT can be signed with them.
pub(super) fn upload(data: &[u8]) {
    let upload = match Upload::parse(data, LARGEST) {
        Ok(upload) => upload,
        Err(error) => return answer_of(&error),
    };
    let disposition = upload.disposition();
    // S3 takes 2 KB of both together (Amazon S3 User Guide, "Working with object metadata").
    assert!(disposition.len() + upload.content_type.len() <= 2_048);
    assert!(disposition.bytes().chain(upload.content_type.bytes()).all(|byte| matches!(byte, b' '..=b'~')));
    let name = disposition.strip_prefix("attachment; filename*=UTF-8''").unwrap_or_default();
    assert!(!name.contains([' ', '"', ';', '\'', '(', ',', '/', '\\']), "{name}");
    assert_eq!(percent_decode_str(name).decode_utf8_lossy(), upload.file_name);
    assert!(!upload.file_name.contains(['/', '\\', '\r', '\n', '\0']) && upload.file_name.chars().count() <= 255);
    assert_eq!(upload.content_type.matches('/').count(), 1);
    assert!((0..=LARGEST).contains(&upload.size));
    let hash = BASE64_STANDARD.decode(&upload.sha256).unwrap_or_default();
    assert_eq!((hash.len(), BASE64_STANDARD.encode(&hash)), (32, upload.sha256.clone()));
    let put = match outcome(PARTS.objects.presign_put("alice/todo/file", &upload)) {
        Some(Ok(put)) => put,
        other => panic!("{upload:?} can't be signed: {other:?}"),
    };
    assert_eq!(put.headers.get("content-disposition"), Some(&disposition));
    assert_eq!(put.headers.get("content-type"), Some(&upload.content_type));
}

/// An item of any attributes: it is a damaged record, or a file that is written as it is read.
pub(super) fn item(data: &[u8]) {
    let Some(item) = fuzzing::item(data) else { return };
    match record::read(&item) {
        Ok(file) => {
            let Some(folder) = folder() else { return };
            assert_eq!(record::read(&record::write(&folder, &file)).ok().as_ref(), Some(&file));
            let told = serde_json::to_value(file.told(folder.todo_id, None)).unwrap_or_default();
            assert_eq!(told["fileID"], file.id.to_string());
        }
        Err(error) => is_damage(&error),
    }
}

/// An item as a reconciliation reads it: something else, or a record whose object has one key, in its owner's folder.
pub(super) fn scanned(data: &[u8]) {
    let Some(item) = fuzzing::item(data) else { return };
    let Entry::File(record) = reconcile::read(&item) else { return };
    let text = |name| optional_text(&item, name).unwrap_or_default();
    assert_eq!((record.folder.partition(), record.id.to_string()), (text("ownerTodo"), text("fileID")));
    assert_eq!(Folder::of_object_key(&record.object_key()), Some((record.folder.clone(), record.id)));
    let status = match record.status {
        Status::Pending { .. } => "pending",
        Status::Available => "available",
    };
    assert_eq!(text("status"), status);
}

/// An object's key: it has one spelling, and everything that is signed for it begins with its owner.
pub(super) fn key(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some((folder, file_id)) = Folder::of_object_key(&text) else { return };
    assert_eq!(folder.object_key(file_id), text);
    let (user, _) = text.split_once('/').unwrap_or_default();
    assert_eq!(folder.partition(), format!("{user}#{}", folder.todo_id));
    assert_eq!(folder.prefix(), format!("{user}/{}/", folder.todo_id));
    let url = PARTS.signer.as_ref().map(|signer| signer.sign(&folder, 0).url(file_id)).unwrap_or_default();
    assert!(url.starts_with(&format!("https://cdn.example/{text}?Policy=")), "{url}");
}

/// A cursor of a list of files: the one spelling of a file's id.
pub(super) fn cursor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(file_id) = page_cursor::decode(&text, id::canonical) {
        assert_eq!(page_cursor::encode(&file_id.to_string()), text);
    }
    let position = page_cursor::decode(&page_cursor::encode(&text), id::canonical);
    assert_eq!(position.ok().map(|file_id| file_id.to_string()), id::canonical(&text).map(|_| text.into_owned()));
}
