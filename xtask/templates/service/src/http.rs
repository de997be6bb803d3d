//! The routes: HTTP in, HTTP out, everything else below.

use anyhow::bail;
use serde_json::{Map, json};
use shared::{Error, Request, Response, User, cursor, id};

use crate::item::Draft;
use crate::store::Store;

/// One function of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    List,
    Add,
}

impl Route {
    pub(crate) const ALL: [Self; 2] = [Self::List, Self::Add];

    pub(crate) fn from_handler(name: &str) -> anyhow::Result<Self> {
        let Some(route) = Self::ALL.into_iter().find(|route| route.name() == name) else {
            bail!("unknown handler `{name}`; this service has {}", Self::ALL.map(Self::name).join(", "));
        };
        Ok(route)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::List => "get__Name__",
            Self::Add => "add__Name__",
        }
    }

    /// Answers a call. The user comes first: nobody learns anything about another user's path.
    pub(crate) async fn answer(self, store: &Store, request: &Request) -> Result<Response, Error> {
        let user = request.user_of_path()?;
        match self {
            Self::List => list(store, &user, request).await,
            Self::Add => Response::json(201, &store.add(&user, Draft::parse(&request.body()?)?).await?),
        }
    }
}

async fn list(store: &Store, user: &User, request: &Request) -> Result<Response, Error> {
    let mut params = request.params();
    let limit = params.limit();
    let after = params.optional("cursor", |text| cursor::decode(text, id::canonical));
    params.finish()?;
    let page = store.list(user, limit, after).await?;
    let mut body = Map::from_iter([("items".to_owned(), json!(page.items))]);
    if let Some(next) = page.next {
        body.insert("nextCursor".to_owned(), json!(cursor::encode(&next)));
    }
    Response::json(200, &body)
}

#[cfg(test)]
mod tests;
