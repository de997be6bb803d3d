//! Files from the browser's side: presigned PUT, confirmation by event, download, deletion with the todo.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tests::upload::{attach, list, put, request};
use tests::{Call, Deployment, User, aws, eventually};

#[test]
fn a_file_comes_back_byte_for_byte_under_its_own_name() {
    let user = User::new("bytes");
    let todo = user.add_titled("with a file");
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i * 7 % 251) as u8).collect();
    let name = "Rechnung – Zürich 東京 (1).html";
    let file = attach(&user, &todo, name, &bytes);
    assert_eq!((&file["fileName"], &file["size"]), (&json!(name), &json!(bytes.len())));

    let download = Call::new("GET", file["filePath"].as_str().unwrap()).send();
    assert_eq!(download.status, 200);
    assert_eq!(download.body, bytes);
    let disposition = download.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename*=UTF-8''Rechnung%20"), "{disposition}");
    assert_eq!(download.header("x-content-type-options"), "nosniff");
    assert!(download.header("content-security-policy").contains("sandbox"));
    assert_eq!(download.header("cache-control"), "private, max-age=900");

    let id = file["fileID"].as_str().unwrap();
    assert_eq!(user.files("DELETE", &format!("/{todo}/files/{id}/delete")).send().status, 204);
    assert_eq!(list(&user, &todo), Vec::<Value>::new());
    assert_ne!(Call::new("GET", file["filePath"].as_str().unwrap()).send().status, 200);
    assert_eq!(user.files("DELETE", &format!("/{todo}/files/{id}/delete")).send().status, 404);
}

#[test]
fn a_pending_record_ends_by_itself() {
    let user = User::new("pending");
    let todo = user.add_titled("with an upload that comes too late");
    let answer = request(&user, &todo, "late.txt", b"late").expect(201);
    let id = answer["file"]["fileID"].as_str().unwrap();
    assert_eq!(list(&user, &todo)[0]["status"], "pending");

    // A day later, but not yet removed by the table.
    let table = Deployment::get().output("files", "TableName");
    let key = json!({"ownerTodo": {"S": format!("{}#{todo}", user.sub)}, "fileID": {"S": id}});
    let past = json!({":past": {"N": "1000000000"}});
    let update = json!({
        "TableName": table, "Key": key, "UpdateExpression": "SET expiresAt = :past",
        "ConditionExpression": "attribute_exists(expiresAt)", "ExpressionAttributeValues": past,
    });
    let _ = aws::dynamodb("UpdateItem", &update);
    assert_eq!(list(&user, &todo), Vec::<Value>::new(), "invisible");
    assert_eq!(user.files("DELETE", &format!("/{todo}/files/{id}/delete")).send().status, 404);

    assert_eq!(put(&answer["upload"], b"late").status, 200);
    let bucket = Deployment::get().output("files", "BucketName");
    let object = format!("{}/{todo}/{id}", user.sub);
    eventually("what came too late is deleted", || aws::keys(bucket, &object).is_empty().then_some(()));
    assert_eq!(list(&user, &todo), Vec::<Value>::new(), "and not confirmed");
    let get = json!({"TableName": table, "Key": key, "ConsistentRead": true});
    assert_eq!(aws::dynamodb("GetItem", &get)["Item"]["status"], json!({"S": "pending"}));
}

#[test]
fn an_empty_file_is_a_file() {
    let user = User::new("empty");
    let todo = user.add_titled("nothing in it");
    let file = attach(&user, &todo, "empty.txt", b"");
    assert_eq!(file["size"], 0);
    assert_eq!(Call::new("GET", file["filePath"].as_str().unwrap()).send().body, b"");
}

#[test]
fn storage_admits_only_the_announced_bytes() {
    let user = User::new("signed");
    let todo = user.add_titled("strict");
    let upload = request(&user, &todo, "a.txt", b"hello").expect(201)["upload"].clone();
    for wrong in [&b"hellO"[..], b"hello world", b""] {
        assert!([400, 403].contains(&put(&upload, wrong).status), "{wrong:?}");
    }
    for (header, other) in [("content-type", "image/png"), ("cache-control", "public, max-age=31536000")] {
        let mut changed = upload.clone();
        changed["headers"][header] = json!(other);
        assert_eq!(put(&changed, b"hello").status, 403, "{header}");
    }
    for header in ["cache-control", "content-disposition", "content-type", "if-none-match"] {
        let mut without = upload.clone();
        assert!(without["headers"].as_object_mut().unwrap().remove(header).is_some(), "{header}");
        assert_eq!(put(&without, b"hello").status, 403, "without {header}");
    }
    assert_eq!(put(&upload, b"hello").status, 200);
}

#[test]
fn an_upload_counts_once_however_often_it_is_sent() {
    let user = User::new("once");
    let todo = user.add_titled("sent twice");
    let upload = request(&user, &todo, "a.txt", b"hello").expect(201)["upload"].clone();
    assert_eq!(put(&upload, b"hello").status, 200);
    for _ in 0..3 {
        assert_eq!(put(&upload, b"hello").status, 412);
    }
    eventually("the upload is confirmed", || (list(&user, &todo)[0]["status"] == "available").then_some(()));
}

/// Only a presigned request and the CDN reach the bytes.
#[test]
fn nobody_reaches_the_bucket_without_a_signature() {
    let user = User::new("unsigned");
    let todo = user.add_titled("private");
    let file = attach(&user, &todo, "diary.txt", b"dear diary");
    let upload = request(&user, &todo, "other.txt", b"other").expect(201)["upload"].clone();
    let (unsigned, _) = upload["url"].as_str().unwrap().split_once('?').unwrap();
    let (folder, _) = unsigned.rsplit_once('/').unwrap();
    let key = format!("{folder}/{}", file["fileID"].as_str().unwrap());
    let bucket = folder.strip_suffix(&format!("/{}/{todo}", user.sub)).unwrap();
    for url in [key.as_str(), unsigned] {
        for method in ["GET", "HEAD", "DELETE"] {
            assert_eq!(Call::new(method, url).send().status, 403, "{method}");
        }
        assert_eq!(Call::new("PUT", url).body(b"other").send().status, 403);
    }
    for query in ["", "?list-type=2", "?versions", "?acl"] {
        assert_eq!(Call::new("GET", format!("{bucket}{query}")).send().status, 403, "{query}");
    }
    assert_eq!(Call::new("GET", file["filePath"].as_str().unwrap()).send().body, b"dear diary");
}

#[test]
fn a_bad_announcement_says_what_is_wrong() {
    let user = User::new("badfile");
    let todo = user.add_titled("picky");
    let good =
        json!({"fileName": "a", "contentType": "text/plain", "size": 1, "sha256": BASE64_STANDARD.encode([0; 32])});
    let cases = [
        ("fileName", json!("")),
        ("fileName", json!("x".repeat(1000))),
        ("contentType", json!("not a type")),
        ("size", json!(-1)),
        ("size", json!(1_000_000_000_000_u64)),
        ("sha256", json!("short")),
    ];
    for (field, value) in cases {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = user.files("POST", &format!("/{todo}/files/upload")).json(&body).send();
        assert!(answer.expect(422)["error"]["fields"][field].is_string(), "{field} {value}");
    }
}

#[test]
fn nobody_else_sees_or_deletes_a_file() {
    let (ada, bob) = (User::new("ada"), User::new("bob"));
    let todo = ada.add_titled("private");
    let file = attach(&ada, &todo, "diary.txt", b"dear diary");
    assert_eq!(list(&bob, &todo), Vec::<Value>::new());
    let path = format!("/{todo}/files/{}/delete", file["fileID"].as_str().unwrap());
    assert_eq!(bob.files("DELETE", &path).send().status, 404);
    assert_eq!(list(&ada, &todo).len(), 1);
}

#[test]
fn a_deleted_todo_takes_its_files_along_and_late_uploads_too() {
    let user = User::new("purge");
    let todo = user.add_titled("short-lived");
    let files: Vec<Value> = (0..3).map(|i| attach(&user, &todo, &format!("{i}.txt"), b"bytes")).collect();
    let late = request(&user, &todo, "late.txt", b"late").expect(201)["upload"].clone();
    assert_eq!(user.todos("DELETE", &format!("/{todo}/delete")).send().status, 204);
    eventually("the records are gone", || list(&user, &todo).is_empty().then_some(()));
    for file in &files {
        let url = file["filePath"].as_str().unwrap();
        eventually("the bytes are gone", || (Call::new("GET", url).send().status != 200).then_some(()));
    }
    eventually("new uploads are refused", || (request(&user, &todo, "new.txt", b"new").status == 404).then_some(()));
    let _ = put(&late, b"late");
    assert_eq!(list(&user, &todo), Vec::<Value>::new());
}
