//! The deployed app over HTTP: every route, two users, nothing but what the browser could send.
#![expect(clippy::unwrap_used, reason = "tests")]

mod boundary;
mod downloads;
mod emulator;
mod files;
mod isolation;
mod parity;
mod search;
mod site;
mod todos;
