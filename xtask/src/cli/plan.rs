//! Arguments of `plan`.

use std::path::PathBuf;

use clap::Args;

use super::EnvArgs;

/// Arguments of `plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Only these services, the producers they lack and the consumers whose inputs change.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// The whole plan as JSON on stdout (docs/plan.md).
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// As Markdown on stdout: a pull request's comment, under 65,536 characters.
    #[arg(long)]
    pub markdown: bool,
    /// Write the plan to a file, too: `deploy --plan FILE` applies exactly that, or refuses.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 4 where there is something to deploy.
    #[arg(long)]
    pub detailed_exitcode: bool,
}
