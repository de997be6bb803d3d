//! Arguments of commands that look at a deployed environment and change nothing.

use std::path::PathBuf;

use clap::Args;

use super::EnvArgs;

/// Arguments of `logs`.
#[derive(Clone, Debug, Args)]
pub struct LogsArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Go on and print what is logged from now on, until Ctrl-C.
    #[arg(long, short)]
    pub follow: bool,
    /// Only the functions of these services.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// Only these functions, as config/app.yaml names them, or `service/function`.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub function: Vec<String>,
    /// How far back: such as `30s`, `10m`, `2h`, `7d`.
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub since: String,
    /// Only events that match this pattern of CloudWatch Logs, such as `'"a text"'` or `'{$.status = 500}'`.
    #[arg(long, value_name = "PATTERN")]
    pub filter: Option<String>,
    /// One JSON object in each line: `{at, function, group, id, event}`.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `timeline`.
#[derive(Clone, Debug, Args)]
pub struct TimelineArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// A deploy by its id, or the beginning of it. Default: the last one.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Write it to this file as HTML, with earlier deploys beside it.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print the deploy, its critical path and the comparison as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `drift`.
#[derive(Clone, Debug, Args)]
pub struct DriftArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Only the stacks of these services.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub service: Vec<String>,
    /// As JSON: `{environment, drifted, stacks}`.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Only this environment. Default: all of config/.
    #[command(flatten)]
    pub env: EnvArgs,
    /// As JSON: a list of environments.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `open`.
#[derive(Clone, Debug, Args)]
pub struct OpenArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// The site or the API of this service. Default: the first service that has a site.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The environment's dashboard.
    #[arg(long, conflicts_with_all = ["service", "console"])]
    pub dashboard: bool,
    /// CloudFormation's page in the console of AWS: of the service's stack, or of all.
    #[arg(long)]
    pub console: bool,
    /// As JSON: `{url, opened}`.
    #[arg(long)]
    pub json: bool,
}
