//! Arguments of `bootstrap` and `iam`.

use clap::{Args, Subcommand};

use super::{ChangeArgs, EnvArgs};

/// Arguments of `bootstrap`.
#[derive(Clone, Debug, Args)]
pub struct BootstrapArgs {
    /// Environment and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Print what was made as JSON on stdout, with the ARNs of the roles.
    #[arg(long)]
    pub json: bool,
}

/// What to do with the rights of CI's roles.
#[derive(Clone, Debug, Subcommand)]
pub enum IamCommand {
    /// Print what the roles of an environment's account may do, as JSON; AWS is not asked.
    Print(IamPrintArgs),
    /// Print what differs from the roles that are there; exit code 4 where something does.
    Diff(IamDiffArgs),
}

/// Arguments of `iam print`.
#[derive(Clone, Debug, Args)]
pub struct IamPrintArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
}

/// Arguments of `iam diff`.
#[derive(Clone, Debug, Args)]
pub struct IamDiffArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// The whole plan as JSON on stdout (docs/plan.md).
    #[arg(long)]
    pub json: bool,
}
