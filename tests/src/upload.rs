//! Files as the browser attaches them: a request, a presigned PUT, the confirmation by event.

use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Call, Deployment, Response, User, aws, eventually};

/// Asks for an upload, of HTML unless somebody says otherwise.
#[must_use]
pub fn request(user: &User, todo: &str, name: &str, bytes: &[u8]) -> Response {
    request_typed(user, todo, name, "text/html", bytes)
}

/// Asks for an upload of a type.
#[must_use]
pub fn request_typed(user: &User, todo: &str, name: &str, kind: &str, bytes: &[u8]) -> Response {
    let sha256 = BASE64_STANDARD.encode(Sha256::digest(bytes));
    let body = json!({"fileName": name, "contentType": kind, "size": bytes.len(), "sha256": sha256});
    user.files("POST", &format!("/{todo}/files/upload")).json(&body).send()
}

/// Puts the bytes where the answer to a request says.
#[must_use]
pub fn put(upload: &Value, bytes: &[u8]) -> Response {
    let mut call = Call::new("PUT", upload["url"].as_str().unwrap()).body(bytes);
    for (name, value) in upload["headers"].as_object().unwrap() {
        // The client sets it from the body, as a browser does.
        if !name.eq_ignore_ascii_case("content-length") {
            call = call.header(name, value.as_str().unwrap());
        }
    }
    call.send()
}

/// A todo's files, the first page.
#[must_use]
pub fn list(user: &User, todo: &str) -> Vec<Value> {
    user.files("GET", &format!("/{todo}/files")).send().expect(200)["files"].as_array().unwrap().clone()
}

/// Uploads and waits until the event has confirmed it.
#[must_use]
pub fn attach(user: &User, todo: &str, name: &str, bytes: &[u8]) -> Value {
    attach_typed(user, todo, name, "text/html", bytes)
}

/// Uploads as a type and waits until the event has confirmed it.
#[must_use]
pub fn attach_typed(user: &User, todo: &str, name: &str, kind: &str, bytes: &[u8]) -> Value {
    let answer = request_typed(user, todo, name, kind, bytes).expect(201);
    assert_eq!(answer["file"]["status"], "pending");
    assert!(answer["file"]["filePath"].is_null());
    assert_eq!(answer["upload"]["method"], "PUT");
    let stored = put(&answer["upload"], bytes);
    assert_eq!(stored.status, 200, "{}", stored.text());
    let id = answer["file"]["fileID"].clone();
    eventually("the upload is confirmed", || {
        list(user, todo).into_iter().find(|file| file["fileID"] == id && file["status"] == "available")
    })
}

/// Sets a file's record back to where it waits for its upload, of this size, as if the bucket's event had been lost.
pub fn unconfirm(user: &User, todo: &str, file: &str, size: usize) {
    let expires = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 3600;
    let update = json!({
        "TableName": Deployment::get().output("files", "TableName"),
        "Key": {"ownerTodo": {"S": format!("{}#{todo}", user.sub)}, "fileID": {"S": file}},
        "UpdateExpression": "SET #status = :pending, #size = :size, expiresAt = :expires",
        "ConditionExpression": "#status = :available",
        "ExpressionAttributeNames": {"#status": "status", "#size": "size"},
        "ExpressionAttributeValues": {
            ":pending": {"S": "pending"}, ":available": {"S": "available"},
            ":size": {"N": size.to_string()}, ":expires": {"N": expires.to_string()},
        },
    });
    let _ = aws::dynamodb("UpdateItem", &update);
}
