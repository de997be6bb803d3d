//! What the Lambda services have in common: the shape of requests, answers and errors, who is asking, how a
//! function is served and logged, and how AWS clients are made. No service's own nouns.

pub mod aws;
pub mod body;
pub mod clock;
pub mod cursor;
pub mod env;
pub mod error;
#[cfg(any(test, feature = "testing"))]
pub mod fuzzing;
pub mod id;
pub mod identity;
pub mod item;
pub mod log;
mod metrics;
pub mod page;
pub mod params;
#[cfg(any(test, feature = "testing"))]
pub mod refusals;
pub mod request;
pub mod response;
pub mod retry;
pub mod serve;
mod throttle;
pub mod transaction;

pub use error::Error;
pub use identity::User;
pub use request::Request;
pub use response::Response;
