//! The todos table. A user's todos are one partition; no call here reaches beyond the partition of its `User`.

mod add;
mod edit;
mod list;
pub(crate) mod record;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::item::string;
use shared::{Error, User};
use uuid::Uuid;

use crate::todo::Todo;

/// Marks an item as a todo: markers of idempotency keys lack this attribute.
const IS_TODO: &str = "attribute_exists(listOrder)";

/// Access to the table.
#[derive(Debug)]
pub(crate) struct Store {
    client: Client,
    table: String,
}

impl Store {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    pub(crate) async fn get(&self, user: &User, id: Uuid) -> Result<Todo, Error> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key(user, id))).consistent_read(true);
        let item = request.send().await?.item.ok_or(Error::NotFound)?;
        record::read(&item)
    }

    /// Deletes a todo. The marker of its idempotency key stays, so that a repeated request does not bring it back.
    pub(crate) async fn delete(&self, user: &User, id: Uuid) -> Result<(), Error> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(user, id)));
        match request.condition_expression(IS_TODO).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Err(Error::NotFound)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn key(user: &User, id: Uuid) -> HashMap<String, AttributeValue> {
    HashMap::from([("userID".to_owned(), string(user.as_str())), ("todoID".to_owned(), string(id))])
}
