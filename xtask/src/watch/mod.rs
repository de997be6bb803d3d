//! What a saved file asks for, and how a page learns of it. Pure: `touch`. `changes` hears of saved files, `reload` tells
//! open pages, `sole` keeps a second watch away. The command `watch` joins them with the deploy.

mod changes;
mod reload;
mod sole;
mod touch;

pub use changes::Changes;
pub use reload::Reload;
pub use sole::Sole;
pub use touch::{Map, Touched};
