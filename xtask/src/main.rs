//! `cargo xtask`: parses the command line, runs one command, renders its error, picks the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match xtask::cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let ui = xtask::ui::Ui::with(xtask::commands::mode(&cli.command), cli.voice.into());
    match xtask::commands::run(cli.command, &ui) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            ui.error(&error);
            ExitCode::from(xtask::error::exit_of(&error) as u8)
        }
    }
}
