//! Laws of what reads a stranger's bytes. Each takes any bytes at all, and panics where the law does not hold.
//! Property tests call them in every test run, the fuzz target `todos` for as long as one likes: docs/fuzzing.md.

mod item;
mod route;
mod text;

use shared::fuzzing::{Law, check_one_of};

const LAWS: [Law; 9] = [
    (b'b', item::body),
    (b'd', text::due_date),
    (b'e', route::event),
    (b'i', item::item),
    (b'k', text::keyword),
    (b'l', text::listing),
    (b'n', item::edit),
    (b'p', text::place),
    (b'r', route::request),
];

/// Checks the law that the first byte names.
pub fn check(data: &[u8]) {
    check_one_of(&LAWS, data);
}

#[cfg(test)]
mod tests;
