//! Notes spans while a deploy runs. Ambient, as `tracing` is: what is measured need not carry the recorder along, and
//! outside of a recorded run nothing is noted.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use super::resources::resources;
use super::run::{Kind, Run, Span, VERSION};
use crate::aws::events::Event;

tokio::task_local! {
    static PLACE: Place;
}

/// Where the work at hand belongs.
#[derive(Clone, Debug)]
struct Place {
    recorder: Recorder,
    span: Option<usize>,
    /// Stacks that had to be there before any of this one's could begin.
    after: Vec<String>,
}

/// A recorder of one run, cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    began: Instant,
    started: Timestamp,
    spans: Arc<Mutex<Vec<Noted>>>,
}

/// A span and what is worked out at the end.
#[derive(Clone, Debug, Default)]
struct Noted {
    span: Span,
    ended: bool,
    after: Vec<String>,
    events: Vec<Event>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { began: Instant::now(), started: Timestamp::now(), spans: Arc::default() }
    }
}

impl Recorder {
    /// Runs a deploy whose spans are noted.
    pub async fn record<T>(&self, work: impl Future<Output = T>) -> T {
        PLACE.scope(Place { recorder: self.clone(), span: None, after: Vec::new() }, work).await
    }

    /// The run as it is now.
    #[must_use]
    pub fn run(&self, environment: &str, ok: bool) -> Run {
        let noted = self.with(|spans| spans.clone());
        let now = self.now();
        let number =
            |name: &String| noted.iter().position(|one| one.span.kind == Kind::Stack && one.span.name == *name);
        let mut spans: Vec<Span> = Vec::new();
        let mut parts = Vec::new();
        for (own, one) in noted.iter().enumerate() {
            let mut span = one.span.clone();
            span.after = one.after.iter().filter_map(number).filter(|other| *other != own).collect();
            if !one.ended {
                span.end = now;
                "cut off".clone_into(&mut span.outcome);
            }
            let began = self.started.as_millisecond();
            parts.extend(resources(&one.events, began, (span.start, span.end)).into_iter().map(|part| (own, part)));
            spans.push(span);
        }
        spans.extend(parts.into_iter().map(|(parent, part)| Span { parent: Some(parent), ..part }));
        Run {
            version: VERSION,
            id: self.started.strftime("%Y%m%dT%H%M%S.%3fZ").to_string(),
            environment: environment.to_owned(),
            started: self.started,
            millis: now,
            ok,
            spans,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Noted>) -> T) -> T {
        act(&mut self.spans.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes how long the work takes, as a part of the span that it runs in. The work is boxed: what is measured is large.
pub fn span<T>(
    kind: Kind,
    name: impl Into<String>,
    work: impl Future<Output = anyhow::Result<T>>,
) -> impl Future<Output = anyhow::Result<T>> {
    let (name, work) = (name.into(), Box::pin(work));
    async move {
        let Ok(Place { recorder, span, after }) = PLACE.try_with(Place::clone) else { return work.await };
        let start = recorder.now();
        let begun = Span { kind, name, parent: span, start, end: start, ..Span::default() };
        let number = recorder.with(|spans| {
            let after = if kind == Kind::Stack { after } else { Vec::new() };
            spans.push(Noted { span: begun, after, ..Noted::default() });
            spans.len() - 1
        });
        let place = Place { recorder: recorder.clone(), span: Some(number), after: Vec::new() };
        let done = PLACE.scope(place, work).await;
        let end = recorder.now();
        recorder.with(|spans| {
            let noted = &mut spans[number];
            noted.ended = true;
            noted.span.end = end;
            if done.is_err() {
                "failed".clone_into(&mut noted.span.outcome);
            }
        });
        done
    }
}

/// The same work as a task of its own, in the place where this was called. `after` names the stacks that its stack needs.
pub fn within<T>(after: Vec<String>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    let place = PLACE.try_with(|place| Place { after, ..place.clone() }).ok();
    async move {
        match place {
            Some(place) => PLACE.scope(place, work).await,
            None => work.await,
        }
    }
}

/// Notes what became of the span at hand.
pub fn outcome(text: &str) {
    note(|noted| text.clone_into(&mut noted.span.outcome));
}

/// Notes what a stack tells of its resources.
pub fn event(event: &Event) {
    note(|noted| noted.events.push(event.clone()));
}

fn note(act: impl FnOnce(&mut Noted)) {
    // Outside of a recorded run there is nothing to note it in.
    let _ = PLACE.try_with(|place| {
        if let Some(number) = place.span {
            place.recorder.with(|spans| act(&mut spans[number]));
        }
    });
}
