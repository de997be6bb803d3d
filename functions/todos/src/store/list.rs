//! Lists todos in list order, one query per page.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::item::{Item, optional_text, string};
use shared::page::{self, Page};
use shared::{Error, User};

use super::record::{self, LIST_ORDER};
use super::{Store, key};
use crate::list::Listing;
use crate::order::Place;
use crate::todo::Todo;

const INDEX: &str = "byListOrder";

impl Store {
    pub(crate) async fn list(&self, user: &User, listing: &Listing) -> Result<Page<Todo>, Error> {
        let request = self.query(user, listing);
        // A search examines what one query reads, 1 MB; a plain page reads itself and one more, to know whether it is the last.
        let limit = listing.keyword.is_none().then(|| i32::try_from(listing.limit + 1).unwrap_or(i32::MAX));
        let output = request.set_limit(limit).send().await?;
        let examined_to = output.last_evaluated_key().and_then(position);
        // By its title alone: of the thousands that a search examines, only those on the page become todos.
        let wanted = |item: &&Item| {
            let title = item.get("title").and_then(|title| title.as_s().ok());
            listing.keyword.as_ref().is_none_or(|keyword| title.is_none_or(|title| keyword.is_in(title)))
        };
        let examined = output.items().iter().collect();
        // What the index holds has its key.
        let page = page::cut(examined, listing.limit, examined_to, wanted, |item| position(item).unwrap_or_default());
        let items = page.items.into_iter().map(record::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page { items, next: page.next })
    }

    pub(crate) fn query(&self, user: &User, listing: &Listing) -> QueryFluentBuilder {
        let request = self.client.query().table_name(&self.table).index_name(INDEX).consistent_read(true);
        let request = request.expression_attribute_values(":user", string(user.as_str()));
        let request = match listing.completed {
            None => request.key_condition_expression("userID = :user"),
            Some(completed) => request
                .key_condition_expression("userID = :user AND begins_with(listOrder, :prefix)")
                .expression_attribute_values(":prefix", string(Place::prefix(completed))),
        };
        request.set_exclusive_start_key(listing.after.as_ref().map(|place| start(user, place)))
    }
}

/// Where a query goes on: the index's key and the table's, all from the place and the token's user.
fn start(user: &User, place: &Place) -> HashMap<String, AttributeValue> {
    let mut start = key(user, place.todo_id);
    start.insert(LIST_ORDER.to_owned(), string(place.key()));
    start
}

fn position(key: &Item) -> Option<String> {
    optional_text(key, LIST_ORDER)
}

#[cfg(test)]
mod tests;
