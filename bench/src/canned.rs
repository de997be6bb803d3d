//! An AWS that answers at once and always the same, so that what is measured is the function: DynamoDB's seven calls
//! and the one of Secrets Manager, told apart by `X-Amz-Target`, and S3's deletion of an object.

use std::io;
use std::sync::Arc;

use anyhow::Context as _;
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Connection, Request, Server, answer};

/// The table of todos.
pub(crate) const TODOS: &str = "bench-todos";
/// The table of files.
pub(crate) const FILES: &str = "bench-files";

/// Items of a query: a page of the list and the one more that tells that another page follows.
const TODOS_OF_A_PAGE: u128 = 51;
/// Files on a todo.
const FILES_OF_A_TODO: u128 = 10;

/// Everything that is ever answered, ready to be sent.
#[derive(Debug)]
struct Answers {
    todos: Vec<u8>,
    files: Vec<u8>,
    todo: Vec<u8>,
    file: Vec<u8>,
    deleted: Vec<u8>,
    edited: Vec<u8>,
    nothing: Vec<u8>,
    secret: Vec<u8>,
    unknown: Vec<u8>,
}

/// Starts it.
pub(crate) fn start() -> anyhow::Result<Server> {
    let answers = Arc::new(Answers::new()?);
    Ok(Server::start(move |connection| answers.serve(connection))?)
}

impl Answers {
    fn new() -> anyhow::Result<Self> {
        let todos: Vec<Value> = (0..TODOS_OF_A_PAGE).map(todo).collect();
        let files: Vec<Value> = (0..FILES_OF_A_TODO).map(file).collect();
        let pem = SigningKey::generate().to_pkcs8_pem(LineEnding::LF).context("cannot make a key")?;
        Ok(Self {
            todos: json_answer(&json!({"Items": todos, "Count": todos.len(), "ScannedCount": todos.len()})),
            files: json_answer(&json!({"Items": files, "Count": files.len(), "ScannedCount": files.len()})),
            todo: json_answer(&json!({"Item": todo(0)})),
            file: json_answer(&json!({"Item": file(0)})),
            deleted: answer(204, "x-amz-request-id: 4442587FB7D0A2F9\r\n", b""),
            edited: json_answer(&json!({"Attributes": todo(0)})),
            nothing: json_answer(&json!({})),
            secret: json_answer(&json!({"Name": "bench", "SecretString": pem.as_str()})),
            unknown: answer(400, "", br#"{"__type":"UnknownOperationException"}"#),
        })
    }

    fn serve(&self, connection: &mut Connection) -> io::Result<()> {
        while let Some(request) = connection.read()? {
            connection.write(self.to(&request))?;
        }
        Ok(())
    }

    fn to(&self, request: &Request) -> &[u8] {
        let operation = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        let of_files = || request.body.windows(FILES.len()).any(|window| window == FILES.as_bytes());
        match operation {
            Some("Query") if of_files() => &self.files,
            Some("Query") => &self.todos,
            Some("GetItem") if of_files() => &self.file,
            Some("GetItem") => &self.todo,
            Some("UpdateItem") => &self.edited,
            Some("PutItem" | "DeleteItem" | "TransactWriteItems") => &self.nothing,
            Some("GetSecretValue") => &self.secret,
            // S3 has paths instead of targets.
            None if request.method == "DELETE" => &self.deleted,
            _ => &self.unknown,
        }
    }
}

fn json_answer(body: &Value) -> Vec<u8> {
    let headers = "content-type: application/x-amz-json-1.0\r\n\
                   x-amzn-requestid: U8HSR2K5EXAMPLE0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0\r\n";
    answer(200, headers, body.to_string().as_bytes())
}

/// An open todo with texts of ordinary length.
fn todo(number: u128) -> Value {
    let id = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057 + number);
    json!({
        "userID": {"S": "0b9565e7-3e2c-4b1f-9d2c-1f2e3d4c5b6a"},
        "todoID": {"S": id},
        "listOrder": {"S": format!("0#2026-12-24#{:032x}", !id.as_u128())},
        "title": {"S": format!("Call the garage about the winter tyres, {number}")},
        "description": {"S": "Ask for a date in the first week of December, and whether the old ones can stay there until spring."},
        "notes": {"S": "They call back on Thursday."},
        "dateDue": {"S": "2026-12-24"},
        "dateCreated": {"S": "2026-11-23T12:00:00.000Z"},
        "completed": {"BOOL": false},
    })
}

fn file(number: u128) -> Value {
    let id = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_9057 + number);
    json!({
        "ownerTodo": {"S": "0b9565e7-3e2c-4b1f-9d2c-1f2e3d4c5b6a#01890a5d-ac96-774b-bcce-b302099a8057"},
        "fileID": {"S": id},
        "fileName": {"S": format!("Rechnung März {number}.pdf")},
        "contentType": {"S": "application/pdf"},
        "size": {"N": "48213"},
        "sha256": {"S": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
        "status": {"S": "available"},
        "dateUploaded": {"S": "2026-11-23T12:00:00.000Z"},
        "filePath": {"S": "https://d111111abcdef8.cloudfront.net/0b9565e7/01890a5d/Rechnung.pdf"},
    })
}
