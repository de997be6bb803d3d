//! One command per file, each `run(args, &Ctx)`; this file only hands over.

mod affected;
mod bench;
mod bootstrap;
mod build;
mod ci;
mod completions;
mod config;
mod deploy;
mod destroy;
mod doctor;
mod drift;
mod env;
mod iam;
mod invoke;
mod keys;
mod local;
mod logs;
mod man;
mod new;
mod open;
mod outputs;
mod plan;
mod promote;
mod releases;
mod render;
mod restore;
mod rollback;
mod status;
mod sync;
mod test;
mod timeline;
mod watch;

use std::path::PathBuf;

use crate::cli::{Command, EnvArgs, EnvCommand, IamCommand, KeysCommand};
use crate::config::{Config, environment_of_branch, load_app};
use crate::detach;
use crate::error::{Exit, Problem};
use crate::ui::{Mode, Ui};
use crate::watch::Reload;

/// What every command gets.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The repository's root.
    pub root: PathBuf,
    /// The printer.
    pub ui: Ui,
    /// Set under `watch` in an emulated environment: who tells the open pages of a site to load anew.
    pub reload: Option<Reload>,
}

impl Ctx {
    /// The configuration of the environment that `--env` or `--branch` names, else the default one.
    pub fn config(&self, args: &EnvArgs) -> anyhow::Result<Config> {
        let name = match (&args.env, &args.branch) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(branch)) => Some(environment_of_branch(&load_app(&self.root)?, branch)?),
            (None, None) => None,
        };
        let mut config = Config::load(&self.root, name.as_deref())?;
        config.env.branch.clone_from(&args.branch);
        Ok(config)
    }

    /// The folder for everything that can be made again.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }
}

/// How the printer behaves under a command.
#[must_use]
pub fn mode(command: &Command) -> Mode {
    match command {
        Command::Deploy(args) => Mode { json: args.json, yes: args.change.yes },
        Command::Destroy(args) => Mode { json: false, yes: args.change.yes },
        Command::Restore(args) => Mode { json: false, yes: args.change.yes },
        Command::Bootstrap(args) => Mode { json: args.json, yes: args.change.yes },
        Command::Iam(IamCommand::Print(_)) => Mode { json: true, yes: false },
        Command::Iam(IamCommand::Diff(args)) => Mode { json: args.json, yes: false },
        Command::Plan(args) => Mode { json: args.json, yes: false },
        Command::Outputs(args) => Mode { json: args.json, yes: false },
        Command::Releases(args) => args.mode(),
        Command::Rollback(args) => Mode { json: args.json, yes: args.change.yes },
        Command::Promote(args) => Mode { json: args.json, yes: args.yes },
        Command::Invoke(args) => Mode { json: args.json, yes: args.change.yes },
        Command::Watch(args) => Mode { json: false, yes: args.change.yes },
        Command::Status(args) => Mode { json: args.json, yes: false },
        Command::Drift(args) => Mode { json: args.json, yes: false },
        Command::Logs(args) => Mode { json: args.json, yes: false },
        Command::Timeline(args) => Mode { json: args.json, yes: false },
        Command::Env(args) => args.mode(),
        Command::Sync(args) => Mode { json: args.json, yes: false },
        Command::Build(args) => Mode { json: args.json, yes: false },
        Command::Affected(args) => Mode { json: args.json, yes: false },
        Command::Keys(KeysCommand::List(args)) => Mode { json: args.json, yes: false },
        Command::Keys(KeysCommand::Rotate(args)) => Mode { json: args.json, yes: args.change.yes },
        Command::Open(args) => Mode { json: args.json, yes: false },
        Command::Local(args) => Mode { json: args.json, yes: false },
        Command::Doctor(args) => Mode { json: args.json, yes: false },
        _ => Mode::default(),
    }
}

/// Whether a command begins what goes on in AWS without it. Any other is simply ended by Ctrl-C.
fn changes_aws(command: &Command) -> bool {
    match command {
        Command::Deploy(_)
        | Command::Rollback(_)
        | Command::Promote(_)
        | Command::Destroy(_)
        | Command::Bootstrap(_) => true,
        Command::Env(args) => !matches!(args, EnvCommand::List(_)),
        Command::Keys(args) => matches!(args, KeysCommand::Rotate(_)),
        _ => false,
    }
}

/// Runs one command to its end.
pub fn run(command: Command, ui: &Ui) -> anyhow::Result<Exit> {
    let ctx = Ctx { root: find_root()?, ui: ui.clone(), reload: None };
    if changes_aws(&command) {
        detach::watch(ui, detach::typed(std::env::args()))?;
    }
    // One thread: the SDK is faster on it than on two where there are two cores, and nothing here computes for long.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Plan(args) => return Box::pin(plan::run(args, &ctx)).await,
            Command::Deploy(args) => Box::pin(deploy::run(args, &ctx)).await,
            Command::Outputs(args) => outputs::run(args, &ctx).await,
            Command::Releases(args) => releases::run(args, &ctx).await,
            Command::Rollback(args) => Box::pin(rollback::run(args, &ctx)).await,
            Command::Promote(args) => Box::pin(promote::run(args, &ctx)).await,
            Command::Invoke(args) => invoke::run(args, &ctx).await,
            Command::Status(args) => return Box::pin(status::run(args, &ctx)).await,
            Command::Drift(args) => return Box::pin(drift::run(args, &ctx)).await,
            Command::Open(args) => Box::pin(open::run(args, &ctx)).await,
            Command::Logs(args) => Box::pin(logs::run(args, &ctx)).await,
            Command::Timeline(args) => timeline::run(&args, &ctx),
            Command::Iam(args) => return Box::pin(iam::run(args, &ctx)).await,
            Command::Bootstrap(args) => Box::pin(bootstrap::run(args, &ctx)).await,
            Command::Destroy(args) => Box::pin(destroy::run(args, &ctx)).await,
            Command::Restore(args) => Box::pin(restore::run(args, &ctx)).await,
            Command::Env(args) => Box::pin(env::run(args, &ctx)).await,
            Command::Build(args) => build::run(args, &ctx).await,
            Command::Sync(args) => Box::pin(sync::run(args, &ctx)).await,
            Command::Render(args) => render::run(&args, &ctx),
            Command::Config(args) => config::run(args, &ctx),
            Command::New(args) => new::run(args, &ctx),
            Command::Keys(args) => Box::pin(keys::run(args, &ctx)).await,
            Command::Local(args) => local::run(args, &ctx).await,
            Command::Doctor(args) => return doctor::run(args, &ctx).await,
            Command::Watch(args) => Box::pin(watch::run(args, &ctx)).await,
            Command::Affected(args) => affected::run(&args, &ctx),
            Command::Ci(args) => ci::run(args, &ctx),
            Command::Test(args) => test::run(args, &ctx).await,
            Command::Bench(args) => bench::run(args, &ctx).await,
            Command::Completions(args) => {
                completions::run(&args, &ctx);
                Ok(())
            }
            Command::Man(args) => man::run(args, &ctx),
        }?;
        Ok(Exit::Done)
    })
}

/// The nearest folder upwards that has a `config/app.yaml`.
fn find_root() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join("config/app.yaml").is_file());
    found.map(PathBuf::from).ok_or_else(|| {
        Problem::usage(format!("no config/app.yaml in `{}` or above it", here.display()))
            .hint("run this inside a clone of the repository")
            .into()
    })
}
