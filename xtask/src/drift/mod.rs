//! What of an environment is no longer as its stacks have it. `report` is pure, `detect` asks and waits.

mod detect;
mod report;

pub use detect::detect;
pub use report::{Report, Stack, text};
