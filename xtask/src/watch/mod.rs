//! What a saved file asks for, and how a page learns of it. Pure: `touch`. `changes` hears of saved files, `reload` tells
//! open pages. The command `watch` joins them with the deploy.

mod changes;
mod reload;
mod touch;

pub use changes::Changes;
pub use reload::Reload;
pub use touch::{Map, Touched};
