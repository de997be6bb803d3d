//! One watch per environment: two would take its files, its functions and the script in its pages away from each other.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Problem;
use crate::lock::Lock;

/// Held as long as the watch goes on; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub struct Sole {
    _lock: Lock,
}

/// Who watches, as the file of the lock has it.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    since: Timestamp,
}

impl Sole {
    /// Takes an environment for this process; `target` is the folder for everything that can be made again.
    ///
    /// # Errors
    /// Where it is watched already.
    pub fn claim(target: &Path, config: &Config) -> anyhow::Result<Self> {
        let env = &config.env;
        let folder = target.join("watch");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let file = folder.join(format!("{}-{}-{}.lock", env.name, env.account(), env.region));
        let own = Holder { pid: std::process::id(), since: Timestamp::now() };
        match Lock::claim(&file, &serde_json::to_string(&own)?)? {
            Ok(lock) => Ok(Self { _lock: lock }),
            Err(note) => Err(refusal(&env.name, &note).into()),
        }
    }
}

fn refusal(environment: &str, note: &str) -> Problem {
    // Its holder may be about to write it.
    let holder = serde_json::from_str::<Holder>(note).ok();
    let (who, end) = holder.map_or_else(
        || ("another process".to_owned(), String::new()),
        |Holder { pid, since }| (format!("process {pid}, since {since:.0}"), format!(", or `kill -INT {pid}`")),
    );
    Problem::failed(format!("`{environment}` is watched already: {who}")).hint(format!(
        "that watch puts in place whatever is saved in this clone; to begin another one, end it first: Ctrl-C in its terminal{end}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Target;
    use crate::error::hints;
    use std::process::{Command, Stdio};

    const APP: &str = "{app: demo, defaultEnvironment: dev, homeRegion: eu-central-1, services: {}}";

    #[test]
    fn a_second_watch_of_an_environment_is_told_who_watches_it_and_another_environment_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::sample(APP, Target::Emulator(4566));
        let first = Sole::claim(folder.path(), &config).unwrap();
        let error = Sole::claim(folder.path(), &config).unwrap_err();
        let (text, pid) = (error.to_string(), std::process::id());
        assert!(
            text.starts_with(&format!("`{}` is watched already: process {pid}, since 2", config.env.name)),
            "{text}"
        );
        assert!(hints(&error).any(|hint| hint.ends_with(&format!("or `kill -INT {pid}`"))));
        let mut other = config.clone();
        other.env.region = "eu-west-1".into();
        Sole::claim(folder.path(), &other).unwrap();
        drop(first);
        Sole::claim(folder.path(), &config).unwrap();
    }

    #[test]
    fn a_watch_that_was_killed_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::sample(APP, Target::Emulator(4566));
        drop(Sole::claim(folder.path(), &config).unwrap());
        let file = std::fs::read_dir(folder.path().join("watch")).unwrap().next().unwrap().unwrap().path();
        let script = "import fcntl, sys, time\nfile = open(sys.argv[1], 'a')\nfcntl.flock(file, fcntl.LOCK_EX)\n\
            print(flush=True)\ntime.sleep(60)";
        let mut command = Command::new("python3");
        let mut holder = command.args(["-c", script]).arg(&file).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        assert!(Sole::claim(folder.path(), &config).unwrap_err().to_string().contains("watched already"));
        holder.kill().unwrap();
        holder.wait().unwrap();
        Sole::claim(folder.path(), &config).unwrap();
    }

    #[test]
    fn a_holder_who_has_not_written_yet_is_another_process() {
        assert_eq!(refusal("dev", "").to_string(), "`dev` is watched already: another process");
    }
}
