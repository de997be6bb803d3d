//! What a run has seen, found and repaired: for the operator with keys, for the log without.

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::order::Order;

/// Findings that an answer names.
const NAMED: usize = 20;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// It has arrived as announced, and its record does not say so.
    UnconfirmedUpload,
    ObjectWithoutRecord,
    RecordWithoutObject,
    /// Counted per todo.
    FilesWithoutTodo,
}

impl Finding {
    const ALL: [Self; 4] =
        [Self::UnconfirmedUpload, Self::ObjectWithoutRecord, Self::RecordWithoutObject, Self::FilesWithoutTodo];

    fn name(self) -> &'static str {
        match self {
            Self::UnconfirmedUpload => "unconfirmedUpload",
            Self::ObjectWithoutRecord => "objectWithoutRecord",
            Self::RecordWithoutObject => "recordWithoutObject",
            Self::FilesWithoutTodo => "filesWithoutTodo",
        }
    }

    /// The name of its count.
    fn plural(self) -> &'static str {
        match self {
            Self::UnconfirmedUpload => "unconfirmedUploads",
            Self::ObjectWithoutRecord => "objectsWithoutRecord",
            Self::RecordWithoutObject => "recordsWithoutObject",
            Self::FilesWithoutTodo => "filesWithoutTodo",
        }
    }
}

/// What was looked at.
#[derive(Debug, Default, Clone, Copy)]
struct Examined {
    objects: usize,
    records: usize,
    todos: usize,
    /// Objects and items that no version of this service can have written, and that are left alone.
    foreign: usize,
}

#[derive(Debug)]
struct Found {
    finding: Finding,
    key: String,
    repaired: bool,
}

/// One page, noted by all that work on it.
#[derive(Debug, Default)]
pub(super) struct Seen(RefCell<(Examined, Vec<Found>)>);

impl Seen {
    pub(super) fn objects(&self, count: usize) {
        self.0.borrow_mut().0.objects += count;
    }

    pub(super) fn records(&self, count: usize) {
        self.0.borrow_mut().0.records += count;
    }

    pub(super) fn todos(&self, count: usize) {
        self.0.borrow_mut().0.todos += count;
    }

    pub(super) fn foreign(&self, count: usize) {
        self.0.borrow_mut().0.foreign += count;
    }

    pub(super) fn found(&self, finding: Finding, keys: Vec<String>, repaired: bool) {
        self.0.borrow_mut().1.extend(keys.into_iter().map(|key| Found { finding, key, repaired }));
    }
}

/// The whole run.
#[derive(Debug, Default)]
pub(super) struct Report {
    examined: Examined,
    counts: [usize; Finding::ALL.len()],
    repaired: usize,
    named: Vec<Value>,
}

impl Report {
    /// Adds a page that was walked to its end.
    pub(super) fn add(&mut self, seen: Seen) {
        let (examined, found) = seen.0.into_inner();
        self.examined.objects += examined.objects;
        self.examined.records += examined.records;
        self.examined.todos += examined.todos;
        self.examined.foreign += examined.foreign;
        self.find(found);
    }

    /// Adds what a page that is to be walked again will not find again.
    pub(super) fn add_repaired(&mut self, seen: Seen) {
        let (_, found) = seen.0.into_inner();
        self.find(found.into_iter().filter(|one| one.repaired).collect());
    }

    fn find(&mut self, found: Vec<Found>) {
        for Found { finding, key, repaired } in found {
            self.counts[finding as usize] += 1;
            self.repaired += usize::from(repaired);
            if self.named.len() < NAMED {
                self.named.push(json!({"finding": finding.name(), "key": key}));
            }
        }
    }

    /// What the operator is told.
    pub(super) fn answer(self, order: &Order, next: Option<String>) -> Value {
        let mut answer = self.told(order);
        answer.insert("findings".to_owned(), Value::Array(self.named));
        answer.extend(next.map(|next| ("next".to_owned(), Value::String(next))));
        Value::Object(answer)
    }

    /// What the log is told: nobody's keys.
    pub(super) fn counts(&self, order: &Order, unfinished: bool) -> Value {
        let mut counts = self.told(order);
        // Numbers become metrics: the findings shall, the order shall not.
        counts.shift_remove("olderThan");
        if let Some(Value::Object(found)) = counts.shift_remove("found") {
            counts.extend(found);
        }
        counts.insert("unfinished".to_owned(), Value::Bool(unfinished));
        Value::Object(counts)
    }

    fn told(&self, order: &Order) -> Map<String, Value> {
        let Examined { objects, records, todos, foreign } = self.examined;
        let found = Finding::ALL.map(|finding| (finding.plural().to_owned(), json!(self.counts[finding as usize])));
        Map::from_iter([
            ("dryRun".to_owned(), json!(order.dry_run)),
            ("olderThan".to_owned(), json!(order.older_than)),
            (
                "examined".to_owned(),
                json!({"objects": objects, "records": records, "todos": todos, "foreign": foreign}),
            ),
            ("found".to_owned(), Value::Object(Map::from_iter(found))),
            ("repaired".to_owned(), json!(self.repaired)),
        ])
    }
}
