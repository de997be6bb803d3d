//! What is measured: the functions, one event for each, and what runs it on either side.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::canned::{FILES, TODOS};

/// Whose process it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The Python function that it is compared with.
    Baseline,
    /// The function of this repository, from a zip as AWS gets it, built for this machine's processor.
    Ours,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Baseline, Self::Ours];
}

/// Where both sides' programs are, and the AWS that they talk to.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The folder of our binaries, one per package.
    pub(crate) binaries: PathBuf,
    /// The interpreter of the baseline, with its packages.
    pub(crate) python: PathBuf,
    /// The folder of the baseline's handlers.
    pub(crate) handlers: PathBuf,
    /// The endpoint of every AWS service.
    pub(crate) endpoint: String,
}

/// One function with one event.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its name in the tables.
    pub(crate) name: &'static str,
    package: &'static str,
    handler: &'static str,
    /// The module of the baseline that does the same.
    module: &'static str,
    /// The event as JSON.
    pub(crate) event: Vec<u8>,
    /// The status that both sides must answer with.
    pub(crate) status: u16,
    table: String,
}

const USER: &str = "0b9565e7-3e2c-4b1f-9d2c-1f2e3d4c5b6a";
const TODO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const FILE: &str = "01890a5d-ac96-774b-bcce-b302099a9057";

impl Case {
    /// The functions that the targets are about.
    pub(crate) fn all() -> Vec<Self> {
        let new = json!({"title": "Buy milk", "description": "Two litres, and the bread", "dateDue": "2026-12-24"});
        let notes = json!({"notes": "They call back on Thursday."});
        let file = json!({
            "fileName": "Rechnung März.pdf", "contentType": "application/pdf", "size": 48_213,
            "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        });
        let key = [("idempotency-key", "5f0c1a52-8a5c-4c39-9d0a-5d2f8f4f8a11")];
        let todos = |name, handler, module, status, event| Self {
            name,
            package: "todos",
            handler,
            module,
            status,
            event: bytes(&event),
            table: TODOS.to_owned(),
        };
        let files = |handler, module, status, event| {
            let table = FILES.to_owned();
            Self { name: handler, package: "files", handler, module, status, event: bytes(&event), table }
        };
        vec![
            todos("getTodos", "getTodos", "get_todos", 200, event("GET", "/{userID}/todos", None, &[])),
            todos("getTodo", "getTodo", "get_todo", 200, event("GET", "/{userID}/todos/{todoID}", None, &[])),
            todos("addTodo", "addTodo", "add_todo", 201, event("POST", "/{userID}/todos/add", Some(&new), &[])),
            todos(
                "addTodo, with a key",
                "addTodo",
                "add_todo",
                201,
                event("POST", "/{userID}/todos/add", Some(&new), &key),
            ),
            todos(
                "completeTodo",
                "completeTodo",
                "complete_todo",
                200,
                event("POST", "/{userID}/todos/{todoID}/complete", None, &[]),
            ),
            todos(
                "addTodoNotes",
                "addTodoNotes",
                "add_todo_notes",
                200,
                event("POST", "/{userID}/todos/{todoID}/addnotes", Some(&notes), &[]),
            ),
            todos(
                "deleteTodo",
                "deleteTodo",
                "delete_todo",
                204,
                event("DELETE", "/{userID}/todos/{todoID}/delete", None, &[]),
            ),
            files("getTodoFiles", "get_todo_files", 200, event("GET", "/{todoID}/files", None, &[])),
            files("addTodoFiles", "add_todo_files", 201, event("POST", "/{todoID}/files/upload", Some(&file), &[])),
            files(
                "deleteTodoFiles",
                "delete_todo_files",
                204,
                event("DELETE", "/{todoID}/files/{fileID}/delete", None, &[]),
            ),
        ]
    }

    /// A page of a user's list in a table of the emulator.
    pub(crate) fn list(user: &str, query: &str, table: &str) -> Self {
        let mut event = event("GET", "/{userID}/todos", None, &[]);
        event["rawQueryString"] = json!(query);
        event["pathParameters"]["userID"] = json!(user);
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(user);
        let (name, module) = ("getTodos", "get_todos");
        let event = bytes(&event);
        Self { name, package: "todos", handler: name, module, event, status: 200, table: table.to_owned() }
    }

    /// The program of a side.
    pub(crate) fn command(&self, side: Side, programs: &Programs) -> Command {
        let mut command = match side {
            Side::Ours => {
                let mut command = Command::new(programs.binaries.join(self.package));
                command.env_clear().env("_HANDLER", self.handler);
                command
            }
            Side::Baseline => {
                let handler = format!("{}.handler", self.module);
                let mut command = Command::new(&programs.python);
                command.args(["-m", "awslambdaric", &handler]).current_dir(&programs.handlers);
                command.env_clear().env("_HANDLER", &handler).env("LAMBDA_TASK_ROOT", &programs.handlers);
                command
            }
        };
        command.env("AWS_ENDPOINT_URL", &programs.endpoint).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command
    }

    /// What Lambda and the template set.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let fixed = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_LAMBDA_FUNCTION_NAME", self.handler),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]1"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("TABLE_NAME", self.table.as_str()),
            ("BUCKET_NAME", "bench-files"),
            // A name of the loopback address has no buckets in front of it.
            ("S3_PATH_STYLE", "true"),
            ("MAX_FILE_SIZE", "104857600"),
            ("CDN_URL", "https://d111111abcdef8.cloudfront.net"),
            ("URL_SIGNING_KEY_ID", "K2JCJMDEHXQW5F"),
            ("URL_SIGNING_KEY_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:111111111111:secret:bench"),
            ("URL_SIGNING_KEY_VERSION", "a7a9945041f37864b94b3c44270bb269"),
            ("URL_LIFETIME", "900"),
            ("METRICS_NAMESPACE", "bench"),
        ];
        let session = ("AWS_SESSION_TOKEN", "x".repeat(SESSION_LENGTH));
        fixed.into_iter().map(|(name, value)| (name, value.to_owned())).chain([session]).collect()
    }
}

/// As long as the tokens of Lambda's roles are.
const SESSION_LENGTH: usize = 900;

/// A call of a route as an HTTP API hands it over (payload format 2.0), with a browser's headers.
fn event(method: &str, route: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Value {
    let path = route.replace("{userID}", USER).replace("{todoID}", TODO).replace("{fileID}", FILE);
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {route}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "accept-encoding": "gzip, deflate, br, zstd",
            "accept-language": "de-DE,de;q=0.9,en;q=0.8",
            "authorization": format!("Bearer {}", "x".repeat(SESSION_LENGTH)),
            "content-length": "64",
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "origin": "https://d111111abcdef8.cloudfront.net",
            "referer": "https://d111111abcdef8.cloudfront.net/",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "pathParameters": {"userID": USER, "todoID": TODO, "fileID": FILE},
        "requestContext": {
            "accountId": "111111111111",
            "apiId": "abcdefghij",
            "authorizer": {"jwt": {
                "claims": {
                    "auth_time": "1763900000", "client_id": "1h57kf5cpq17m0eml12EXAMPLE", "exp": "1763900900",
                    "iat": "1763900000", "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE",
                    "jti": "a1b2c3d4-5678-90ab-cdef-111111111111", "origin_jti": "a1b2c3d4-5678-90ab-cdef-222222222222",
                    "scope": "aws.cognito.signin.user.admin", "sub": USER, "token_use": "access", "username": USER,
                },
                "scopes": ["aws.cognito.signin.user.admin"],
            }},
            "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "time": "23/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_763_900_000_000_u64,
        },
        "isBase64Encoded": false,
    });
    for (name, value) in headers {
        event["headers"][name] = json!(value);
    }
    if let Some(body) = body {
        event["body"] = json!(body.to_string());
    }
    event
}

fn bytes(event: &Value) -> Vec<u8> {
    event.to_string().into_bytes()
}
