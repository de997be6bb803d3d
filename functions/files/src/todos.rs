//! The todos table, which belongs to another service: nothing is read of it but whether a todo is there.

use aws_sdk_dynamodb::Client;
use shared::Error;
use shared::item::string;

use crate::folder::Folder;

/// Access to the table.
#[derive(Debug)]
pub(crate) struct Todos {
    client: Client,
    table: String,
}

impl Todos {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Whether the folder's todo exists. The key is all that the function's role lets it read.
    pub(crate) async fn has(&self, folder: &Folder) -> Result<bool, Error> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key("userID", string(folder.user())).key("todoID", string(folder.todo_id));
        Ok(request.projection_expression("userID, todoID").send().await?.item.is_some())
    }
}
