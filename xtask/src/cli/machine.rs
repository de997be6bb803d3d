//! Arguments of commands about this machine: the emulator, tests, benchmarks.

use clap::{Args, ValueEnum};

use super::EnvArgs;

/// Arguments of `local`.
#[derive(Clone, Debug, Args)]
pub struct LocalArgs {
    /// What to do with the emulator.
    #[arg(value_enum)]
    pub action: LocalAction,
    /// Which emulated environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Of `start` and `status`, as JSON: `{running, pid, started, endpoint, folder, bytes}`; of `parity`: a list.
    #[arg(long)]
    pub json: bool,
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
    /// Print what a deploy to it does not prove of the templates, and what does.
    Parity,
}

/// Arguments of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// As JSON: `{environment, ready, checks: [{name, found, lack, required, remedy}]}`; exit code 1 where it is not ready.
    #[arg(long)]
    pub json: bool,
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
    /// Of `sync`, only these folders: site, many, big, huge.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = ["site", "many", "big", "huge"])]
    pub folders: Vec<String>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchPart {
    /// Clone to URL, deploy without and with a change, zip sizes.
    Deploy,
    /// From saving a handler to its new answer.
    Watch,
    /// Cold start, warm calls, processor time, memory and throughput of each function.
    Functions,
    /// The deployed app beside more and more data and clients.
    Growth,
    /// `sync` beside `s5cmd`, `rclone` and the AWS CLI.
    Sync,
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
