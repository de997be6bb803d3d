//! The todos API as its contract tells it.

use jiff::Timestamp;
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
fn a_todos_date_is_that_of_its_own_call_however_warm_the_function_is() {
    let user = User::new("dates");
    let now = || Timestamp::now().as_millisecond();
    let mut earlier = 0;
    for title in ["dated, number one", "dated, number two", "dated, number three"] {
        let before = now();
        let added = user.add(&json!({"title": title}));
        let date: Timestamp = added["dateCreated"].as_str().unwrap().parse().unwrap();
        let date = date.as_millisecond();
        assert!((before..=now()).contains(&date), "{title}: {date}");
        assert!(date > earlier, "{title}: {date} after {earlier}");
        earlier = date;
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
fn the_very_next_read_and_list_show_each_write() {
    let user = User::new("fresh");
    for round in 0..50 {
        let added = user.add(&json!({"title": format!("round {round}"), "dateDue": "2031-01-01"}));
        let path = format!("/{}", id(&added));
        let shown = |todo: &Value| {
            assert_eq!(&user.todos("GET", &path).send().expect(200), todo, "round {round}");
            assert_eq!(user.list("")["todos"], json!([todo]), "round {round}");
        };
        shown(&added);
        shown(&user.todos("PATCH", &path).json(&json!({"title": "changed", "dateDue": ""})).send().expect(200));
        shown(&user.todos("POST", &format!("{path}/addnotes")).json(&json!({"notes": "noted"})).send().expect(200));
        shown(&user.todos("POST", &format!("{path}/complete")).send().expect(200));
        assert_eq!(user.todos("DELETE", &format!("{path}/delete")).send().status, 204);
        assert_eq!(user.todos("GET", &path).send().status, 404, "round {round}");
        assert_eq!(user.list("")["todos"], json!([]), "round {round}");
    }
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
