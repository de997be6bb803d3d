//! The table. A user's items are one partition; no call here reaches beyond the partition of its `User`.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::item::{string, text};
use shared::page::{self, Page};
use shared::{Error, User, id};
use uuid::Uuid;

use crate::item::{Draft, Item};

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

    /// Adds an item under a new id; nothing is overwritten.
    pub(crate) async fn add(&self, user: &User, draft: Draft) -> Result<Item, Error> {
        let item = draft.into_item(Uuid::now_v7());
        let mut record = key(user, item.id);
        record.insert("text".to_owned(), string(&item.text));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(record));
        match request.condition_expression("attribute_not_exists(itemID)").send().await {
            Ok(_) => Ok(item),
            // The id is fresh, so what is there is this very item: an attempt whose answer got lost, sent again by the SDK.
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(item)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A page of the user's items, the oldest first: one query, which reads the page and one more.
    pub(crate) async fn list(&self, user: &User, limit: usize, after: Option<Uuid>) -> Result<Page<Item>, Error> {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        let request = request.key_condition_expression("userID = :user");
        let request = request.expression_attribute_values(":user", string(user.as_str()));
        let request = request.set_exclusive_start_key(after.map(|id| key(user, id)));
        let output = request.limit(i32::try_from(limit + 1).unwrap_or(i32::MAX)).send().await?;
        let examined_to = output.last_evaluated_key().map(|key| text(key, "itemID")).transpose()?;
        let items = output.items().iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page::cut(items, limit, examined_to, |_| true, |item| item.id.to_string()))
    }
}

fn key(user: &User, id: Uuid) -> HashMap<String, AttributeValue> {
    HashMap::from([("userID".to_owned(), string(user.as_str())), ("itemID".to_owned(), string(id))])
}

fn read(record: &HashMap<String, AttributeValue>) -> Result<Item, Error> {
    let id = id::canonical(&text(record, "itemID")?).ok_or_else(|| Error::internal("a record's id is no UUID"))?;
    Ok(Item { id, text: text(record, "text")? })
}
