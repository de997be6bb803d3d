//! The routes: HTTP in, HTTP out, everything else below.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use shared::{Error, Request, Response, clock, cursor, id};
use uuid::Uuid;

use crate::download::Signer;
use crate::file::{File, Status, Told};
use crate::folder::Folder;
use crate::objects::{Objects, PUT_LIFETIME};
use crate::store::Store;
use crate::upload::Upload;

/// `GET /{todoID}/files`
pub(crate) async fn list(store: &Store, signer: &Signer, request: &Request) -> Result<Response, Error> {
    let folder = folder(request)?;
    let mut params = request.params();
    let limit = params.limit();
    let after = params.optional("cursor", |text| cursor::decode(text, id::canonical));
    params.finish()?;
    let now = Timestamp::now();
    let page = store.list(&folder, after, limit, now).await?;
    let available = page.items.iter().any(|file| file.status == Status::Available);
    let pass = available.then(|| signer.sign(&folder, clock::epoch_after(now, signer.lifetime())));
    let path = |file: &File| match file.status {
        Status::Available => pass.as_ref().map(|pass| pass.url(file.id)),
        Status::Pending { .. } => None,
    };
    let files: Vec<_> = page.items.iter().map(|file| file.told(folder.todo_id, path(file))).collect();
    Response::json(200, &FilePage { files: &files, next_cursor: page.next.as_deref().map(cursor::encode) })
}

/// The answer to a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FilePage<'a> {
    files: &'a [Told<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// `POST /{todoID}/files/upload`
pub(crate) async fn add(store: &Store, objects: &Objects, largest: i64, request: &Request) -> Result<Response, Error> {
    let folder = folder(request)?;
    let upload = Upload::parse(&request.body()?, largest)?;
    let file_id = Uuid::now_v7();
    let now = Timestamp::now();
    // Signed first: that needs no network, and a record must not be left behind if it fails.
    let put = objects.presign_put(&folder.object_key(file_id), &upload).await?;
    let file = store.announce(&folder, file_id, upload, now).await?;
    let expires_at = clock::rfc3339(clock::after(now, PUT_LIFETIME));
    let upload = json!({"method": put.method, "url": put.url, "headers": put.headers, "expiresAt": expires_at});
    Response::json(201, &json!({"file": file.told(folder.todo_id, None), "upload": upload}))
}

/// `DELETE /{todoID}/files/{fileID}/delete`
pub(crate) async fn delete(store: &Store, objects: &Objects, request: &Request) -> Result<Response, Error> {
    let folder = folder(request)?;
    let file_id = id::from_path(request.path("fileID"))?;
    store.delete(&folder, file_id, || objects.delete(folder.object_key(file_id))).await?;
    Ok(Response::no_content())
}

/// The user comes first: nobody learns anything without being someone.
fn folder(request: &Request) -> Result<Folder, Error> {
    Ok(Folder::new(request.user()?, id::from_path(request.path("todoID"))?))
}

#[cfg(test)]
mod boundary;
