//! The binary of the todos service.

use std::process::ExitCode;

fn main() -> ExitCode {
    todos::run()
}
