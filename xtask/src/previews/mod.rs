//! Environments of branches: whose each is and when it ends. Its record in the artifact bucket says so, and is written by
//! conditional puts alone, so that a deploy that restarts the clock and a collection that ends the environment cannot both
//! win. Pure: `record`, `show`. `store` reads and writes, `clock` is what a deploy and a teardown do with a record.

mod clock;
mod record;
pub mod show;
mod store;

pub use clock::{end, forget, open, renew};
pub use record::{Claim, Record, State};
pub use store::Store;
