//! Nothing of one user ever appears for another: not in bodies, headers or errors, and not in the logs.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::routes::{Route, routes};
use tests::upload::attach;
use tests::{Response, User, eventually, logs};
use uuid::Uuid;

/// Everything that is told of a user somewhere, with words that occur nowhere else.
struct Secrets {
    user: User,
    todos: Vec<String>,
    files: Vec<String>,
    words: Vec<String>,
}

impl Secrets {
    fn new(name: &str) -> Self {
        let user = User::new(name);
        let word = |what: &str| format!("{what}{}", Uuid::new_v4().simple());
        let (title, description, notes, file) = (word("title"), word("description"), word("notes"), word("file"));
        let body = json!({"title": title, "description": description, "dateDue": "2031-05-06"});
        let todos: Vec<String> = (0..3).map(|_| user.add(&body)["todoID"].as_str().unwrap().to_owned()).collect();
        let path = format!("/{}/addnotes", todos[0]);
        let _ = user.todos("POST", &path).json(&json!({"notes": notes})).send().expect(200);
        let attached = (0..2).map(|_| attach(&user, &todos[0], &format!("{file}.txt"), b"bytes"));
        let files = attached.map(|file| file["fileID"].as_str().unwrap().to_owned()).collect();
        let words = vec![title, description, notes, file, user.email.clone()];
        Self { user, todos, files, words }
    }

    /// The words, and the ids too.
    fn all(&self) -> impl Iterator<Item = &String> {
        self.words.iter().chain(&self.todos).chain(&self.files).chain([&self.user.sub, &self.user.access])
    }

    fn cursors(&self) -> [String; 2] {
        let next = |answer: Value| answer["nextCursor"].as_str().unwrap().to_owned();
        let files = self.user.files("GET", &format!("/{}/files?limit=1", self.todos[0])).send();
        [next(self.user.list("?limit=1")), next(files.expect(200))]
    }
}

/// Fails if the answer tells a secret that its own request did not hold.
fn assert_tells_nothing(secrets: &Secrets, route: &Route, answer: &Response) {
    let request = format!("{} {:?}", route.path, route.body);
    let told = format!("{:?} {}", answer.headers, answer.text());
    for secret in secrets.all().filter(|secret| !request.contains(secret.as_str())) {
        assert!(!told.contains(secret.as_str()), "{route:?} tells `{secret}`: {told}");
    }
}

/// The same routes with bodies and queries that are refused, since errors tell things too.
fn with_errors(route: &Route, cursors: &[String; 2]) -> Vec<Route> {
    let mut all = vec![route.clone()];
    let bodies =
        [json!({}), json!([]), json!({"title": 1, "notes": 1, "fileName": 1, "x": 1}), json!("x".repeat(70_000))];
    // A body of these is read by nobody.
    let read = !["GET", "DELETE"].contains(&route.method);
    all.extend(bodies.into_iter().filter(|_| read).map(|body| Route { body: Some(body), ..route.clone() }));
    let [todos, files] = cursors;
    let queries = ["limit=1", "search=title", "completed=false", "limit=0&cursor=x"].map(str::to_owned);
    for query in queries.into_iter().chain([format!("cursor={todos}"), format!("cursor={files}&limit=1")]) {
        all.push(Route { path: format!("{}?{query}", route.path), ..route.clone() });
    }
    all
}

#[test]
fn another_users_walk_over_all_routes_meets_no_word_and_no_id_of_ada() {
    let (ada, bob) = (Secrets::new("ada"), Secrets::new("bob"));
    let cursors = ada.cursors();
    for user in [&bob.user.sub, &ada.user.sub] {
        for todo in [&ada.todos[0], &bob.todos[1]] {
            for route in routes(user, todo, &ada.files[0]).iter().flat_map(|route| with_errors(route, &cursors)) {
                let answer = route.send(Some(&bob.user.access));
                assert_tells_nothing(&ada, &route, &answer);
                assert!(answer.status < 500, "{route:?}: {}", answer.text());
            }
        }
    }
    assert_eq!(ada.user.list("")["todos"].as_array().unwrap().len(), 3, "nothing of hers has gone");
    assert_eq!(tests::upload::list(&ada.user, &ada.todos[0]).len(), 2);
    assert_logs_tell_nothing(&bob, &[&ada, &bob]);
}

#[test]
fn another_users_cursor_stays_in_ones_own_partition() {
    let (ada, bob) = (Secrets::new("ada"), Secrets::new("bob"));
    let [todos, files] = ada.cursors();
    let page = bob.user.list(&format!("?cursor={todos}"));
    for todo in page["todos"].as_array().unwrap() {
        assert_eq!(todo["userID"], bob.user.sub.as_str());
    }
    // Bob's todos are younger and newest come first: Ada's cursor lies behind all of them.
    assert_eq!(page, json!({"todos": []}));
    let page = bob.user.files("GET", &format!("/{}/files?cursor={files}", bob.todos[0])).send().expect(200);
    let ids: Vec<&str> =
        page["files"].as_array().unwrap().iter().map(|file| file["fileID"].as_str().unwrap()).collect();
    assert_eq!(ids, bob.files, "oldest come first: Ada's cursor lies before all of them");
    let page = bob.user.files("GET", &format!("/{}/files?cursor={files}", ada.todos[0])).send().expect(200);
    assert_eq!(page, json!({"files": []}));
}

/// The functions log who called as sixteen digits of a hash. Once those of the user who called every route are there, so is all
/// the rest.
fn assert_logs_tell_nothing(caller: &Secrets, users: &[&Secrets]) {
    let digest = Sha256::digest(&caller.user.sub);
    let hash = format!("{:016x}", u64::from_be_bytes(digest[..8].try_into().unwrap()));
    for route in routes("", "", "") {
        let group = logs::groups().into_iter().find(|group| group.ends_with(&format!("-{}", route.function))).unwrap();
        eventually("the calls are logged", || (!logs::of(&group, &hash).is_empty()).then_some(()));
    }
    let events = logs::events();
    for secrets in users {
        for event in &events {
            for word in secrets.words.iter().chain([&secrets.user.sub, &secrets.user.access]) {
                assert!(!event.message.contains(word.as_str()), "{} logs `{word}`: {}", event.group, event.message);
            }
        }
    }
}
