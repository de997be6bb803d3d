//! `reconcileFiles`: finds what lost its counterpart, and repairs it where it is told to. Started by an operator only.
//!
//! Two walks, page by page: over the bucket, then over the table. Whatever a lookup could not answer ends the run as an
//! error: nothing counts as absent that was not said to be absent.

mod objects;
pub(crate) mod order;
mod records;
mod report;

use jiff::Timestamp;
use serde_json::Value;
use shared::Error;
use shared::serve::Done;
use tokio::time::{Instant, timeout_at};

use self::order::{Order, Position};
use self::report::{Report, Seen};
use crate::objects::Objects;
use crate::queue::Queue;
use crate::store::Store;
use crate::todos::Todos;

/// Lookups and repairs at a time.
const WIDTH: usize = 16;

/// What is compared, and the way to the purge.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) todos: Todos,
    pub(crate) purges: Queue,
}

/// One run.
struct Run<'a> {
    parts: &'a Parts,
    dry: bool,
    now: Timestamp,
    /// What is younger than this is left alone.
    cutoff: Timestamp,
    /// So is an upload that is younger than this and not confirmed.
    unconfirmed_cutoff: Timestamp,
}

/// Walks until all is seen or until `end`, and then answers where to go on. A page that `end` interrupts is walked again.
pub(crate) async fn handle(parts: &Parts, event: Value, end: Instant) -> Result<Done, Error> {
    let order = Order::read(event)?;
    let now = Timestamp::now();
    let (cutoff, unconfirmed_cutoff) = (order.cutoff(now), order.unconfirmed_cutoff(now));
    let run = Run { parts, dry: order.dry_run, now, cutoff, unconfirmed_cutoff };
    let mut report = Report::default();
    let mut position = Some(order.from()?);
    while let Some(at) = position.take_if(|_| Instant::now() < end) {
        let seen = Seen::default();
        let Ok(next) = timeout_at(end, Box::pin(run.page(&at, &seen))).await else {
            position = Some(at);
            report.add_repaired(seen);
            break;
        };
        position = next?;
        report.add(seen);
    }
    let next = position.as_ref().map(Position::encode).transpose()?;
    Ok(Done { detail: report.counts(&order, next.is_some()), answer: report.answer(&order, next), failed: false })
}

impl Run<'_> {
    /// Walks a page; none follows the last one of the table.
    async fn page(&self, position: &Position, seen: &Seen) -> Result<Option<Position>, Error> {
        match position {
            Position::Objects { after } => self.page_of_objects(after.as_deref(), seen).await.map(Some),
            Position::Records { after, judged } => self.page_of_records(after.as_ref(), *judged, seen).await,
        }
    }
}

#[cfg(test)]
mod tests;
