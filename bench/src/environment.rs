//! An execution environment: one process of a function under a Runtime API of its own, as Lambda runs it ("Using the
//! Lambda runtime API for custom runtimes", version 2018-06-01).

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};

use crate::case::Case;
use crate::http::{Connection, Server, answer};
use crate::process::Usage;

/// Longer than any start or call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The function's timeout, which it reads from the deadline.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What one process is doing, shared by the connections of its Runtime API.
#[derive(Debug, Default)]
struct State {
    /// Calls to hand out before the next one waits.
    left: u64,
    handed_out: Option<Instant>,
    ready: Option<Instant>,
    answered: Option<Instant>,
    /// Event handed out → answer received, of each call.
    latencies: Vec<Duration>,
    failure: Option<String>,
    closed: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    event: Vec<u8>,
    /// The status that each answer must have.
    status: u16,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a call to hand out; none once the environment is over.
    fn next(&self) -> bool {
        let mut state = self.lock();
        state.ready.get_or_insert_with(Instant::now);
        self.changed.notify_all();
        let waiting = |state: &mut State| state.left == 0 && !state.closed;
        let mut state = self.changed.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.left -= 1;
        state.handed_out = Some(Instant::now());
        true
    }

    fn done(&self, body: &[u8], failed: bool) {
        let now = Instant::now();
        let mut state = self.lock();
        let latency = state.handed_out.take().map(|start| now - start);
        state.answered.get_or_insert(now);
        state.latencies.extend(latency);
        if (failed || status_of(body) != Some(self.status)) && state.failure.is_none() {
            state.failure = Some(String::from_utf8_lossy(body).chars().take(400).collect());
        }
        if state.left == 0 || state.failure.is_some() {
            self.changed.notify_all();
        }
    }

    fn serve(&self, connection: &mut Connection) -> io::Result<()> {
        while let Some(request) = connection.read()? {
            let accepted = answer(202, "", b"");
            match request.path.rsplit('/').next() {
                Some("next") if !self.next() => return Ok(()),
                Some("next") => connection.write(&handed_out(&self.event))?,
                Some("response") => {
                    self.done(&request.body, false);
                    connection.write(&accepted)?;
                }
                _ => {
                    self.done(&request.body, true);
                    connection.write(&accepted)?;
                }
            }
        }
        Ok(())
    }
}

/// The answer's status, read without the rest of it: that would cost more than the function.
fn status_of(body: &[u8]) -> Option<u16> {
    let name = b"\"statusCode\":";
    let after = body.windows(name.len()).position(|window| window == name)? + name.len();
    let digits = std::str::from_utf8(body.get(after..after + 4)?).ok()?;
    digits.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

fn handed_out(event: &[u8]) -> Vec<u8> {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
    let headers = format!(
        "content-type: application/json\r\n\
         lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         lambda-runtime-deadline-ms: {}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:111111111111:function:bench\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n",
        deadline.as_millis()
    );
    answer(200, &headers, event)
}

/// A running environment; its process ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Environment {
    shared: Arc<Shared>,
    child: Child,
    started: Instant,
    // Held for its drop: it ends after the process.
    _server: Server,
}

impl Environment {
    /// Starts the process. `command` is the function's program with what is its own; what Lambda sets is set here.
    pub(crate) fn start(case: &Case, mut command: Command, calls: u64) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State { left: calls, ..State::default() }),
            changed: Condvar::new(),
            event: case.event.clone(),
            status: case.status,
        });
        let state = Arc::clone(&shared);
        let server = Server::start(move |connection| state.serve(connection))?;
        command.env("AWS_LAMBDA_RUNTIME_API", server.address.to_string()).envs(case.variables());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { shared, child, started, _server: server })
    }

    /// From the start of the process to the first `/next`, and to the first answer.
    pub(crate) fn cold(&self) -> anyhow::Result<(Duration, Duration)> {
        self.wait(|state| state.answered.is_some())?;
        let state = self.shared.lock();
        let since = |at: Option<Instant>| at.map(|at| at - self.started).context("the function never became ready");
        Ok((since(state.ready)?, since(state.answered)?))
    }

    /// Waits until it could take a call.
    pub(crate) fn ready(&self) -> anyhow::Result<()> {
        self.wait(|state| state.ready.is_some())
    }

    /// Makes so many calls, one after the other; returns how long each took.
    pub(crate) fn call(&self, calls: u64) -> anyhow::Result<Vec<Duration>> {
        let expected = usize::try_from(calls)?;
        self.begin(calls);
        self.wait(|state| state.latencies.len() >= expected)?;
        let mut latencies = std::mem::take(&mut self.shared.lock().latencies);
        latencies.truncate(expected);
        Ok(latencies)
    }

    /// Begins to make calls, one after the other.
    pub(crate) fn begin(&self, calls: u64) {
        let mut state = self.shared.lock();
        state.latencies.clear();
        state.left = calls;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Hands out no further call; returns how many were answered since they began.
    pub(crate) fn end(&self) -> anyhow::Result<usize> {
        let mut state = self.shared.lock();
        state.left = 0;
        if let Some(failure) = &state.failure {
            bail!("the function failed: {failure}");
        }
        Ok(state.latencies.len())
    }

    /// What the process has used so far.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.child.id())
    }

    fn wait(&self, arrived: impl Fn(&State) -> bool) -> anyhow::Result<()> {
        let waiting = |state: &mut State| state.failure.is_none() && !arrived(state);
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, PATIENCE, waiting);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = &state.failure {
            bail!("the function failed: {failure}");
        }
        ensure!(!timeout.timed_out(), "the function did not answer in {PATIENCE:?}");
        Ok(())
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_however_the_answer_is_spaced() {
        assert_eq!(status_of(br#"{"statusCode":204,"body":""}"#), Some(204));
        assert_eq!(status_of(br#"{"statusCode": 201, "body": ""}"#), Some(201));
        assert_eq!(status_of(br#"{"errorMessage":"x"}"#), None);
    }
}
