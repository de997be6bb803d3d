//! The emulator saves its state when it stops: a developer's data is there the next morning.

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use tests::upload::{attach, list};
use tests::{Call, User, eventually};

use crate::repository::Ran;

/// The HTTP tests' environment: cargo runs one program after the other, and in this one its users take turns.
pub(crate) const ENVIRONMENT: &str = "test";

static LOCK: Mutex<()> = Mutex::new(());

/// Held by a test for as long as it uses the environment.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn local(action: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Ran::of(root, &["local", action, "--env", ENVIRONMENT]).ok();
}

#[test]
fn users_todos_files_and_functions_survive_a_restart_of_the_emulator() {
    let _alone = alone();
    let user = User::new("restart");
    let todo = user.add_titled("from before");
    let bytes = b"written before the restart";
    let file = attach(&user, &todo, "before.txt", bytes);

    local("stop");
    local("start");

    let again = user.sign_in_again();
    assert_eq!(again.sub, user.sub);
    assert_eq!(again.list("")["todos"][0]["title"], "from before");
    assert_eq!(user.list(""), again.list(""), "a token from before is still good");
    let found = list(&again, &todo);
    assert_eq!(found[0]["fileID"], file["fileID"]);
    let download = Call::new("GET", found[0]["filePath"].as_str().unwrap()).send();
    assert_eq!((download.status, download.body.as_slice()), (200, bytes.as_slice()));

    // Events still find their functions: an upload is confirmed, a deletion takes the files along.
    let url = attach(&again, &todo, "after.txt", b"written after it")["filePath"].as_str().unwrap().to_owned();
    assert_eq!(again.todos("DELETE", &format!("/{todo}/delete")).send().status, 204);
    eventually("the files go with their todo", || list(&again, &todo).is_empty().then_some(()));
    eventually("the object is gone", || (Call::new("GET", &url).send().status != 200).then_some(()));
}
