//! Arguments of `affected` and `ci`: what pipelines go by.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `affected`.
#[derive(Clone, Debug, Args)]
pub struct AffectedArgs {
    /// The commit to compare with: any revision that git knows.
    #[arg(long, value_name = "REV", default_value = "HEAD^")]
    pub base: String,
    /// Compare the files as they are, uncommitted changes included, instead of the last commit.
    #[arg(long)]
    pub uncommitted: bool,
    /// Only what counts in these environments. Default: every one of config/.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub env: Vec<String>,
    /// Print the chain of reasons below each service.
    #[arg(long)]
    pub why: bool,
    /// As JSON: `{version, base, head, services: {name: [reason]}}` (docs/pipelines.md).
    #[arg(long, conflicts_with = "why")]
    pub json: bool,
}

/// What to do about the pipelines.
#[derive(Clone, Debug, Subcommand)]
pub enum CiCommand {
    /// Write the workflows of .github/workflows/ from config/; those of services that are gone are removed.
    Generate,
    /// Fail where a workflow differs from what would be generated, and print the difference.
    Check,
    /// Write a file as a comment of a pull request; a comment of the same key is updated in place.
    Comment(CommentArgs),
}

/// Arguments of `ci comment`.
#[derive(Clone, Debug, Args)]
pub struct CommentArgs {
    /// File with the text in Markdown, `-` for stdin.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the comment is about: letters, digits and `-`. There is one comment of each key.
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// The pull request's number.
    #[arg(long, value_name = "NUMBER")]
    pub pull_request: u64,
    /// `owner/name`. Default: `GITHUB_REPOSITORY`, as a workflow has it.
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    /// Where GitHub's API is. Default: `GITHUB_API_URL`, else the public one. The token is `GITHUB_TOKEN`.
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
}
