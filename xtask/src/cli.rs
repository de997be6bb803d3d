//! The command line: every clap type of the deployer.

use std::path::PathBuf;

use crate::config::Architecture;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Renders, builds, deploys and tears down the stacks of config/app.yaml.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// One variant per file in `commands/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, upload and deploy everything, then sync the site. Nothing changed means nothing is done.
    Deploy(DeployArgs),
    /// Print the outputs of an environment's stacks.
    Outputs(OutputsArgs),
    /// Create what an account and a region share: the artifact bucket and the permissions boundary.
    Bootstrap(ChangeArgs),
    /// Delete an environment: objects with all their versions, rows, stacks.
    Destroy(ChangeArgs),
    /// Build and zip the functions for AWS without deploying them.
    Build(BuildArgs),
    /// Write the CloudFormation templates of an environment.
    Render(RenderArgs),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The AWS emulator on this machine.
    Local(LocalArgs),
    /// Check every prerequisite and say how to get what is missing.
    Doctor(EnvArgs),
    /// Set up what the tests need and run them all.
    Test(TestArgs),
    /// Measure this machine: clone to URL, deploy without and with a change, zip sizes.
    Bench,
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

/// Arguments of `deploy`.
#[derive(Clone, Debug, Default, Args)]
pub struct DeployArgs {
    /// Environment and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Only these services, the producers they lack and the consumers whose inputs changed.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// Print the result as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `outputs`.
#[derive(Clone, Debug, Args)]
pub struct OutputsArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// As JSON: `{service: {name: value}}`.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `build`.
#[derive(Clone, Debug, Args)]
pub struct BuildArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Build the release for this processor instead of the environment's.
    #[arg(long, value_enum)]
    pub architecture: Option<Architecture>,
    /// Packages, keys, sizes and SHA-256 as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `render`.
#[derive(Clone, Debug, Args)]
pub struct RenderArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Folder to write to. Default: target/render/<environment>.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What to do with the configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check config/app.yaml with one environment, or with all of them.
    Check(EnvArgs),
    /// Print an environment with every default filled in, as YAML.
    Show(EnvArgs),
    /// Write the JSON Schemas to config/schema/.
    Schema {
        /// Only say whether they are up to date.
        #[arg(long)]
        check: bool,
    },
}

/// Arguments of `local`.
#[derive(Clone, Debug, Args)]
pub struct LocalArgs {
    /// What to do with the emulator.
    #[arg(value_enum)]
    pub action: LocalAction,
    /// Which emulated environment.
    #[command(flatten)]
    pub env: EnvArgs,
}

/// What can be done with the emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LocalAction {
    /// Start it, installing it first where needed.
    Start,
    /// Stop it and keep its state.
    Stop,
    /// Say whether it runs, where, and how large its state is.
    Status,
    /// Stop it and delete its state.
    Reset,
    /// Print its log.
    Logs,
}

/// Arguments of `test`.
#[derive(Clone, Debug, Args)]
pub struct TestArgs {
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Suite>,
}

/// A part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Suite {
    /// rustfmt, clippy, cfn-lint, TypeScript, generated files.
    Lint,
    /// Unit and snapshot tests of Rust and TypeScript.
    Unit,
    /// The deployed app over HTTP, and the deployer against the emulator.
    E2e,
    /// The deployed app in a real browser.
    Browser,
}
