//! Laws of what reads a stranger's bytes. Each takes any bytes at all, and panics where the law does not hold.
//! Property tests call them in every test run, the fuzz target `files` for as long as one likes: docs/fuzzing.md.

mod background;
pub(crate) mod deaf;
mod item;
mod route;

use shared::fuzzing::{Law, check_one_of};

const LAWS: [Law; 11] = [
    (b'c', item::cursor),
    (b'e', route::event),
    (b'i', item::item),
    (b'k', item::key),
    (b'm', background::messages),
    (b'n', background::notification),
    (b'o', background::order),
    (b'r', route::request),
    (b's', background::stream),
    (b'u', item::upload),
    (b'w', item::scanned),
];

/// Checks the law that the first byte names.
pub fn check(data: &[u8]) {
    check_one_of(&LAWS, data);
}

#[cfg(test)]
mod tests;
