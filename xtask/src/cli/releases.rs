//! Arguments of commands about releases: what deploys left behind.

use clap::Args;

use super::EnvArgs;

/// Arguments of `releases`.
#[derive(Clone, Debug, Args)]
pub struct ReleasesArgs {
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
