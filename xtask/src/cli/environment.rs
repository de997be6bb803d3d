//! Arguments of commands that look at, change or call a deployed environment.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ChangeArgs, EnvArgs};

/// Arguments of `deploy`.
#[derive(Clone, Debug, Default, Args)]
pub struct DeployArgs {
    /// Environment and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Only these services, the producers they lack and the consumers whose inputs changed.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// Where only code changed, put it into the functions directly, past CloudFormation. The next deploy without this
    /// brings the stacks up to date. Not for protected environments.
    #[arg(long)]
    pub hotswap: bool,
    /// What a stack does where a resource fails: `on` rolls it back, `off` keeps what succeeded, and the next deploy goes
    /// on from there. A protected environment always rolls back.
    #[arg(long, value_enum, value_name = "on|off", default_value_t)]
    pub rollback: Rollback,
    /// Deploy exactly what this file of `plan --out` says, without a question, or refuse where anything has moved since.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["service", "hotswap"])]
    pub plan: Option<PathBuf>,
    /// Let this resource be removed or made anew although it holds data or others use it (repeatable).
    #[arg(long, value_name = "SERVICE.ID")]
    pub allow_replacement: Vec<String>,
    /// Wait until the CDNs have forgotten what changed of the sites.
    #[arg(long)]
    pub wait: bool,
    /// Print the result as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// Whether a failed operation is rolled back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Rollback {
    /// The stack is as it was before.
    #[default]
    On,
    /// What succeeded stays.
    Off,
}

/// Arguments of `watch`.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// Environment and confirmation; asked once.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Only what touches these services.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
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
    /// As JSON: `{environment, revoked, keys: [{service, key, fingerprint, before}]}`.
    #[arg(long)]
    pub json: bool,
}
