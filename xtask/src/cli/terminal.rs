//! Arguments about the terminal: how much is told, completions, man pages.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::ui::{Progress, Voice};

/// Arguments of every command.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct VoiceArgs {
    /// Tell warnings, errors, questions and data only.
    #[arg(long, short, global = true, help_heading = "Terminal")]
    pub quiet: bool,
    /// How progress is told on stderr: spinners where the terminal can draw them, plain lines, no more than each stack's
    /// end, or lines of JSON.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "auto|plain|none|json",
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Terminal"
    )]
    pub progress: Progress,
}

impl From<VoiceArgs> for Voice {
    fn from(args: VoiceArgs) -> Self {
        Self { quiet: args.quiet, progress: args.progress }
    }
}

/// Arguments of `completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// Folder to write to. Default: target/man.
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
