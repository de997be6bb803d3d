//! Changes todos. A change that may move a todo in the list is computed from a read and written only if its place
//! is still the one that was read; a race is tried again.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use shared::item::string;
use shared::retry::{ATTEMPTS, backoff};
use shared::{Error, User};
use tokio::time::sleep;
use uuid::Uuid;

use super::record::{self, LIST_ORDER};
use super::{IS_TODO, Store, key};
use crate::edit::Edit;
use crate::order::Place;
use crate::todo::Todo;

impl Store {
    pub(crate) async fn edit(&self, user: &User, id: Uuid, edit: &Edit) -> Result<Todo, Error> {
        if !edit.moves() {
            let request = self.update(user, id, edit).condition_expression(IS_TODO);
            return send(request).await?.ok_or(Error::NotFound);
        }
        for attempt in 0..ATTEMPTS {
            let todo = self.get(user, id).await?;
            let edited = edit.applied_to(&todo);
            if edited == todo {
                return Ok(todo);
            }
            let request = self.update(user, id, edit).condition_expression("#listOrder = :seen");
            let request = request.expression_attribute_values(":seen", string(todo.place().key()));
            if let Some(todo) = send(moved_to(request, &edited.place())).await? {
                return Ok(todo);
            }
            sleep(backoff(attempt)).await;
        }
        Err(Error::TooManyRequests)
    }

    /// An update that sets the edited fields.
    fn update(&self, user: &User, id: Uuid, edit: &Edit) -> UpdateItemFluentBuilder {
        let fields = [
            ("title", edit.title.as_deref().map(string)),
            ("description", edit.description.as_deref().map(string)),
            ("notes", edit.notes.as_deref().map(string)),
            ("dateDue", edit.date_due.as_ref().map(|date| string(date.as_str()))),
            ("completed", edit.completed.map(AttributeValue::Bool)),
        ];
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key(user, id)));
        let request = request.return_values(ReturnValue::AllNew);
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).fold(request, set)
    }
}

fn moved_to(request: UpdateItemFluentBuilder, place: &Place) -> UpdateItemFluentBuilder {
    set(request, (LIST_ORDER, string(place.key())))
}

/// Adds `SET #name = :name` to an update.
fn set(request: UpdateItemFluentBuilder, (name, value): (&str, AttributeValue)) -> UpdateItemFluentBuilder {
    let expression = match request.get_update_expression() {
        None => format!("SET #{name} = :{name}"),
        Some(others) => format!("{others}, #{name} = :{name}"),
    };
    request
        .update_expression(expression)
        .expression_attribute_names(format!("#{name}"), name)
        .expression_attribute_values(format!(":{name}"), value)
}

/// The todo as it is now; none if the condition does not hold.
async fn send(request: UpdateItemFluentBuilder) -> Result<Option<Todo>, Error> {
    match request.send().await {
        Ok(output) => {
            let item = output.attributes.ok_or_else(|| Error::internal("an update returned no item"))?;
            record::read(&item).map(Some)
        }
        Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
