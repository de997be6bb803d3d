//! Arguments of commands about releases: what deploys left behind.

use clap::{Args, Subcommand};

use super::{ChangeArgs, EnvArgs};
use crate::ui::Mode;

/// Arguments of `releases`.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ReleasesArgs {
    /// Something else than the list.
    #[command(subcommand)]
    pub command: Option<ReleasesCommand>,
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Only releases that touched one of these services.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// How many, newest first.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// The records as JSON, newest first, each with `inForce`.
    #[arg(long)]
    pub json: bool,
}

impl ReleasesArgs {
    /// How the printer behaves.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match &self.command {
            Some(ReleasesCommand::Prune(args)) => Mode { json: args.json, yes: args.change.yes },
            None => Mode { json: self.json, yes: false },
        }
    }
}

/// What to do with the releases.
#[derive(Clone, Debug, Subcommand)]
pub enum ReleasesCommand {
    /// Delete records and artifacts that neither a live environment nor its last releases use.
    Prune(PruneArgs),
}

/// Arguments of `releases prune`.
#[derive(Clone, Debug, Args)]
pub struct PruneArgs {
    /// Environment, for its account and region, and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Releases of each live environment that stay, whatever their age. Default: `releases.keep` of config/app.yaml.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Days for which everything stays. Default: `releases.days` of config/app.yaml. With 0 also what a deploy at work has just
    /// brought may go: let none run.
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// Only list what would go.
    #[arg(long)]
    pub dry_run: bool,
    /// As JSON: `{deleted, releases, objects}`.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rollback`.
#[derive(Clone, Debug, Default, Args)]
pub struct RollbackArgs {
    /// Environment and confirmation.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Id of the release to go back to. Default: the newest whole one before what is in force.
    #[arg(long, value_name = "ID")]
    pub to: Option<u64>,
    /// Only these services.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// Print the result as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `promote`.
#[derive(Clone, Debug, Args)]
pub struct PromoteArgs {
    /// The environment whose release it is.
    #[arg(long, value_name = "NAME")]
    pub from: String,
    /// The environment that gets it.
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Id of the release. Default: the newest whole one.
    #[arg(long, value_name = "ID")]
    pub release: Option<u64>,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Print the result as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}
