//! Whose is what: foreign ids, bad tokens, foreign origins.

use serde_json::{Value, json};
use tests::{Call, Deployment, Response, User};
use uuid::Uuid;

/// Every route of both APIs, for a user id, a todo id and a file id.
fn routes(user: &str, todo: &str, file: &str) -> Vec<(&'static str, &'static str, String, Option<Value>)> {
    let upload = json!({"fileName": "a", "contentType": "text/plain", "size": 0, "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="});
    vec![
        ("GET", "todos", format!("/{user}/todos"), None),
        ("GET", "todos", format!("/{user}/todos/{todo}"), None),
        ("POST", "todos", format!("/{user}/todos/add"), Some(json!({"title": "x"}))),
        ("PATCH", "todos", format!("/{user}/todos/{todo}"), Some(json!({"title": "x"}))),
        ("POST", "todos", format!("/{user}/todos/{todo}/complete"), None),
        ("POST", "todos", format!("/{user}/todos/{todo}/addnotes"), Some(json!({"notes": "x"}))),
        ("DELETE", "todos", format!("/{user}/todos/{todo}/delete"), None),
        ("GET", "files", format!("/{todo}/files"), None),
        ("POST", "files", format!("/{todo}/files/upload"), Some(upload)),
        ("DELETE", "files", format!("/{todo}/files/{file}/delete"), None),
    ]
}

fn send(token: Option<&str>, route: &(&'static str, &'static str, String, Option<Value>)) -> Response {
    let (method, service, path, body) = route;
    let mut call = Call::new(method, format!("{}{path}", Deployment::get().output(service, "ApiUrl")));
    if let Some(token) = token {
        call = call.bearer(token);
    }
    if let Some(body) = body {
        call = call.json(body);
    }
    call.send()
}

#[test]
fn another_users_path_is_forbidden_and_another_users_todo_does_not_exist() {
    let (ada, bob) = (User::new("ada"), User::new("bob"));
    let secret = ada.add(&json!({"title": "ada's secret"}));
    let todo = secret["todoID"].as_str().unwrap();
    for route in routes(&ada.sub, todo, &Uuid::now_v7().to_string()).iter().filter(|route| route.1 == "todos") {
        let answer = send(Some(&bob.access), route);
        assert_eq!(answer.expect(403)["error"]["code"], "forbidden", "{route:?}");
    }
    let random = Uuid::now_v7().to_string();
    let own = |todo: &str| routes(&bob.sub, todo, &Uuid::now_v7().to_string());
    for (foreign, unknown) in own(todo).iter().zip(&own(&random)).filter(|(route, _)| route.2.contains(todo)) {
        let (one, other) = (send(Some(&bob.access), foreign), send(Some(&bob.access), unknown));
        assert_eq!(one.status, other.status, "{foreign:?}");
        assert!(!one.text().contains("secret"), "{}", one.text());
        if one.status == 404 {
            assert_eq!(one.body, other.body, "{foreign:?}");
        }
    }
    assert_eq!(ada.todos("GET", &format!("/{todo}")).send().expect(200), secret);
    assert_eq!(bob.list("")["todos"], json!([]));
}

#[test]
fn malformed_ids_do_not_exist() {
    let user = User::new("odd");
    for odd in ["x", "..%2f..", "%00", "idem%23x", "tombstone", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(user.todos("GET", &format!("/{odd}")).send().status, 404, "{odd}");
        assert_eq!(user.todos("DELETE", &format!("/{odd}/delete")).send().status, 404, "{odd}");
    }
}

#[test]
fn only_an_access_token_of_this_pool_opens_a_route() {
    let user = User::new("token");
    let mut parts: Vec<String> = user.access.split('.').map(str::to_owned).collect();
    // The first character of the signature: its last one has bits that decoders may ignore.
    let flipped = if parts[2].starts_with('A') { "B" } else { "A" };
    parts[2].replace_range(..1, flipped);
    let tampered = parts.join(".");
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
    for route in routes(&user.sub, &Uuid::now_v7().to_string(), &Uuid::now_v7().to_string()) {
        assert_eq!(send(None, &route).status, 401, "no token: {route:?}");
        assert_eq!(send(Some(&tampered), &route).status, 401, "tampered: {route:?}");
        assert_eq!(send(Some(&unsigned), &route).status, 401, "unsigned: {route:?}");
        let id = send(Some(&user.id), &route).status;
        assert!([401, 403].contains(&id), "id token: {id} {route:?}");
    }
}

#[test]
fn only_the_sites_origin_passes_cors() {
    let site = Deployment::get().output("frontend", "SiteOrigin");
    for service in ["todos", "files"] {
        let url = format!("{}/{}/{service}", Deployment::get().output(service, "ApiUrl"), Uuid::new_v4());
        let preflight = |origin: &str| {
            let call =
                Call::new("OPTIONS", &url).header("origin", origin).header("access-control-request-method", "GET");
            call.header("access-control-request-headers", "authorization").send()
        };
        let own = preflight(site);
        assert!([200, 204].contains(&own.status), "{}", own.status);
        assert_eq!(own.header("access-control-allow-origin"), site);
        assert!(own.header("access-control-allow-headers").contains("authorization"));
        assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), "");
        let refused = Call::new("GET", &url).header("origin", site).bearer("no token").send();
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, site), "the page sees a 401");
    }
}
