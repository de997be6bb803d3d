//! How far a sync is, beside a spinner: files, bytes, rate, time left.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use site_sync::{Progress, Reached};

use super::Ui;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Runs the work and shows how far it is, where there is a terminal to show it on.
pub async fn watch<T>(ui: &Ui, what: &str, progress: &Progress, work: impl Future<Output = T>) -> T {
    if !ui.animated() {
        return work.await;
    }
    let spinner = ui.spinner(what);
    let since = Instant::now();
    let mut look = tokio::time::interval(LOOK);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = look.tick() => spinner.set(format!("{what} {}", line(progress.reached(), since.elapsed()))),
        }
    }
}

/// `12/34 files, 1.5/3.0 MB, 0.5 MB/s, 3 s left`
fn line(reached: Reached, took: Duration) -> String {
    if reached.all_files == 0 {
        return "looking for what differs".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "what is shown has one decimal")]
    let (bytes, all) = (reached.bytes as f64 / 1e6, reached.all_bytes as f64 / 1e6);
    let mut line = format!("{}/{} files, {bytes:.1}/{all:.1} MB", reached.files, reached.all_files);
    let rate = bytes / took.as_secs_f64().max(0.001);
    if rate > 0.0 {
        let left = ((all - bytes) / rate).ceil();
        let _ = write!(line, ", {rate:.1} MB/s, {left:.0} s left");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_files_bytes_rate_and_the_time_left() {
        let reached = Reached { files: 12, bytes: 1_500_000, all_files: 34, all_bytes: 3_000_000 };
        assert_eq!(line(reached, Duration::from_secs(3)), "12/34 files, 1.5/3.0 MB, 0.5 MB/s, 3 s left");
        let first = Reached { bytes: 0, files: 0, ..reached };
        assert_eq!(line(first, Duration::from_secs(3)), "0/34 files, 0.0/3.0 MB");
        assert_eq!(line(Reached::default(), Duration::ZERO), "looking for what differs");
    }
}
