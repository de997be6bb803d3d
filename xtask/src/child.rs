//! Programs that a changing command starts, such as cargo and npm: apart from its terminal, and ended with it.
//!
//! A terminal that goes away sends its hang-up to every process of its foreground group, and a build that dies of it would take
//! the deploy along that ignores it. In a group of its own a program hears of neither that nor Ctrl-C, which is passed on.

use std::collections::BTreeSet;
use std::process::{Command as Shell, ExitStatus, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// The groups that run; none where nobody takes the signals, and the programs stay in the terminal's group.
static GROUPS: Mutex<Option<BTreeSet<u32>>> = Mutex::new(None);

/// From now on programs are kept apart: who calls this takes the signals, and passes them on by `interrupt`.
pub fn keep_apart() {
    groups().get_or_insert_default();
}

/// Starts a program, and waits for its end with what it wrote to its pipes.
///
/// # Errors
/// Where it cannot be started or read.
pub async fn output(command: &mut Command) -> std::io::Result<Output> {
    spawn(command)?.output().await
}

/// Starts a program.
///
/// # Errors
/// Where it cannot be started.
pub fn spawn(command: &mut Command) -> std::io::Result<Running> {
    let apart = groups().is_some();
    if apart {
        command.process_group(0);
    }
    let child = command.spawn()?;
    let group = child.id().filter(|_| apart).map(Group::of);
    Ok(Running { child, group })
}

/// A program that was started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Option<Group>,
}

impl Running {
    /// What it says, where that is piped and nobody else reads it.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// What it gives, where that is piped and nobody else reads it.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for its end, with what it wrote to its pipes.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn output(mut self) -> std::io::Result<Output> {
        let output = self.child.wait_with_output().await;
        if let Some(group) = &mut self.group {
            group.ended = output.is_ok();
        }
        output
    }
}

/// Ctrl-C for every program that still runs.
pub fn interrupt() {
    let running: Vec<u32> = groups().iter().flatten().copied().collect();
    for group in running {
        send("INT", group);
    }
}

/// How a program ended, where that was not by its own will.
#[must_use]
pub fn killed(status: ExitStatus) -> Option<String> {
    status.code().is_none().then(|| format!("it was ended by a {status}"))
}

/// A process group that lasts as long as somebody waits for it.
#[derive(Debug)]
struct Group {
    leader: u32,
    ended: bool,
}

impl Group {
    fn of(leader: u32) -> Self {
        groups().get_or_insert_default().insert(leader);
        Self { leader, ended: false }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(groups) = groups().as_mut() {
            groups.remove(&self.leader);
        }
        if !self.ended {
            send("TERM", self.leader);
        }
    }
}

/// A group that has ended meanwhile is what was wanted.
fn send(signal: &str, group: u32) {
    let script = "kill -s \"$0\" -- \"-$1\"";
    let group = group.to_string();
    let _ = Shell::new("sh").args(["-c", script, signal, &group]).stderr(Stdio::null()).status();
}

/// A panic elsewhere leaves the list as readable as it was.
fn groups() -> MutexGuard<'static, Option<BTreeSet<u32>>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_is_interrupted_with_us_and_its_signal_is_named() {
        keep_apart();
        let mut command = Command::new("sh");
        command.args(["-c", "echo started; sleep 60"]).stdout(Stdio::piped());
        let waiting = tokio::spawn(async move { output(&mut command).await });
        while groups().as_ref().is_none_or(BTreeSet::is_empty) {
            tokio::task::yield_now().await;
        }
        interrupt();
        let ended = waiting.await.unwrap().unwrap();
        assert!(killed(ended.status).unwrap().contains("SIGINT"), "{:?}", ended.status);
        assert_eq!(killed(output(&mut Command::new("true")).await.unwrap().status), None);
        assert!(groups().as_ref().is_some_and(BTreeSet::is_empty), "who has ended is not kept");
    }
}
