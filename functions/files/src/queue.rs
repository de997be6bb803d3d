//! The purge queue, from its sending side.

use std::borrow::Cow;

use aws_sdk_sqs::Client;
use shared::Error;

use crate::event::DeletedTodo;
use crate::folder::Folder;

/// Access to the queue.
#[derive(Debug)]
pub(crate) struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    pub(crate) fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for the end of a folder, whose todo is deleted. Asking twice does no harm.
    pub(crate) async fn purge(&self, folder: &Folder) -> Result<(), Error> {
        self.client.send_message().queue_url(&self.url).message_body(message(folder)?).send().await?;
        Ok(())
    }
}

/// What the queue is told.
pub(crate) fn message(folder: &Folder) -> Result<String, Error> {
    let (user, todo) = (folder.user(), folder.todo_id.to_string());
    let deleted = DeletedTodo { user_id: Cow::Borrowed(user), todo_id: Cow::Owned(todo) };
    serde_json::to_string(&deleted).map_err(Error::internal)
}
