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
    /// Call a function and print its answer.
    Invoke(InvokeArgs),
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
    /// List or rotate the key pairs that the deployer made.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The AWS emulator on this machine.
    Local(LocalArgs),
    /// Check every prerequisite and say how to get what is missing.
    Doctor(EnvArgs),
    /// Set up what the tests need and run them all.
    Test(TestArgs),
    /// Measure this machine: deploys, the functions beside their baseline, how the app grows.
    Bench(BenchArgs),
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

/// Arguments of `invoke`.
#[derive(Clone, Debug, Args)]
pub struct InvokeArgs {
    /// The function as config/app.yaml names it, or `service/function`.
    #[arg(value_name = "FUNCTION")]
    pub function: String,
    /// Environment and confirmation; only a protected environment asks.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// File with the event as JSON, `-` for stdin. Default: an empty object.
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// Call again while the answer is an object with `next`, with the same event and `from` set to that. Prints each
    /// answer in a line of its own.
    #[arg(long)]
    pub until_done: bool,
    /// Print the answer in one line.
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

/// What to do with the key pairs.
#[derive(Clone, Debug, Subcommand)]
pub enum KeysCommand {
    /// Print which keys there are, and what each is for.
    List(KeysListArgs),
    /// Let new keys sign; what the old ones signed stays good.
    Rotate(KeysRotateArgs),
}

/// Arguments of `keys list`.
#[derive(Clone, Debug, Args)]
pub struct KeysListArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// As JSON, with versions and public keys.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `keys rotate`.
#[derive(Clone, Debug, Args)]
pub struct KeysRotateArgs {
    /// Environment and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Only the keys of this service.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Only the keys of this name.
    #[arg(long, value_name = "NAME")]
    pub key: Option<String>,
    /// A key has leaked: the old one goes at once, and with it all that it signed.
    #[arg(long)]
    pub revoke: bool,
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

/// Arguments of `bench`.
#[derive(Clone, Debug, Args)]
pub struct BenchArgs {
    /// Only these parts.
    #[arg(value_enum)]
    pub parts: Vec<BenchPart>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchPart {
    /// Clone to URL, deploy without and with a change, zip sizes.
    Deploy,
    /// Cold start, warm calls, processor time, memory and throughput of each function.
    Functions,
    /// The deployed app beside more and more data and clients.
    Growth,
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
