//! What the end-to-end tests share: the deployed app's outputs and contract, an HTTP client, and users who are signed in.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a test that cannot go on stops here")]

pub mod aws;
pub mod client;
pub mod contract;
pub mod deployment;
pub mod logs;
pub mod place;
pub mod queue;
pub mod roles;
pub mod routes;
pub mod tokens;
pub mod upload;
pub mod user;

pub use client::{Call, Response};
pub use deployment::Deployment;
pub use user::User;

use std::time::{Duration, Instant};

/// Asks again until there is an answer; panics with `what` after half a minute.
pub fn eventually<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    within(Duration::from_secs(30), what, ask)
}

/// The same for what may take longer, such as a whole deploy.
pub fn within<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "did not happen in {} s: {what}", limit.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}
