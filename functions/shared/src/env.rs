//! The function's environment, read once at the start.

use anyhow::Context as _;

/// A variable that the template must have set.
pub fn required(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("environment variable `{name}` is not set"))
}

/// The handler that the function is configured with.
pub fn handler() -> anyhow::Result<String> {
    required("_HANDLER")
}
