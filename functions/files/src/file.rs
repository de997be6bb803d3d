//! A file on a todo.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Whether the bytes are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Announced; the upload has not been seen yet.
    Pending {
        /// When the announcement ends, in epoch seconds. Removal by TTL comes later, so that readers check this.
        expires_at: i64,
    },
    /// Uploaded, with the announced length.
    Available,
}

/// A file's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) size: i64,
    /// Base64 of the content's SHA-256.
    pub(crate) sha256: String,
    pub(crate) status: Status,
    pub(crate) date_uploaded: String,
}

impl File {
    /// Whether the file exists for its user.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        match self.status {
            Status::Pending { expires_at } => expires_at > now.as_second(),
            Status::Available => true,
        }
    }

    /// The file as the API tells it.
    pub(crate) fn told(&self, todo_id: Uuid, file_path: Option<String>) -> Told<'_> {
        let status = match self.status {
            Status::Pending { .. } => "pending",
            Status::Available => "available",
        };
        Told {
            file_id: self.id,
            todo_id,
            file_name: &self.name,
            content_type: &self.content_type,
            size: self.size,
            status,
            date_uploaded: &self.date_uploaded,
            file_path,
        }
    }
}

/// A file in an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told<'a> {
    #[serde(rename = "fileID")]
    file_id: Uuid,
    #[serde(rename = "todoID")]
    todo_id: Uuid,
    file_name: &'a str,
    content_type: &'a str,
    size: i64,
    status: &'static str,
    date_uploaded: &'a str,
    /// A signed URL; only an available file has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_path: Option<String>,
}
