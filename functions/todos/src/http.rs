//! The routes: HTTP in, HTTP out, everything else below.

use anyhow::bail;
use serde::Serialize;
use shared::{Error, Request, Response, User, id};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::edit::Edit;
use crate::list::Listing;
use crate::store::Store;
use crate::todo::{Draft, Todo};

/// One function of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    GetTodos,
    GetTodo,
    AddTodo,
    UpdateTodo,
    CompleteTodo,
    AddTodoNotes,
    DeleteTodo,
}

impl Route {
    pub(crate) const ALL: [Self; 7] = [
        Self::GetTodos,
        Self::GetTodo,
        Self::AddTodo,
        Self::UpdateTodo,
        Self::CompleteTodo,
        Self::AddTodoNotes,
        Self::DeleteTodo,
    ];

    pub(crate) fn from_handler(name: &str) -> anyhow::Result<Self> {
        let Some(route) = Self::ALL.into_iter().find(|route| route.name() == name) else {
            bail!("unknown handler `{name}`; this service has {}", Self::ALL.map(Self::name).join(", "));
        };
        Ok(route)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetTodos => "getTodos",
            Self::GetTodo => "getTodo",
            Self::AddTodo => "addTodo",
            Self::UpdateTodo => "updateTodo",
            Self::CompleteTodo => "completeTodo",
            Self::AddTodoNotes => "addTodoNotes",
            Self::DeleteTodo => "deleteTodo",
        }
    }

    /// Answers a call. The user comes first: nobody learns anything about another user's path.
    pub(crate) async fn answer(self, store: &Store, request: &Request) -> Result<Response, Error> {
        let user = request.user_of_path()?;
        match self {
            Self::GetTodos => list(store, &user, request).await,
            Self::GetTodo => {
                let todo = store.get(&user, todo_id(request)?).await?;
                Response::json(200, &todo)
            }
            Self::AddTodo => add(store, &user, request).await,
            Self::UpdateTodo => edit(store, &user, request, Edit::of_fields).await,
            Self::CompleteTodo => edit(store, &user, request, Edit::of_completion).await,
            Self::AddTodoNotes => edit(store, &user, request, Edit::of_notes).await,
            Self::DeleteTodo => {
                store.delete(&user, todo_id(request)?).await?;
                Ok(Response::no_content())
            }
        }
    }
}

async fn list(store: &Store, user: &User, request: &Request) -> Result<Response, Error> {
    let listing = Listing::parse(request.params())?;
    let page = store.list(user, &listing).await?;
    let next_cursor = page.next.as_deref().map(shared::cursor::encode);
    Response::json(200, &TodoPage { todos: &page.items, next_cursor })
}

/// The answer to a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TodoPage<'a> {
    todos: &'a [Todo],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

async fn add(store: &Store, user: &User, request: &Request) -> Result<Response, Error> {
    let key = request.header("idempotency-key").map(idempotency_key).transpose()?;
    let draft = Draft::parse(&request.body()?)?;
    let todo = match key {
        Some(key) => store.add_once(user, draft, key).await?,
        None => store.add(user, draft).await?,
    };
    Response::json(201, &todo)
}

async fn edit(
    store: &Store,
    user: &User,
    request: &Request,
    read: fn(&[u8]) -> Result<Edit, Error>,
) -> Result<Response, Error> {
    let id = todo_id(request)?;
    let edit = read(&request.body()?)?;
    Response::json(200, &store.edit(user, id, &edit).await?)
}

fn todo_id(request: &Request) -> Result<Uuid, Error> {
    id::from_path(request.path("todoID"))
}

/// Only with hyphens, as the contract has it, though the parser knows more spellings, each of another length.
fn idempotency_key(text: &str) -> Result<Uuid, Error> {
    let key = Uuid::try_parse(text).ok().filter(|_| text.len() == Hyphenated::LENGTH);
    key.ok_or_else(|| Error::field("idempotency-key", "must be a UUID with hyphens"))
}

#[cfg(test)]
mod boundary;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;
