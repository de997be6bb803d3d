//! How many requests are on their way at a time: doubled while that pays, halved where S3 asks to slow down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where it begins: enough for a machine nearby, few enough for a slow line.
const FIRST: usize = 16;
/// The most; S3 takes 3,500 PUTs a second and prefix (S3 User Guide, "Optimizing Amazon S3 performance"), which at 30 ms
/// each are about a hundred at a time.
const MOST: usize = 256;
/// How much more throughput than ever before a larger limit must bring to be kept.
const GAIN: f64 = 1.1;
/// What a round leaves of the best throughput so far: a line may become worse.
const FADE: f64 = 0.998;
/// The shortest round: of a machine nearby, a few milliseconds say nothing but chance.
const ROUND: Duration = Duration::from_millis(20);

/// The rule, without clock and network.
#[derive(Clone, Debug)]
struct Rule {
    limit: usize,
    /// The limit before the last rise.
    before: Option<usize>,
    /// The most requests a second so far, fading. Compared with the round before alone, chance would raise the limit again and again.
    best: f64,
    /// Whether doubling has ceased to pay: steps are small from then on.
    settled: bool,
    finished: usize,
}

/// What changes the limit at the end of a round of `limit` requests.
impl Rule {
    fn new() -> Self {
        Self { limit: FIRST, before: None, best: 0.0, settled: false, finished: 0 }
    }

    /// A round is as many answers as there are requests at a time; shorter ones say little.
    fn is_round(&mut self, took: Duration) -> bool {
        self.finished += 1;
        self.finished >= self.limit.max(FIRST) && took >= ROUND
    }

    fn round(&mut self, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred requests")]
        let rate = self.finished as f64 / took.as_secs_f64().max(1e-6);
        self.finished = 0;
        let pays = rate >= self.best * GAIN;
        self.best = rate.max(self.best * FADE);
        match self.before {
            Some(limit) if !pays => {
                // It did not pay: back, and on in small steps, for the line may become better.
                self.limit = limit;
                self.before = None;
                self.settled = true;
            }
            _ => {
                self.before = Some(self.limit);
                let more = if self.settled { self.limit / 4 } else { self.limit };
                self.limit = (self.limit + more.max(1)).min(MOST);
            }
        }
    }

    fn slow_down(&mut self) {
        self.limit = (self.limit / 2).max(1);
        (self.before, self.best) = (None, 0.0);
        self.settled = true;
        self.finished = 0;
    }
}

/// The limit at work; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    slots: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    rule: Rule,
    since: Instant,
    /// Whether a request waited for its slot in this round. Where none does, the limit limits nothing, and how long a round takes
    /// says nothing about it.
    full: bool,
    /// Slots that are to be taken away as soon as they are given back.
    debt: usize,
}

impl Limit {
    pub(super) fn new() -> Self {
        let state = State { rule: Rule::new(), since: Instant::now(), full: false, debt: 0 };
        Self { slots: Arc::new(Semaphore::new(FIRST)), state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a slot.
    pub(super) async fn slot(&self) -> anyhow::Result<OwnedSemaphorePermit> {
        match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(slot) => return Ok(slot),
            Err(_) => self.state.lock().unwrap_or_else(PoisonError::into_inner).fill(),
        }
        Ok(Arc::clone(&self.slots).acquire_owned().await?)
    }

    /// How many slots there are now.
    pub(super) fn now(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rule.limit
    }

    /// Gives a slot back after an answer.
    pub(super) fn answered(&self, slot: OwnedSemaphorePermit, slow_down: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let old = state.rule.limit;
        if slow_down {
            state.rule.slow_down();
            state.full = false;
        } else if state.full {
            let took = state.since.elapsed();
            if state.rule.is_round(took) {
                state.rule.round(took);
                state.full = false;
            }
        }
        let new = state.rule.limit;
        if new > old {
            let paid = state.debt.min(new - old);
            state.debt -= paid;
            self.slots.add_permits(new - old - paid);
        } else {
            state.debt += old - new;
        }
        if state.debt > 0 {
            state.debt -= 1;
            slot.forget();
        }
    }
}

impl State {
    /// A round begins with the first request that has to wait.
    fn fill(&mut self) {
        if !self.full {
            self.full = true;
            self.rule.finished = 0;
            self.since = Instant::now();
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;

    /// Requests a second of a server at a limit.
    fn settle(rate: impl Fn(usize) -> f64, rounds: usize) -> Vec<usize> {
        let mut rule = Rule::new();
        let mut limits = Vec::new();
        for _ in 0..rounds {
            while !rule.is_round(ROUND) {}
            let took = Duration::from_secs_f64(rule.finished as f64 / rate(rule.limit));
            rule.round(took);
            limits.push(rule.limit);
        }
        limits
    }

    #[test]
    fn where_latency_is_all_that_counts_it_doubles_to_the_most() {
        let limits = settle(|limit| limit as f64 / 0.03, 6);
        assert_eq!(limits, [32, 64, 128, 256, 256, 256]);
    }

    #[test]
    fn where_more_at_a_time_brings_no_more_it_stays_low() {
        let limits = settle(|_| 9_000.0, 40);
        assert!(limits.iter().all(|limit| *limit <= 32), "{limits:?}");
    }

    #[test]
    fn chance_does_not_raise_it() {
        let rounds = std::cell::Cell::new(0);
        let limits =
            settle(|_| [7_000.0, 9_000.0, 8_000.0, 10_000.0, 8_500.0][rounds.replace(rounds.get() + 1) % 5], 500);
        assert!(limits[20..].iter().all(|limit| *limit <= 40), "{limits:?}");
    }

    #[test]
    fn it_finds_the_knee_and_stays_near_it() {
        let limits = settle(|limit| limit.min(100) as f64 / 0.03, 60);
        assert!(limits[20..].iter().all(|limit| (64..=160).contains(limit)), "{limits:?}");
    }

    #[test]
    fn it_halves_at_once_where_it_is_asked_to_and_never_ends() {
        let mut rule = Rule::new();
        let limits: Vec<usize> = (0..6).map(|_| (rule.slow_down(), rule.limit).1).collect();
        assert_eq!(limits, [8, 4, 2, 1, 1, 1]);
        while !rule.is_round(ROUND) {}
        rule.round(Duration::from_millis(10));
        assert_eq!(rule.limit, 2);
    }

    #[tokio::test]
    async fn rounds_in_which_nobody_waits_change_nothing() {
        let limit = Limit::new();
        for _ in 0..10 * FIRST {
            let slot = limit.slot().await.unwrap();
            limit.answered(slot, false);
        }
        assert_eq!(limit.state.lock().unwrap().rule.limit, FIRST);
        let mut slots = Vec::new();
        for _ in 0..FIRST {
            slots.push(limit.slot().await.unwrap());
        }
        let waiting = tokio::spawn({
            let limit = limit.clone();
            async move { limit.slot().await.unwrap() }
        });
        tokio::task::yield_now().await;
        std::thread::sleep(ROUND);
        slots.drain(..).for_each(|slot| limit.answered(slot, false));
        drop(waiting.await.unwrap());
        assert_eq!(limit.state.lock().unwrap().rule.limit, 2 * FIRST);
    }

    #[tokio::test]
    async fn slots_follow_the_limit_down_and_up() {
        let limit = Limit::new();
        let mut slots = Vec::new();
        for _ in 0..FIRST {
            slots.push(limit.slot().await.unwrap());
        }
        limit.answered(slots.pop().unwrap(), true);
        slots.drain(..).for_each(|slot| limit.answered(slot, false));
        assert_eq!(limit.slots.available_permits(), limit.state.lock().unwrap().rule.limit);
    }
}
