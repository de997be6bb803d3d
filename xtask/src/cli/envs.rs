//! Arguments about how long environments live: `env` of branches, and `destroy`.

use clap::{Args, Subcommand};

use super::ChangeArgs;
use crate::config::Span;
use crate::destroy::Retained;
use crate::ui::Mode;

/// What to do with the environments of branches.
#[derive(Clone, Debug, Subcommand)]
pub enum EnvCommand {
    /// Make a branch's environment or bring it up to date. Its time starts anew; it ends by itself.
    Up(EnvUpArgs),
    /// List the environments of branches, the next to end first.
    List(EnvListArgs),
    /// Destroy the environments of branches whose time is over. No other environment is ever touched.
    Gc(EnvGcArgs),
    /// Destroy a branch's environment.
    Down(EnvDownArgs),
}

impl EnvCommand {
    /// How the printer behaves.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self {
            Self::Up(args) => Mode { json: args.json, yes: true },
            Self::List(args) => Mode { json: args.json, yes: false },
            Self::Gc(args) => Mode { json: args.json, yes: true },
            Self::Down(args) => Mode { json: false, yes: args.yes },
        }
    }
}

/// Arguments of `destroy`.
#[derive(Clone, Debug, Args)]
pub struct DestroyArgs {
    /// Environment and confirmation. Where the environment was protected once, `--yes` is no answer.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// What outlives its stack stays: tables and buckets that templates retain or that no stack owns. Without this or the
    /// next, nothing is destroyed where there are any.
    #[arg(long, conflicts_with = "remove_retained")]
    pub keep_retained: bool,
    /// What outlives its stack goes as well.
    #[arg(long)]
    pub remove_retained: bool,
    /// First write all items and objects there: a folder, or `s3://bucket/prefix`. `restore` reads it.
    #[arg(long, value_name = "DIR|s3://…")]
    pub backup: Option<String>,
}

/// Arguments of `restore`.
#[derive(Clone, Debug, Args)]
pub struct RestoreArgs {
    /// Environment and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// What `destroy --backup` wrote: a folder, or `s3://bucket/prefix`.
    #[arg(long, value_name = "DIR|s3://…")]
    pub from: String,
}

impl DestroyArgs {
    /// What becomes of what outlives its stack.
    #[must_use]
    pub fn retained(&self) -> Retained {
        match (self.keep_retained, self.remove_retained) {
            (true, _) => Retained::Keep,
            (_, true) => Retained::Remove,
            _ => Retained::Refuse,
        }
    }
}

/// Arguments of `env up`.
#[derive(Clone, Debug, Args)]
pub struct EnvUpArgs {
    /// The branch.
    #[arg(long, value_name = "BRANCH")]
    pub branch: String,
    /// How long it lives after this deploy and each further one, such as `8h` or `7d`. Default: as before, at first
    /// `previews.ttl` of config/app.yaml.
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<Span>,
    /// Whose it is: a tag of its stacks, so what it is made with stays. Default: whoever makes it.
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Print the result as JSON on stdout, as `deploy` does.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `env list`.
#[derive(Clone, Debug, Args)]
pub struct EnvListArgs {
    /// As JSON: the records, each with its `state`: `live`, `expired` or `ending`.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `env gc`.
#[derive(Clone, Debug, Args)]
pub struct EnvGcArgs {
    /// Only list what would go.
    #[arg(long)]
    pub dry_run: bool,
    /// As JSON: `{destroyed, kept, failed}`, names of environments.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `env down`.
#[derive(Clone, Debug, Args)]
pub struct EnvDownArgs {
    /// The branch.
    #[arg(long, value_name = "BRANCH")]
    pub branch: String,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}
