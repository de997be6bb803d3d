//! The binary of the __name__ service.

use std::process::ExitCode;

fn main() -> ExitCode {
    __lib__::run()
}
