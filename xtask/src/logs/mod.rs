//! Logs of many functions as one stream. Pure: `line` renders, `merge` orders, `select` finds, `window` tells new from seen. `tail` reads.

mod line;
mod merge;
mod select;
mod tail;
mod window;

pub use line::{Look, is_platform, json, line};
pub use select::sources;
pub use tail::{Source, Tail};
