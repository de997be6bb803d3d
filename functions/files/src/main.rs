//! The binary of the files service.

use std::process::ExitCode;

fn main() -> ExitCode {
    files::run()
}
