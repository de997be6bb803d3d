//! Bodies around every limit: what the document allows is accepted, and nothing else is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tests::contract::Document;
use tests::{Call, User};
use uuid::Uuid;

use crate::limits::{LETTERS, field, object, repeated, text};

const DATES: [&str; 18] = [
    "",
    "2027-01-31",
    "2027-02-29",
    "2028-02-29",
    "1900-02-29",
    "2000-02-29",
    "0000-01-01",
    "0000-02-29",
    "9999-12-31",
    "10000-01-01",
    "-001-01-01",
    "2027-13-01",
    "2027-00-10",
    "2027-04-31",
    "2027-1-1",
    "2027-01-01\n",
    " 2027-01-01",
    "2027-01-01T00:00:00Z",
];
const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
/// `attr-char` of RFC 8187 beside letters and digits.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Sends bodies to one operation and compares the API's verdict with the document's.
fn compare(service: &str, id: &str, cases: u32, bodies: impl Strategy<Value = Value>, call: impl Fn() -> Call) {
    let mut operations = Document::of(service).operations();
    let (_, _, operation) = operations.find(|(_, _, operation)| operation.object()["operationId"] == id).unwrap();
    // The same bodies at every run.
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (accepted, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let outcome = runner.run(&bodies, |body| {
        let answer = call().json(&body).send();
        let verdict = operation.takes_body(body.to_string().as_bytes());
        if verdict.is_ok() && !too_long_for_a_header(&body) {
            accepted.set(accepted.get() + 1);
            prop_assert!(answer.status < 300, "valid, but {}: {}", answer.status, answer.text());
        } else {
            refused.set(refused.get() + 1);
            prop_assert!([400, 422].contains(&answer.status), "{verdict:?}, but {}: {}", answer.status, answer.text());
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{id}: {error}"));
    let (accepted, refused) = (accepted.get(), refused.get());
    assert!(accepted > cases / 6 && refused > cases / 6, "{id}: {accepted} accepted, {refused} refused");
}

/// The one rule that the document has in words only, as no schema can count encoded bytes.
fn too_long_for_a_header(body: &Value) -> bool {
    body["fileName"].as_str().is_some_and(|name| utf8_percent_encode(name, PLAIN).to_string().len() > 1_871)
}

fn draft() -> impl Strategy<Value = Value> {
    let due = select(DATES.to_vec());
    let texts = [field("title", "Buy milk", text(200)), field("description", "Two litres", text(4_000))];
    object([texts.to_vec(), vec![field("dateDue", "2027-01-31", due)]].concat())
}

#[test]
fn a_new_todo_is_accepted_exactly_where_the_document_allows_it() {
    let user = User::new("new");
    compare("todos", "addTodo", 150, draft(), || user.todos("POST", "/add"));
}

#[test]
fn a_change_is_accepted_exactly_where_the_document_allows_it() {
    let user = User::new("change");
    let path = format!("/{}", user.add_titled("changing"));
    let notes = object(vec![field("notes", "In the corner shop", text(4_000))]);
    let completions =
        object(vec![field("completed", true, select(vec![json!(true), json!(false), json!("true"), json!(1)]))]);
    compare("todos", "updateTodo", 100, draft(), || user.todos("PATCH", &path));
    compare("todos", "addTodoNotes", 60, notes, || user.todos("POST", &format!("{path}/addnotes")));
    compare("todos", "completeTodo", 60, completions, || user.todos("POST", &format!("{path}/complete")));
}

#[test]
fn an_announcement_is_accepted_exactly_where_the_document_allows_it() {
    let user = User::new("announce");
    let path = format!("/{}/files/upload", Uuid::now_v7());
    let names = prop_oneof![3 => repeated(LETTERS, &[1, 155, 156, 255, 256]), 1 => text(255), 1 => select(vec![".", "..", "...", " "]).prop_map(str::to_owned)];
    let kinds = select(vec![
        "text/plain",
        "a/b",
        "text/plain; x=y",
        "text",
        "/",
        "a/",
        "a/b/c",
        "a/b\n",
        "ä/b",
        "!#$%&'*+-.^_`|~/0",
    ]);
    let kinds = prop_oneof![4 => kinds.prop_map(str::to_owned), 1 => select(vec![125, 126]).prop_map(|length| format!("a/{}", "b".repeat(length)))];
    let sizes = select(vec![
        json!(0),
        json!(104_857_600),
        json!(104_857_601),
        json!(-1),
        json!(5.0),
        json!(0.5),
        json!(-0.0),
        json!(1e300),
    ]);
    let hashes = select(vec![
        HASH,
        &HASH[..43],
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "",
    ]);
    let bodies = object(vec![
        field("fileName", "Receipt.pdf", names),
        field("contentType", "application/pdf", kinds),
        field("size", 5, sizes),
        field("sha256", HASH, hashes),
    ]);
    compare("files", "addTodoFiles", 300, bodies, || user.files("POST", &path));
}
