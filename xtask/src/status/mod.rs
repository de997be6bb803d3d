//! What there is, environment by environment. `state` and `show` are pure, `look` asks AWS.

mod look;
mod show;
mod state;

pub use look::look;
pub use show::text;
pub use state::{Environment, Latest, Seen, Stack, Swapped};
