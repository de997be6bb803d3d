//! The command line: every clap type of the deployer, one file per kind of command.

mod environment;
mod envs;
mod examples;
mod iam;
mod machine;
mod observe;
mod pipeline;
mod plan;
mod releases;
mod source;
mod suggest;
mod sync;
mod terminal;

use std::ffi::OsString;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use environment::{
    DeployArgs, InvokeArgs, KeysCommand, KeysListArgs, KeysRotateArgs, OutputsArgs, Rollback, WatchArgs,
};
pub use envs::{DestroyArgs, EnvCommand, EnvDownArgs, EnvGcArgs, EnvListArgs, EnvUpArgs, RestoreArgs};
pub use iam::{BootstrapArgs, IamCommand, IamDiffArgs, IamPrintArgs};
pub use machine::{BenchArgs, BenchPart, DoctorArgs, LocalAction, LocalArgs, Suite, TestArgs};
pub use observe::{DriftArgs, LogsArgs, OpenArgs, StatusArgs, TimelineArgs};
pub use pipeline::{AffectedArgs, CiCommand, CommentArgs};
pub use plan::PlanArgs;
pub use releases::{PromoteArgs, PruneArgs, ReleasesArgs, ReleasesCommand, RollbackArgs};
pub use source::{BuildArgs, ConfigCommand, NewCommand, RenderArgs};
pub use sync::{Place, SyncArgs};
pub use terminal::{CompletionsArgs, ManArgs, VoiceArgs};

/// Renders, builds, deploys and tears down the stacks of config/app.yaml.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much of the progress is told.
    #[command(flatten)]
    pub voice: VoiceArgs,
}

/// The command line with each command's examples.
#[must_use]
pub fn command() -> clap::Command {
    examples::attach(Cli::command(), "")
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// What is wrong with it, or the help that was asked for, to be shown.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = words.into_iter().collect();
    let matches = command().try_get_matches_from(&words).map_err(|error| suggest::option(error, command(), &words))?;
    Cli::from_arg_matches(&matches)
}

/// One variant per file in `commands/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, upload and deploy everything, then sync the site. Nothing changed means nothing is done.
    Deploy(DeployArgs),
    /// Show what a deploy would do, across stacks, code and site, and change nothing.
    Plan(PlanArgs),
    /// Deploy, then build and put in place whatever is saved: functions directly, pages loaded anew, logs printed.
    Watch(WatchArgs),
    /// Print the outputs of an environment's stacks.
    Outputs(OutputsArgs),
    /// List the releases of an environment: what deploys left, newest first.
    Releases(ReleasesArgs),
    /// Bring an environment back to an earlier release: stacks, code and site together.
    Rollback(RollbackArgs),
    /// Deploy the very bytes of one environment's release to another environment.
    Promote(PromoteArgs),
    /// Call a function and print its answer.
    Invoke(InvokeArgs),
    /// Print each environment's stacks, last release, alarms and URLs.
    Status(StatusArgs),
    /// Print what has been changed past the stacks; exit code 4 where there is any.
    Drift(DriftArgs),
    /// Open the site, an API, the dashboard or the console in the browser.
    Open(OpenArgs),
    /// Print what the functions log, merged by time.
    Logs(LogsArgs),
    /// Print what took how long in a deploy from this machine, beside earlier ones.
    Timeline(TimelineArgs),
    /// Create what an account and a region share, and the roles of CI: shows what changes, then asks.
    Bootstrap(BootstrapArgs),
    /// What the roles of CI may do.
    #[command(subcommand)]
    Iam(IamCommand),
    /// Delete an environment: objects with all their versions, rows, stacks, logs, and prove that nothing is left.
    Destroy(DestroyArgs),
    /// Write a backup of `destroy` into an environment that holds nothing yet, and prove that all of it is there.
    Restore(RestoreArgs),
    /// Environments of branches: made, listed and ended.
    #[command(subcommand)]
    Env(EnvCommand),
    /// Build and zip the functions for AWS without deploying them.
    Build(BuildArgs),
    /// Bring a bucket, or a prefix of one, to a folder: content decides, and what changed is all that is sent.
    Sync(SyncArgs),
    /// Write the CloudFormation templates of an environment.
    Render(RenderArgs),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make what the repository does not have yet.
    #[command(subcommand)]
    New(NewCommand),
    /// List or rotate the key pairs that the deployer made.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The AWS emulator on this machine.
    Local(LocalArgs),
    /// Check every prerequisite and say how to get what is missing.
    Doctor(DoctorArgs),
    /// Print the services that a change can influence.
    Affected(AffectedArgs),
    /// The workflows of GitHub Actions: generated, checked, and what they call.
    #[command(subcommand)]
    Ci(CiCommand),
    /// Set up what the tests need and run them all.
    Test(TestArgs),
    /// Measure this machine: deploys, the functions beside their baseline, how the app grows.
    Bench(BenchArgs),
    /// Print what makes a shell complete `cargo xtask`.
    Completions(CompletionsArgs),
    /// Write the man pages.
    Man(ManArgs),
}

/// Which environment.
#[derive(Clone, Debug, Default, Args)]
pub struct EnvArgs {
    /// Environment: a file in config/. Default: `defaultEnvironment` of config/app.yaml.
    #[arg(long, value_name = "NAME", conflicts_with = "branch")]
    pub env: Option<String>,
    /// The environment of this branch, as `branches` in config/app.yaml maps it.
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
}

/// Arguments of commands that change an environment.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangeArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}
