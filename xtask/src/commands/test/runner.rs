//! Runs a test program: its output passes through as it comes, and is kept for counting.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;

use super::super::Ctx;
use super::tally::Tally;
use crate::error::Problem;

/// What a program said on stdout, and whether it ended well.
pub(in crate::commands) struct Ran {
    pub(in crate::commands) output: String,
    pub(in crate::commands) success: bool,
}

/// Runs a program in a folder of the repository.
pub(in crate::commands) fn run(ctx: &Ctx, folder: &Path, command: &mut Command) -> anyhow::Result<Ran> {
    let name = command.get_program().to_string_lossy().into_owned();
    let what = command.get_args().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ");
    ctx.ui.step("Running", format!("{} {what}", Path::new(&name).file_name().unwrap_or_default().display()));
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start `{name}`"))?;
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).with_context(|| format!("cannot read from `{name}`"))? > 0 {
            let text = String::from_utf8_lossy(&line);
            ctx.ui.data(&text);
            output.push_str(&text);
            line.clear();
        }
    }
    let status = child.wait().with_context(|| format!("cannot wait for `{name}`"))?;
    Ok(Ran { output, success: status.success() })
}

/// One check: the program ends well or not.
pub(super) fn check(ctx: &Ctx, folder: &Path, command: &mut Command) -> anyhow::Result<Tally> {
    Ok(Tally::check(run(ctx, folder, command)?.success))
}

/// `cargo` as it runs us.
pub(in crate::commands) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os().filter(|(name, _)| crate::build::is_cargo_run(name)) {
        command.env_remove(name);
    }
    command.args(args);
    command
}

/// Counts that agree with how the program ended: none at all, or success and failure mixed up, is a failure.
pub(super) fn agree(what: &str, tally: Option<Tally>, success: bool) -> anyhow::Result<Tally> {
    match tally {
        Some(tally) if tally.passed + tally.failed == 0 => Err(Problem::failed(format!("{what} ran no test")).into()),
        Some(tally) if !success && tally.failed == 0 => Ok(Tally { failed: 1, ..tally }),
        Some(tally) => Ok(tally),
        None => Err(Problem::failed(format!("{what} ended without a summary")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_that_ran_nothing_or_ended_badly_never_passes() {
        let some = Tally { passed: 3, failed: 0 };
        assert_eq!(agree("x", Some(some), true).unwrap(), some);
        assert_eq!(agree("x", Some(some), false).unwrap().failed, 1);
        assert!(agree("x", Some(Tally::default()), true).is_err());
        assert!(agree("x", None, true).is_err());
    }
}
