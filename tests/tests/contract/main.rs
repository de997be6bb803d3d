//! The running APIs against their documents: generated bodies, unlisted methods, and all that schemathesis thinks of.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bodies;
mod limits;
mod routes;
mod schemathesis;
