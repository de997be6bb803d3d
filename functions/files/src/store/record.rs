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

pub(crate) fn write(folder: &Folder, file: &File) -> Item {
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

pub(super) fn read_status(item: &Item) -> Result<Status, Error> {
    match text(item, "status")?.as_str() {
        PENDING => Ok(Status::Pending { expires_at: integer(item, "expiresAt")? }),
        AVAILABLE => Ok(Status::Available),
        other => Err(Error::internal(format!("a file's status is `{other}`"))),
    }
}

pub(crate) fn read(item: &Item) -> Result<File, Error> {
    Ok(File {
        id: Uuid::try_parse(&text(item, "fileID")?).map_err(Error::internal)?,
        name: text(item, "fileName")?,
        content_type: text(item, "contentType")?,
        size: integer(item, "size")?,
        sha256: text(item, "sha256")?,
        status: read_status(item)?,
        date_uploaded: text(item, "dateUploaded")?,
    })
}
