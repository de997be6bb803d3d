//! Reads many items by their keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use shared::Error;
use shared::item::Item;
use shared::retry::{ATTEMPTS, backoff};
use tokio::time::sleep;

/// How many items one call may read (AWS: "`BatchGetItem`").
pub(super) const MOST: usize = 100;

/// Reads these attributes of the items that are there, consistently. At least one key and at most [`MOST`], no two alike.
/// What `DynamoDB` leaves unread, as it is busy, is asked for again: an item that is not in the answer is not there.
pub(super) async fn get(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    attributes: &[&str],
) -> Result<Vec<Item>, Error> {
    let aliases: Vec<String> = attributes.iter().map(|name| format!("#{name}")).collect();
    let names = aliases.iter().cloned().zip(attributes.iter().map(|name| (*name).to_owned()));
    let wanted = KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .projection_expression(aliases.join(", "))
        .set_expression_attribute_names(Some(names.collect()))
        .build()
        .map_err(Error::internal)?;
    let mut asked = HashMap::from([(table.to_owned(), wanted)]);
    let mut found = Vec::new();
    for attempt in 0..ATTEMPTS {
        let output = client.batch_get_item().set_request_items(Some(asked)).send().await?;
        found.extend(output.responses.unwrap_or_default().into_values().flatten());
        asked = output.unprocessed_keys.unwrap_or_default();
        if asked.is_empty() {
            return Ok(found);
        }
        sleep(backoff(attempt)).await;
    }
    Err(Error::TooManyRequests)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use shared::item::string;

    use super::*;

    fn key(id: &str) -> Item {
        Item::from([("id".to_owned(), string(id))])
    }

    /// Answers a question for exactly `asked`: `found` is there, `left` was not read.
    fn answer(asked: &[&str], found: &[&str], left: &[&str]) -> Rule {
        let all = |ids: &[&str]| ids.iter().map(|id| key(id)).collect::<Vec<_>>();
        let (asked, found, left) = (all(asked), all(found), all(left));
        mock!(Client::batch_get_item)
            .match_requests(move |get| {
                let asks =
                    |wanted: &KeysAndAttributes| wanted.keys() == asked && wanted.consistent_read() == Some(true);
                get.request_items().is_some_and(|tables| asks(&tables["t"]))
            })
            .then_output(move || {
                let rest = KeysAndAttributes::builder().set_keys(Some(left.clone())).consistent_read(true);
                let rest = rest.build().expect("keys");
                let output = BatchGetItemOutput::builder().responses("t", found.clone());
                if left.is_empty() { output.build() } else { output.unprocessed_keys("t", rest).build() }
            })
    }

    async fn read(rules: &[&Rule]) -> Result<Vec<Item>, Error> {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules);
        get(&client, "t", vec![key("a"), key("b"), key("c")], &["id"]).await
    }

    #[tokio::test]
    async fn what_was_left_unread_is_asked_for_again() {
        let rules = [&answer(&["a", "b", "c"], &["a"], &["b", "c"]), &answer(&["b", "c"], &["c"], &[])];
        assert_eq!(read(&rules).await.expect("read"), [key("a"), key("c")]);
    }

    #[tokio::test]
    async fn what_is_left_unread_for_good_is_an_error_and_not_absent() {
        let first = answer(&["a", "b", "c"], &["a"], &["b"]);
        let again: Vec<Rule> = (1..ATTEMPTS).map(|_| answer(&["b"], &[], &["b"])).collect();
        let rules: Vec<&Rule> = std::iter::once(&first).chain(&again).collect();
        assert!(matches!(read(&rules).await, Err(Error::TooManyRequests)));
    }
}
