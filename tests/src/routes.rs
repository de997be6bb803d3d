//! Every route of both APIs.

use serde_json::{Value, json};

use crate::{Call, Deployment, Response};

/// The SHA-256 of nothing, in base64.
pub const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// One route with its ids filled in.
#[derive(Debug, Clone)]
pub struct Route {
    /// The function behind it.
    pub function: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// `todos` or `files`.
    pub service: &'static str,
    /// The path, raw.
    pub path: String,
    /// A body that is accepted.
    pub body: Option<Value>,
}

/// All routes, for a user id, a todo id and a file id as they stand in a path.
#[must_use]
pub fn routes(user: &str, todo: &str, file: &str) -> Vec<Route> {
    let upload = json!({"fileName": "a", "contentType": "text/plain", "size": 0, "sha256": EMPTY});
    let all = [
        ("getTodos", "GET", format!("/{user}/todos"), None),
        ("getTodo", "GET", format!("/{user}/todos/{todo}"), None),
        ("addTodo", "POST", format!("/{user}/todos/add"), Some(json!({"title": "x"}))),
        ("updateTodo", "PATCH", format!("/{user}/todos/{todo}"), Some(json!({"title": "x"}))),
        ("completeTodo", "POST", format!("/{user}/todos/{todo}/complete"), None),
        ("addTodoNotes", "POST", format!("/{user}/todos/{todo}/addnotes"), Some(json!({"notes": "x"}))),
        ("deleteTodo", "DELETE", format!("/{user}/todos/{todo}/delete"), None),
        ("getTodoFiles", "GET", format!("/{todo}/files"), None),
        ("addTodoFiles", "POST", format!("/{todo}/files/upload"), Some(upload)),
        ("deleteTodoFiles", "DELETE", format!("/{todo}/files/{file}/delete"), None),
    ];
    let service = |function: &str| if function.ends_with("Files") { "files" } else { "todos" };
    let route = |(function, method, path, body)| Route { function, method, service: service(function), path, body };
    all.into_iter().map(route).collect()
}

impl Route {
    /// Calls it, with a token or without one.
    #[must_use]
    pub fn send(&self, token: Option<&str>) -> Response {
        let mut call =
            Call::new(self.method, format!("{}{}", Deployment::get().output(self.service, "ApiUrl"), self.path));
        if let Some(token) = token {
            call = call.bearer(token);
        }
        if let Some(body) = &self.body {
            call = call.json(body);
        }
        call.send()
    }
}
