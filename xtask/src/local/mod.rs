//! The AWS emulator of an environment: installed, started, stopped, told apart from everything else on the machine.
//! Whatever depends on the emulator's version is in this folder.

mod emulator;
mod identity;
pub mod parity;
mod process;
mod python;
mod venv;
mod version;

use std::path::{Path, PathBuf};

use crate::commands::Ctx;
use crate::config::Config;
use crate::error::Problem;
use emulator::Emulator;

pub use emulator::Status;
pub use python::{OLDEST as OLDEST_PYTHON, Python};
pub use venv::Venv;
pub use version::Version;

/// Makes sure that what the environment lives in is there: its emulator runs (a few milliseconds where it does
/// already), and an environment on AWS needs none.
pub async fn ensure(ctx: &Ctx, config: &Config) -> anyhow::Result<()> {
    match config.env.emulator_port() {
        Some(_) => start(ctx, config).await,
        None => Ok(()),
    }
}

/// Starts the emulator where it does not run.
pub async fn start(ctx: &Ctx, config: &Config) -> anyhow::Result<()> {
    on_a_thread(ctx, config, Emulator::ensure).await
}

/// The same for who only looks: an environment on AWS needs nothing, and an emulator that runs is not restarted.
///
/// # Errors
/// Where it would have to be restarted.
pub async fn ready(ctx: &Ctx, config: &Config) -> anyhow::Result<()> {
    match config.env.emulator_port() {
        Some(_) => on_a_thread(ctx, config, Emulator::ready).await,
        None => Ok(()),
    }
}

/// Stops the emulator, which saves its state then; `false` where none was running.
pub async fn stop(ctx: &Ctx, config: &Config) -> anyhow::Result<bool> {
    on_a_thread(ctx, config, Emulator::stop).await
}

/// Where the builds lie that hotswapped functions of an environment start; they go with its emulator's state.
#[must_use]
pub fn links(config: &Config) -> PathBuf {
    let emulator = config.root.join("target/local").join(config.env.file());
    emulator.join(emulator::LINKS).join(&config.env.name)
}

/// The interpreter of the emulator's virtual environment, which is there once an emulator has run; `target` is the folder for everything
/// that can be made again.
#[must_use]
pub fn interpreter(target: &Path) -> PathBuf {
    emulator::venv(&target.join("local")).python()
}

/// Stops the emulator and forgets everything in it.
pub async fn reset(ctx: &Ctx, config: &Config) -> anyhow::Result<()> {
    on_a_thread(ctx, config, Emulator::reset).await
}

/// Whether the emulator runs, and how large its state is.
pub async fn status(ctx: &Ctx, config: &Config) -> anyhow::Result<Status> {
    on_a_thread(ctx, config, |emulator| Ok(emulator.status())).await
}

/// What the emulator has logged since its last start.
pub async fn logs(ctx: &Ctx, config: &Config) -> anyhow::Result<String> {
    on_a_thread(ctx, config, Emulator::logs).await
}

/// Processes, files and pip block: they must not hold up a build that runs beside them.
async fn on_a_thread<T: Send + 'static>(
    ctx: &Ctx,
    config: &Config,
    work: impl FnOnce(&Emulator) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let Some(port) = config.env.emulator_port() else {
        let name = &config.env.name;
        return Err(Problem::usage(format!("environment `{name}` is on AWS: it has no emulator"))
            .hint(format!(
                "name an environment whose file in config/ has `emulator` instead of `account`, not `{name}`"
            ))
            .into());
    };
    let emulator = Emulator::new(ctx, config.env.file(), &config.env.region, port);
    tokio::task::spawn_blocking(move || work(&emulator)).await?
}

/// The last lines of a text.
fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ensure, status, tail};
    use crate::commands::Ctx;
    use crate::config::Config;
    use crate::error::{Exit, exit_of};
    use crate::ui::{Mode, Ui};

    #[tokio::test]
    async fn an_environment_on_aws_needs_no_emulator_and_has_none_to_show() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let config = Config::load(&root, Some("dev")).unwrap();
        let ctx = Ctx { root, ui: Ui::new(Mode::default()), reload: None };
        ensure(&ctx, &config).await.unwrap();
        assert_eq!(exit_of(&status(&ctx, &config).await.map(drop).unwrap_err()), Exit::Usage);
    }

    #[test]
    fn the_tail_of_a_text_is_its_last_lines() {
        assert_eq!(tail("a\nb\n\nc\n", 2), "b\nc");
        assert_eq!(tail("a\n", 2), "a");
        assert_eq!(tail("", 2), "");
    }
}
