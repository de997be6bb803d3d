//! Processes by number: what they run, whether they are ours, how to end them. Linux tells by `/proc`, others by `ps`.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// How often a process that was asked to end is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Signals that end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Asks: the emulator saves its state.
    Term,
    /// Ends the process and its children at once.
    Kill,
}

/// The command line of a running process; `None` where there is none, or where it has ended already.
pub(super) fn command_line(pid: u32) -> Option<String> {
    let text = if Path::new("/proc/self/cmdline").exists() {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    } else {
        let output = Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // A process that has ended but was not waited for has an empty command line.
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Whether the process runs our launcher. A number may be used again by another program.
pub(super) fn runs(pid: u32, launcher: &Path) -> bool {
    command_line(pid).is_some_and(|line| line.contains(&*launcher.to_string_lossy()))
}

/// Sends a signal; `Kill` goes to the whole process group, functions included.
pub(super) fn send(pid: u32, signal: Signal) -> anyhow::Result<()> {
    // The shell's own `kill`: a small system has no program of that name.
    let script = match signal {
        Signal::Term => "kill -s TERM \"$0\"",
        Signal::Kill => "kill -s KILL -- \"-$0\"",
    };
    let status = Command::new("sh").args(["-c", script, &pid.to_string()]).stderr(Stdio::null()).status();
    status.context("cannot run `sh`")?;
    Ok(())
}

/// Waits until the process no longer runs our launcher; `false` at the deadline.
pub(super) fn wait_for_end(pid: u32, launcher: &Path, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while runs(pid, launcher) {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}

/// The process that listens on a local TCP port, where this system and our rights let us see it.
pub(super) fn listener(port: u16) -> Option<(u32, String)> {
    let sockets: HashSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find_map(|pid: u32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
        let mut targets = files.filter_map(|file| fs::read_link(file.path()).ok());
        let holds = targets.any(|target| target.to_str().is_some_and(|target| sockets.contains(target)));
        holds.then(|| command_line(pid)).flatten().map(|command| (pid, command))
    })
}

/// Inodes of sockets that listen on a port, from a table such as /proc/net/tcp (proc(5)).
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let local = format!(":{port:04X}");
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter_map(|row| match row.as_slice() {
        [_, address, _, state, _, _, _, _, _, inode, ..] if address.ends_with(&local) && *state == LISTEN => {
            Some((*inode).to_owned())
        }
        _ => None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:11D6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 24819 1 0000 100 0 0 10 0
   1: 0100007F:11D7 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 24820 1 0000 100 0 0 10 0
   2: 0100007F:11D6 0100007F:A0B4 01 00000000:00000000 00:00000000 00000000     0        0 24821 1 0000 20 4 30 10 -1
";

    #[test]
    fn only_the_socket_that_listens_on_the_port_is_found() {
        assert_eq!(listening(TABLE, 4566), ["24819"]);
        assert_eq!(listening(TABLE, 4568), [""; 0]);
    }

    #[test]
    fn this_process_does_not_run_the_launcher() {
        assert!(!runs(std::process::id(), Path::new("/nonexistent/launcher.py")));
    }

    /// A process whose command line names a launcher. It shows a moment after the start: the kernel lets the parent go
    /// on before the new program's arguments are in place.
    fn launched() -> (std::process::Child, &'static Path) {
        let child = Command::new("sh").args(["-c", "sleep 60; : launcher.py"]).process_group(0).spawn().unwrap();
        let launcher = Path::new("launcher.py");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !runs(child.id(), launcher) {
            assert!(Instant::now() < deadline, "the process never showed its command line");
            std::thread::sleep(POLL);
        }
        (child, launcher)
    }

    #[test]
    fn a_process_that_was_asked_to_end_has_ended_before_it_is_waited_for() {
        let (mut child, launcher) = launched();
        send(child.id(), Signal::Term).unwrap();
        assert!(wait_for_end(child.id(), launcher, Duration::from_secs(10)));
        send(child.id(), Signal::Kill).unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_stays_is_given_up_on_and_killed_with_its_group() {
        let (mut child, launcher) = launched();
        assert!(!wait_for_end(child.id(), launcher, Duration::from_millis(50)));
        send(child.id(), Signal::Kill).unwrap();
        assert!(wait_for_end(child.id(), launcher, Duration::from_secs(10)));
        child.wait().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_holder_of_a_port_is_named() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (pid, _) = listener(socket.local_addr().unwrap().port()).unwrap();
        assert_eq!(pid, std::process::id());
    }
}
