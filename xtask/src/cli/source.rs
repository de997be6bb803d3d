//! Arguments of commands that work on the clone: configuration, templates, artifacts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::EnvArgs;
use crate::config::Architecture;

/// Arguments of `build`.
#[derive(Clone, Debug, Args)]
pub struct BuildArgs {
    /// Which environment.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Build the release for this processor instead of the environment's.
    #[arg(long, value_enum)]
    pub architecture: Option<Architecture>,
    /// Build the release twice, each time from nothing, and compare the zips byte by byte.
    #[arg(long)]
    pub verify: bool,
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

/// What to make.
#[derive(Clone, Debug, Subcommand)]
pub enum NewCommand {
    /// A service with an HTTP API and a table: an entry in config/app.yaml, a template, a contract, a package.
    Service {
        /// Its name, such as `orders` or `order-lines`.
        name: String,
    },
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
