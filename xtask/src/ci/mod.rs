//! The workflows of GitHub Actions, from `config/`: one per service, one for pull requests, one for branches'
//! environments, one for their end. Pure but for reading the repository; `comment` speaks to GitHub.

mod actions;
mod comment;
mod files;
mod paths;
#[cfg(test)]
mod tests;
mod workflows;

pub use comment::{Comment, Written, write as write_comment};
pub use files::{Difference, FOLDER, apply, differences};
pub use paths::paths;
pub use workflows::workflows;
