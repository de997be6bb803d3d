//! Joins the recorder's parts around a deploy.

use std::future::Future;

use super::{Recorder, Store, compare, critical, longest, slower};
use crate::config::Config;
use crate::error::{Exit, exit_of};
use crate::ui::Ui;

/// A deploy that ended sooner has no part that is worth a line; in milliseconds.
const NOTEWORTHY: u64 = 1000;

/// Runs a deploy, keeps what took how long, and says what took longest. Fails only where the deploy does. A command line
/// that was wrong, or a question that was declined, before the first stack leaves no run.
pub async fn keep<T>(ui: &Ui, config: &Config, deploy: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let recorder = Recorder::default();
    let done = recorder.record(deploy).await;
    let run = recorder.run(&config.env.name, done.is_ok());
    let refused = done.as_ref().is_err_and(|error| matches!(exit_of(error), Exit::Usage | Exit::Declined));
    if refused && !run.began() {
        return done;
    }
    let store = Store::of(config);
    if let Err(error) = store.keep(&run) {
        ui.warn(format!("this deploy's timeline was not kept: {error:#}"));
    }
    if run.ok && run.millis >= NOTEWORTHY {
        let text = longest(&run, &critical(&run.spans));
        if !text.is_empty() {
            ui.step("Longest", text);
        }
        if let Some(text) = slower(&run, &compare(&run, &store.all())) {
            ui.step("Slower", format!("{text}: `cargo xtask timeline --env {}`", run.environment));
        }
    }
    done
}
