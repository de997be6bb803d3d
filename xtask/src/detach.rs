//! Ctrl-C and SIGTERM: what goes on in AWS is left to AWS, and it is said what that is and how to come back to it. A terminal
//! that goes away ends nothing.

use std::process::exit;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::child;
use crate::ui::Ui;

/// Exit code of an interrupted command: 128 + SIGINT, as shells have it. In README under "Exit codes".
const INTERRUPTED: i32 = 130;
/// The same of SIGTERM, which a CI job's end sends.
const TERMINATED: i32 = 143;

/// Takes signals on a thread of its own, which answers whatever the command is doing or waiting for. `again` is the
/// command line that goes on from there.
pub fn watch(ui: &Ui, again: String) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupts, mut ends, mut hangups) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?)
    };
    child::keep_apart();
    let ui = ui.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            // Somebody closed the terminal: the deploy is as good as before, only nobody reads along.
            let deaf = async { while hangups.recv().await.is_some() {} };
            let leave = async {
                let code = end(&mut interrupts, &mut ends).await;
                // On one more thread: the terminal may be slow, and a second Ctrl-C must not wait for it.
                std::thread::spawn(move || {
                    child::interrupt();
                    ui.part(&words(&ui.ongoing(), &again));
                    exit(code);
                });
                exit(end(&mut interrupts, &mut ends).await);
            };
            tokio::join!(deaf, leave)
        })
    })?;
    Ok(())
}

/// Waits for what ends the command, and gives its exit code.
async fn end(interrupts: &mut Signal, ends: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupts.recv() => INTERRUPTED,
        _ = ends.recv() => TERMINATED,
    }
}

/// The command line of this process, as it would be typed again.
#[must_use]
pub fn typed(args: impl IntoIterator<Item = String>) -> String {
    line(args.into_iter().skip(1))
}

/// A command line of ours, as it would be typed.
#[must_use]
pub fn line(args: impl IntoIterator<Item = impl Into<String>>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=,./:@+".contains(c);
    let quoted = args.into_iter().map(Into::into).map(|arg: String| {
        let bare = !arg.is_empty() && arg.chars().all(plain);
        if bare { arg } else { format!("'{}'", arg.replace('\'', r"'\''")) }
    });
    ["cargo xtask".to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}

/// What a person is told who leaves.
#[must_use]
pub fn words(ongoing: &[String], again: &str) -> Vec<String> {
    if ongoing.is_empty() {
        return vec![
            "interrupted: no stack changes any more; code and site are as far as they came".to_owned(),
            format!("to go on from here: {again}"),
        ];
    }
    let stacks = ongoing.iter().map(|one| format!("  {one}"));
    ["interrupted: this goes on in AWS without us:".to_owned()]
        .into_iter()
        .chain(stacks)
        .chain([format!("to join it again: {again}")])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_named_with_the_way_back_to_it() {
        let ongoing = ["demo-dev-orders UPDATE_IN_PROGRESS, 12/34 resources".to_owned()];
        insta::assert_snapshot!(words(&ongoing, "cargo xtask deploy --env dev").join("\n"));
        let nothing = words(&[], "cargo xtask deploy");
        assert!(nothing[0].contains("no stack"), "{nothing:?}");
        assert_eq!(nothing[1], "to go on from here: cargo xtask deploy");
    }

    #[test]
    fn the_command_is_given_as_it_would_be_typed() {
        let args = ["/target/debug/xtask", "deploy", "--env", "my env", "--service=a,b", "it's", ""];
        let typed = typed(args.map(str::to_owned));
        assert_eq!(typed, r"cargo xtask deploy --env 'my env' --service=a,b 'it'\''s' ''");
    }
}
