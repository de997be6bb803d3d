//! A file as an item of the table.

use shared::Error;
use shared::item::{Item, integer, number, string, text};
use uuid::Uuid;

use super::key;
use crate::file::{File, Status};
use crate::folder::Folder;

pub(super) const PENDING: &str = "pending";
pub(super) const AVAILABLE: &str = "available";

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Pending { .. } => PENDING,
        Status::Available => AVAILABLE,
    }
}

pub(super) fn write(folder: &Folder, file: &File) -> Item {
    let mut item = key(folder, &file.id.to_string());
    item.extend([
        ("fileName".to_owned(), string(&file.name)),
        ("contentType".to_owned(), string(&file.content_type)),
        ("size".to_owned(), number(file.size)),
        ("sha256".to_owned(), string(&file.sha256)),
        ("status".to_owned(), string(status(file.status))),
        ("dateUploaded".to_owned(), string(&file.date_uploaded)),
    ]);
    if let Status::Pending { expires_at } = file.status {
        item.insert("expiresAt".to_owned(), number(expires_at));
    }
    item
}

pub(super) fn read(item: &Item) -> Result<File, Error> {
    let status = match text(item, "status")?.as_str() {
        PENDING => Status::Pending { expires_at: integer(item, "expiresAt")? },
        AVAILABLE => Status::Available,
        other => return Err(Error::internal(format!("a file's status is `{other}`"))),
    };
    Ok(File {
        id: Uuid::try_parse(&text(item, "fileID")?).map_err(Error::internal)?,
        name: text(item, "fileName")?,
        content_type: text(item, "contentType")?,
        size: integer(item, "size")?,
        sha256: text(item, "sha256")?,
        status,
        date_uploaded: text(item, "dateUploaded")?,
    })
}
