//! What there is, environment by environment. `show` is pure, `look` asks AWS.

mod look;
mod show;

pub use look::look;
pub use show::{Environment, Latest, Seen, Stack, Swapped, text};
