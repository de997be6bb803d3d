//! The files of one todo: where their records and their objects are. Both begin with the owner, so that a foreign
//! todo's id leads to an empty place of one's own.

use shared::{User, id};
use uuid::Uuid;

/// A user's files on one todo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    user: User,
    pub(crate) todo_id: Uuid,
}

impl Folder {
    pub(crate) fn new(user: User, todo_id: Uuid) -> Self {
        Self { user, todo_id }
    }

    /// Reads the ids that other services write, which must be in their canonical spelling.
    pub(crate) fn parse(user: &str, todo_id: &str) -> Option<Self> {
        Some(Self::new(User::from_subject(user).ok()?, id::canonical(todo_id)?))
    }

    pub(crate) fn user(&self) -> &str {
        self.user.as_str()
    }

    /// Reads a partition of the table; only one that [`Self::partition`] could have made.
    pub(crate) fn of_partition(partition: &str) -> Option<Self> {
        let (user, todo_id) = partition.split_once('#')?;
        Self::parse(user, todo_id)
    }

    /// The partition of the table.
    pub(crate) fn partition(&self) -> String {
        format!("{}#{}", self.user.as_str(), self.todo_id)
    }

    /// What the keys of the objects begin with.
    pub(crate) fn prefix(&self) -> String {
        format!("{}/{}/", self.user.as_str(), self.todo_id)
    }

    /// The key of a file's object.
    pub(crate) fn object_key(&self, file_id: Uuid) -> String {
        format!("{}{file_id}", self.prefix())
    }

    /// Reads an object's key; only one that [`Self::object_key`] could have made.
    pub(crate) fn of_object_key(key: &str) -> Option<(Self, Uuid)> {
        let (prefix, file_id) = key.rsplit_once('/')?;
        let (user, todo_id) = prefix.split_once('/')?;
        Some((Self::parse(user, todo_id)?, id::canonical(file_id)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_partition_and_an_object_key_give_back_their_folder_and_file(user in "[a-z0-9-]{1,40}", todo: u128, file: u128) {
            let user = User::from_subject(&user).expect("a subject");
            let folder = Folder::new(user, Uuid::from_u128(todo));
            let file = Uuid::from_u128(file);
            prop_assert_eq!(Folder::of_partition(&folder.partition()), Some(folder.clone()));
            prop_assert_eq!(Folder::of_object_key(&folder.object_key(file)), Some((folder, file)));
        }
    }

    #[test]
    fn other_keys_are_nobodys() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let keys = ["", "a", "a/b", "a/b/c", &format!("a/{id}/x"), &format!("a/b/{id}/{id}"), &format!("/{id}/{id}")];
        for key in keys {
            assert_eq!(Folder::of_object_key(key), None, "{key}");
            assert_eq!(Folder::of_partition(&key.replace('/', "#")), None, "{key}");
        }
    }
}
