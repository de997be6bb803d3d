//! `cargo xtask`: parses the command line, runs one command, renders its error, picks the exit code.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = xtask::cli::Cli::parse();
    let ui = xtask::ui::Ui::new(xtask::commands::mode(&cli.command));
    match xtask::commands::run(cli.command, &ui) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            ui.error(&error);
            ExitCode::from(xtask::error::exit_of(&error) as u8)
        }
    }
}
