//! The function's environment, read once at the start.

use anyhow::Context as _;

/// A variable that the template must have set.
pub fn required(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("environment variable `{name}` is not set"))
}

/// A variable that may be absent, which an empty one is too.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The handler that the function is configured with.
pub fn handler() -> anyhow::Result<String> {
    required("_HANDLER")
}
