//! Whose is what: every route with every kind of id and every kind of token.

use serde_json::{Value, json};
use tests::routes::{Route, routes};
use tests::tokens::{Forge, of_another_client, of_another_pool, reworded, tampered};
use tests::upload::request;
use tests::{Call, Deployment, Response, User};
use uuid::Uuid;

/// What two kinds of ids get.
type Pair = [&'static str; 2];
/// A route with one of its ids replaced.
type WithId<'a> = &'a dyn Fn(&str) -> Route;

/// What each route answers to a good token: to the user's own ids; to another user's id, which must be told exactly like
/// an unknown one; and to what is no id. A dash is an id that the route does not have. Files lie in folders of their own
/// owner, so that a foreign todo is an empty folder of one's own, where a file of one's own may be put.
#[rustfmt::skip]
const TABLE: [(&str, &str, Pair, Pair, Pair); 10] = [
    // function         own ids         another's user, malformed           another's todo, malformed          another's file, malformed
    ("getTodos",        "200",          ["403 forbidden", "403 forbidden"], ["-", "-"],                        ["-", "-"]),
    ("getTodo",         "200",          ["403 forbidden", "403 forbidden"], ["404 not_found", "404 not_found"], ["-", "-"]),
    ("addTodo",         "201",          ["403 forbidden", "403 forbidden"], ["-", "-"],                        ["-", "-"]),
    ("updateTodo",      "200",          ["403 forbidden", "403 forbidden"], ["404 not_found", "404 not_found"], ["-", "-"]),
    ("completeTodo",    "200",          ["403 forbidden", "403 forbidden"], ["404 not_found", "404 not_found"], ["-", "-"]),
    ("addTodoNotes",    "200",          ["403 forbidden", "403 forbidden"], ["404 not_found", "404 not_found"], ["-", "-"]),
    ("deleteTodo",      "204",          ["403 forbidden", "403 forbidden"], ["404 not_found", "404 not_found"], ["-", "-"]),
    ("getTodoFiles",    "200",          ["-", "-"],                         ["200 []", "404 not_found"],        ["-", "-"]),
    ("addTodoFiles",    "201",          ["-", "-"],                         ["201", "404 not_found"],           ["-", "-"]),
    ("deleteTodoFiles", "204",          ["-", "-"],                         ["404 not_found", "404 not_found"], ["404 not_found", "404 not_found"]),
];

/// A user with a todo, a file on it and an idempotency key.
struct Owner {
    user: User,
    todo: String,
    file: String,
    key: String,
}

impl Owner {
    fn new(name: &str) -> Self {
        let user = User::new(name);
        let key = Uuid::new_v4().to_string();
        let call = user.todos("POST", "/add").header("idempotency-key", &key);
        let todo = call.json(&json!({"title": "theirs"})).send().expect(201)["todoID"].as_str().unwrap().to_owned();
        let file = request(&user, &todo, "theirs.txt", b"theirs").expect(201)["file"]["fileID"].clone();
        Self { user, todo, file: file.as_str().unwrap().to_owned(), key }
    }

    /// The owner's routes with one id replaced.
    fn routes(&self, user: Option<&str>, todo: Option<&str>, file: Option<&str>) -> Vec<Route> {
        routes(user.unwrap_or(&self.user.sub), todo.unwrap_or(&self.todo), file.unwrap_or(&self.file))
    }
}

/// What names nothing, as it stands in a path: other spellings of an id that exists, steps through folders, characters
/// that end strings, and keys of other items of the tables.
fn malformed(existing: &str, owner: &Owner) -> Vec<String> {
    let mut all: Vec<String> =
        ["x", "0", "-", "%20", "..", "%2e%2e", "%00", "%F0%9F%A6%80", "%FF", "tombstone", "%7B%7D", "null", "*"]
            .map(str::to_owned)
            .into();
    all.extend([
        existing.to_uppercase(),
        existing.replace('-', ""),
        format!("%7B{existing}%7D"),
        format!("{existing}%00"),
        format!("{existing}%20"),
        format!("idem%23{}", owner.key),
        format!("{}%23{}", owner.user.sub, owner.todo),
        "x".repeat(10_000),
    ]);
    all
}

/// Names with slashes in them, which a gateway may take for more segments: then there is no such route.
fn stepping(owner: &Owner) -> [String; 3] {
    ["..%2f..".to_owned(), format!("{}%2F{}", owner.user.sub, owner.todo), format!("..%2F{}", owner.user.sub)]
}

/// Status, and the code of an error or `[]` for an empty list.
fn cell(answer: &Response) -> String {
    if answer.status >= 400 {
        let body = answer.json();
        let words = body["error"]["code"].as_str().or(body["message"].as_str()).unwrap();
        return format!("{} {words}", answer.status);
    }
    let empty = !answer.body.is_empty() && answer.json()["files"] == json!([]);
    if empty { format!("{} []", answer.status) } else { answer.status.to_string() }
}

/// All of an answer that may be told: no dates, no ids of requests, and no new ids and signatures.
fn comparable(answer: &Response) -> (u16, Vec<(String, String)>, Value) {
    let fleeting = ["date", "apigw-requestid", "x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"];
    let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut headers: Vec<_> = headers.filter(|(name, _)| !fleeting.contains(&name.as_str())).collect();
    headers.sort();
    let mut body = if answer.body.is_empty() { Value::Null } else { answer.json() };
    if let Some(file) = body.get_mut("file") {
        for name in ["fileID", "todoID", "dateUploaded"] {
            file[name] = json!("new");
        }
        for name in ["url", "expiresAt"] {
            body["upload"][name] = json!("new");
        }
    }
    (answer.status, headers, body)
}

#[test]
fn every_route_answers_as_the_table_says() {
    let (ada, bob) = (Owner::new("ada"), Owner::new("bob"));
    let token = bob.user.access.as_str();
    let unknown = || Uuid::now_v7().to_string();
    for (place, (function, own, users, todos, files)) in TABLE.into_iter().enumerate() {
        let fresh = Owner::new("fresh");
        let answer = fresh.routes(None, None, None)[place].send(Some(&fresh.user.access));
        assert_eq!(cell(&answer), own, "{function}, own ids: {}", answer.text());

        let same = |what: &str, foreign: &Route, unknown: &Route, expected: &str| {
            assert_eq!(foreign.function, function);
            let (foreign, unknown) = (foreign.send(Some(token)), unknown.send(Some(token)));
            assert_eq!(cell(&foreign), expected, "{function}, another's {what}: {}", foreign.text());
            assert_eq!(comparable(&foreign), comparable(&unknown), "{function}, another's {what} or an unknown one");
        };
        let with_user = |user: &str| bob.routes(Some(user), None, None)[place].clone();
        let with_todo = |todo: &str| bob.routes(None, Some(todo), None)[place].clone();
        let with_file = |file: &str| bob.routes(None, None, Some(file))[place].clone();
        if users[0] != "-" {
            same("user", &with_user(&ada.user.sub), &with_user(&Uuid::new_v4().to_string()), users[0]);
        }
        if todos[0] != "-" {
            same("todo", &with_todo(&ada.todo), &with_todo(&unknown()), todos[0]);
        }
        if files[0] != "-" {
            same("file", &with_file(&ada.file), &with_file(&unknown()), files[0]);
        }

        let columns: [(&str, &str, WithId<'_>, &str); 3] = [
            ("user", users[1], &with_user, &bob.user.sub),
            ("todo", todos[1], &with_todo, &bob.todo),
            ("file", files[1], &with_file, &bob.file),
        ];
        for (what, expected, with, existing) in columns.into_iter().filter(|column| column.1 != "-") {
            let own_keys = [format!("idem%23{}", bob.key), format!("{}%23{}", bob.user.sub, bob.todo)];
            for odd in malformed(existing, &ada).into_iter().chain(own_keys) {
                let answer = with(&odd).send(Some(token));
                assert_eq!(cell(&answer), expected, "{function}, malformed {what} `{odd}`: {}", answer.text());
            }
            for odd in stepping(&ada) {
                let answer = cell(&with(&odd).send(Some(token)));
                assert!([expected, "404 Not Found"].contains(&answer.as_str()), "{function}, {what} `{odd}`: {answer}");
            }
        }
    }
    // Nothing of all that has touched what is Ada's.
    assert_eq!(ada.user.list("")["todos"][0]["title"], "theirs");
    assert_eq!(tests::upload::list(&ada.user, &ada.todo)[0]["fileID"], ada.file.as_str());
}

/// Each token and what it gets on every route: 401 and 403 are the gateway's, so no function runs.
#[test]
fn only_an_access_token_of_this_pool_and_client_opens_a_route_whatever_its_ids() {
    let (ada, bob) = (Owner::new("ada"), Owner::new("bob"));
    let forge = Forge::like(&bob.user);
    let now = tests::user::claims(&bob.user.access)["iat"].as_i64().unwrap();
    let good = forge.with(&json!({}));
    let bad: Vec<(&str, Option<String>, &str)> = vec![
        ("absent", None, "401 Unauthorized"),
        ("empty", Some(String::new()), "401 Unauthorized"),
        ("no token", Some("x.y.z".to_owned()), "401 Unauthorized"),
        ("expired", Some(forge.with(&json!({"exp": now - 1}))), "401 Unauthorized"),
        ("not yet valid", Some(forge.with(&json!({"nbf": now + 3600}))), "401 Unauthorized"),
        ("of another client", Some(of_another_client(&bob.user)), "401 Unauthorized"),
        ("with another client's id", Some(forge.with(&json!({"client_id": "other"}))), "401 Unauthorized"),
        ("of another pool", Some(of_another_pool()), "401 Unauthorized"),
        ("with another issuer", Some(forge.with(&json!({"iss": "https://evil.example/pool"}))), "401 Unauthorized"),
        ("alg none", Some(forge.unsigned("none")), "401 Unauthorized"),
        ("alg None", Some(forge.unsigned("None")), "401 Unauthorized"),
        ("signed with the public key", Some(forge.confused()), "401 Unauthorized"),
        ("tampered signature", Some(tampered(&bob.user.access)), "401 Unauthorized"),
        ("tampered claims", Some(reworded(&bob.user.access, "sub", &ada.user.sub)), "401 Unauthorized"),
        ("id token", Some(bob.user.id.clone()), "403 Forbidden"),
        ("without the scope", Some(forge.with(&json!({"scope": "email openid"}))), "403 Forbidden"),
    ];
    // Expected to be refused for one thing: the same token without it is let in.
    assert_eq!(bob.routes(None, None, None)[1].send(Some(&good)).status, 200);
    let unknown = Uuid::now_v7().to_string();
    let mut ids =
        vec![bob.routes(None, None, None), ada.routes(None, None, None), routes(&unknown, &unknown, &unknown)];
    for odd in ["..".to_owned(), "%00".to_owned(), format!("idem%23{}", bob.key), "x".repeat(10_000)] {
        ids.push(routes(&odd, &odd, &odd));
    }
    std::thread::scope(|scope| {
        for (name, token, expected) in &bad {
            let ids = &ids;
            scope.spawn(move || {
                for route in ids.iter().flatten() {
                    let answer = route.send(token.as_deref());
                    assert_eq!(&cell(&answer), expected, "{name}: {route:?}");
                    assert_eq!(answer.json().as_object().unwrap().len(), 1, "{name}: {}", answer.text());
                }
            });
        }
    });
    assert_eq!(bob.user.list("")["todos"][0]["title"], "theirs");
}

#[test]
fn only_the_sites_origin_passes_cors() {
    let site = Deployment::get().output("frontend", "SiteOrigin");
    let user = User::new("cors");
    let todo = Uuid::now_v7().to_string();
    for service in ["todos", "files"] {
        let api = Deployment::get().output(service, "ApiUrl");
        let url = format!("{api}/{}/{service}", Uuid::new_v4());
        let preflight = |origin: &str| {
            let call =
                Call::new("OPTIONS", &url).header("origin", origin).header("access-control-request-method", "GET");
            call.header("access-control-request-headers", "authorization,content-type,idempotency-key").send()
        };
        let own = preflight(site);
        assert!([200, 204].contains(&own.status), "{}", own.status);
        assert_eq!(own.header("access-control-allow-origin"), site);
        for header in ["authorization", "content-type", "idempotency-key"] {
            let allowed = own.header("access-control-allow-headers");
            assert!(allowed.split(',').any(|one| one.trim().eq_ignore_ascii_case(header)), "{header}: {allowed}");
        }
        assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), "");
        let refused = Call::new("GET", &url).header("origin", site).bearer("no token").send();
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, site), "the page sees a 401");
        let answer = routes(&user.sub, &todo, &todo).into_iter().find(|route| route.service == service).unwrap();
        let answer =
            Call::new("GET", format!("{api}{}", answer.path)).header("origin", site).bearer(&user.access).send();
        let told = (answer.status, answer.header("access-control-expose-headers").to_lowercase());
        assert_eq!(told, (200, "retry-after".to_owned()), "the page sees how long to wait");
    }
}
