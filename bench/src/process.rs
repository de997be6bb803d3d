//! What the kernel says about a process.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Time on a processor, of all its threads.
    pub(crate) cpu: Duration,
    /// The most memory that it ever held, in bytes.
    pub(crate) memory: u64,
}

impl Usage {
    pub(crate) fn of(process: u32) -> anyhow::Result<Self> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            // In nanoseconds, where `stat` counts in hundredths of a second (proc(5), `/proc/pid/schedstat`).
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += first_number(&text).context("`schedstat` has no number")?;
        }
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(first_number).context("`status` has no VmHWM")?;
        Ok(Self { cpu: Duration::from_nanos(nanoseconds), memory: kilobytes * 1024 })
    }
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_used_time_and_memory() {
        let usage = Usage::of(std::process::id()).expect("this process");
        assert!(usage.cpu > Duration::ZERO && usage.memory > 100_000);
    }
}
