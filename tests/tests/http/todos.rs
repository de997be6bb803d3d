//! The todos API as its contract tells it.

use serde_json::{Value, json};
use tests::User;
use uuid::Uuid;

fn titles(page: &Value) -> Vec<&str> {
    page["todos"].as_array().unwrap().iter().map(|todo| todo["title"].as_str().unwrap()).collect()
}

fn id(todo: &Value) -> &str {
    todo["todoID"].as_str().unwrap()
}

#[test]
fn a_todo_lives_from_add_to_delete() {
    let user = User::new("life");
    let added = user.add(&json!({"title": "  Buy milk ", "description": "two", "dateDue": "2027-01-31"}));
    assert_eq!(added["title"], "Buy milk");
    assert_eq!(added["userID"], user.sub.as_str());
    assert_eq!((&added["completed"], &added["notes"]), (&json!(false), &json!("")));
    assert_eq!(Uuid::parse_str(id(&added)).unwrap().get_version_num(), 7);
    let created = added["dateCreated"].as_str().unwrap();
    assert!(created.len() == 24 && created.ends_with('Z') && created.as_bytes()[19] == b'.', "{created}");

    let path = format!("/{}", id(&added));
    assert_eq!(user.todos("GET", &path).send().expect(200), added);
    let changed = user.todos("PATCH", &path).json(&json!({"title": "Buy oat milk", "dateDue": ""})).send().expect(200);
    assert_eq!(
        (&changed["title"], &changed["dateDue"], &changed["description"]),
        (&json!("Buy oat milk"), &json!(""), &json!("two"))
    );
    let done = user.todos("POST", &format!("{path}/complete")).send().expect(200);
    assert_eq!(done["completed"], json!(true));
    let reopened =
        user.todos("POST", &format!("{path}/complete")).json(&json!({"completed": false})).send().expect(200);
    assert_eq!(reopened["completed"], json!(false));
    let noted = user
        .todos("POST", &format!("{path}/addnotes"))
        .json(&json!({"notes": "in the corner shop"}))
        .send()
        .expect(200);
    assert_eq!(noted["notes"], "in the corner shop");
    assert_eq!(user.todos("GET", &path).send().expect(200), noted);

    assert_eq!(user.todos("DELETE", &format!("{path}/delete")).send().status, 204);
    for (method, tail) in [("GET", ""), ("DELETE", "/delete"), ("POST", "/complete"), ("PATCH", "")] {
        let call = user.todos(method, &format!("{path}{tail}"));
        let call = if method == "PATCH" { call.json(&json!({"title": "x"})) } else { call };
        assert_eq!(call.send().expect(404)["error"]["code"], "not_found", "{method} {tail}");
    }
}

#[test]
fn the_list_is_open_first_then_by_due_date_then_newest_and_undated_last() {
    let user = User::new("order");
    for (title, due) in [("undated", ""), ("later", "2027-05-01"), ("sooner", "2027-04-01"), ("undated, newer", "")] {
        let _ = user.add(&json!({"title": title, "dateDue": due}));
    }
    let done = user.add(&json!({"title": "done", "dateDue": "2027-01-01"}));
    let _ = user.todos("POST", &format!("/{}/complete", id(&done))).send().expect(200);
    let expected = ["sooner", "later", "undated, newer", "undated", "done"];
    assert_eq!(titles(&user.list("")), expected);
    assert_eq!(titles(&user.list("?completed=true")), ["done"]);
    assert_eq!(titles(&user.list("?completed=false")), expected[..4]);

    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = user.list(&format!("?limit=2{cursor}"));
        assert!(page["todos"].as_array().unwrap().len() <= 2);
        walked.extend(titles(&page).into_iter().map(str::to_owned));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(walked, expected);
}

#[test]
fn search_is_a_literal_keyword_in_any_case() {
    let user = User::new("search");
    for title in ["Call (Grandma)", "STRASSE fegen", "Straße kehren", "100% sure", "a.*b"] {
        let _ = user.add_titled(title);
    }
    let found = |word: &str| {
        let mut titles: Vec<String> =
            titles(&user.list(&format!("?search={word}"))).into_iter().map(str::to_owned).collect();
        titles.sort();
        titles
    };
    assert_eq!(found("%28"), ["Call (Grandma)"]);
    assert_eq!(found("grandma"), ["Call (Grandma)"]);
    assert_eq!(found(".*"), ["a.*b"]);
    assert_eq!(found("%25"), ["100% sure"]);
    assert_eq!(found("stra%C3%9Fe"), ["STRASSE fegen", "Straße kehren"]);
    assert_eq!(found("nothing"), [""; 0]);
}

#[test]
fn a_bad_request_says_what_is_wrong_with_each_field() {
    let user = User::new("bad");
    let todo = user.add_titled("fine");
    let long = "x".repeat(4001);
    let cases = [
        ("POST", "/add".to_owned(), json!({}), "title"),
        ("POST", "/add".to_owned(), json!({"title": "   "}), "title"),
        ("POST", "/add".to_owned(), json!({"title": "x".repeat(201)}), "title"),
        ("POST", "/add".to_owned(), json!({"title": 7}), "title"),
        ("POST", "/add".to_owned(), json!({"title": "x", "dateDue": "2027-02-30"}), "dateDue"),
        ("POST", "/add".to_owned(), json!({"title": "x", "description": long}), "description"),
        ("POST", "/add".to_owned(), json!({"title": "x", "priority": 1}), "priority"),
        ("PATCH", format!("/{todo}"), json!({"completed": true}), "completed"),
        ("POST", format!("/{todo}/addnotes"), json!({}), "notes"),
        ("POST", format!("/{todo}/complete"), json!({"completed": "yes"}), "completed"),
    ];
    for (method, path, body, field) in cases {
        let error = user.todos(method, &path).json(&body).send().expect(422)["error"].clone();
        assert_eq!(error["code"], "unprocessable", "{method} {path} {body}");
        assert!(error["fields"][field].is_string(), "{method} {path} {body}: {error}");
    }
    for body in ["", "{", "[]", "null", "\u{0}"] {
        let answer = user.todos("POST", "/add").header("content-type", "application/json").body(body).send();
        assert!([400, 422].contains(&answer.status), "{body:?}: {}", answer.text());
    }
    let big = json!({"title": "x", "description": "y".repeat(70_000)});
    assert_eq!(user.todos("POST", "/add").json(&big).send().expect(413)["error"]["code"], "payload_too_large");
    for query in ["?limit=0", "?limit=101", "?limit=x", "?completed=perhaps", "?cursor=forged"] {
        let answer = user.todos("GET", query).send();
        assert!([400, 422].contains(&answer.status), "{query}: {}", answer.text());
    }
    assert_eq!(titles(&user.list("")), ["fine"]);
}

#[test]
fn an_idempotency_key_makes_one_todo_however_often_it_is_sent() {
    let user = User::new("again");
    let key = Uuid::new_v4().to_string();
    let body = json!({"title": "once"});
    let send = |body: &Value| user.todos("POST", "/add").header("idempotency-key", &key).json(body).send();
    let first = send(&body).expect(201);
    assert_eq!(send(&body).expect(201), first);
    assert_eq!(titles(&user.list("")), ["once"]);
    assert_eq!(send(&json!({"title": "twice"})).expect(409)["error"]["code"], "conflict");
    assert_eq!(user.todos("DELETE", &format!("/{}/delete", id(&first))).send().status, 204);
    assert_eq!(id(&send(&body).expect(201)), id(&first));
    assert_eq!(titles(&user.list("")), [""; 0]);
}

#[test]
fn simultaneous_retries_of_one_key_make_one_todo() {
    let user = User::new("race");
    let key = Uuid::new_v4().to_string();
    let ids: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let call =
                        user.todos("POST", "/add").header("idempotency-key", &key).json(&json!({"title": "one"}));
                    id(&call.send().expect(201)).to_owned()
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    assert_eq!(titles(&user.list("")), ["one"]);
}
