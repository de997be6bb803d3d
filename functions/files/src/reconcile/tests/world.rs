//! The state behind the mocks. Pages are tiny, so that every walk has several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ErrorMetadata;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock_client};
use serde_json::Value;
use shared::clock;
use shared::item::{Item, number, string};
use uuid::Uuid;

use super::super::*;
use crate::folder::Folder;

mod calls;

/// The length of every file.
const SIZE: i64 = 5;

/// What happens between two calls of a run.
type Meanwhile = Box<dyn FnOnce(&mut State) + Send>;

#[derive(Default)]
pub(super) struct State {
    /// Key → epoch seconds of its last change.
    pub(super) objects: BTreeMap<String, i64>,
    /// Partition and sort key → item.
    pub(super) records: BTreeMap<(String, String), Item>,
    pub(super) todos: BTreeSet<String>,
    /// Folders that the purge was asked for.
    pub(super) purges: Vec<String>,
    /// Every write, by its call's name.
    pub(super) writes: Vec<&'static str>,
    /// Calls of all kinds.
    pub(super) calls: usize,
    /// A call and the class of errors that it is answered with.
    refused: Option<(&'static str, &'static str)>,
    meanwhile: Option<(&'static str, Meanwhile)>,
    /// From this call on every call lasts until then.
    slow: Option<(usize, Instant)>,
}

#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<State>>);

/// The folder of a number.
pub(super) fn folder(number: u128) -> Folder {
    Folder::parse("alice", &Uuid::from_u128(number).to_string()).expect("a folder")
}

pub(super) fn key(folder_number: u128, file: u128) -> String {
    folder(folder_number).object_key(Uuid::from_u128(file))
}

/// A day and an hour ago, with the default grace old enough for everything.
pub(super) fn long_ago() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() - 25 * 60 * 60).expect("a time")
}

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("a lock")
    }

    pub(super) fn todo(&self, number: u128) -> &Self {
        self.state().todos.insert(folder(number).partition());
        self
    }

    pub(super) fn object(&self, key: &str, modified: Timestamp) -> &Self {
        self.state().objects.insert(key.to_owned(), modified.as_second());
        self
    }

    /// A record with these attributes beside its key and date.
    pub(super) fn record(
        &self,
        folder_number: u128,
        file: u128,
        status: &str,
        since: Timestamp,
        expires: Option<i64>,
    ) -> &Self {
        let sort = Uuid::from_u128(file).to_string();
        let mut item = Item::from([
            ("fileName".to_owned(), string("a")),
            ("contentType".to_owned(), string("a/b")),
            ("sha256".to_owned(), string("hash")),
            ("size".to_owned(), number(SIZE)),
            ("status".to_owned(), string(status)),
            ("dateUploaded".to_owned(), string(clock::rfc3339(since))),
        ]);
        item.extend(expires.map(|expires| ("expiresAt".to_owned(), number(expires))));
        self.item(&folder(folder_number).partition(), &sort, item)
    }

    pub(super) fn item(&self, partition: &str, sort: &str, mut item: Item) -> &Self {
        item.extend([("ownerTodo".to_owned(), string(partition)), ("fileID".to_owned(), string(sort))]);
        self.state().records.insert((partition.to_owned(), sort.to_owned()), item);
        self
    }

    pub(super) fn available(&self, folder_number: u128, file: u128) -> &Self {
        self.record(folder_number, file, "available", long_ago(), None)
    }

    /// A file as it should be.
    pub(super) fn file(&self, folder_number: u128, file: u128) -> &Self {
        self.todo(folder_number).available(folder_number, file).object(&key(folder_number, file), long_ago())
    }

    /// Refuses every call of this name with an error of this class.
    pub(super) fn refuse(&self, call: &'static str, class: &'static str) -> &Self {
        self.state().refused = Some((call, class));
        self
    }

    /// Lets something happen right before the first call of this name is answered.
    pub(super) fn before(&self, call: &'static str, meanwhile: impl FnOnce(&mut State) + Send + 'static) -> &Self {
        self.state().meanwhile = Some((call, Box::new(meanwhile)));
        self
    }

    pub(super) async fn run(&self, event: Value) -> Result<Value, Error> {
        self.run_until(event, usize::MAX, Duration::from_mins(1)).await
    }

    /// A run that has this much time, and whose calls after the first `quick` ones never end in time.
    pub(super) async fn run_until(&self, event: Value, quick: usize, time: Duration) -> Result<Value, Error> {
        let end = Instant::now() + time;
        let first_slow = self.state().calls.saturating_add(quick);
        self.state().slow = Some((first_slow, end));
        let table: Vec<Rule> = self.table();
        let table: Vec<&Rule> = table.iter().collect();
        let bucket: Vec<Rule> = self.bucket();
        let bucket: Vec<&Rule> = bucket.iter().collect();
        let queue = self.queue();
        let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, &table, |config| {
            config.retry_config(RetryConfig::disabled())
        });
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, &bucket, |config| {
            config.retry_config(RetryConfig::disabled())
        });
        let parts = Parts {
            store: Store::new(dynamodb.clone(), "files".into()),
            objects: Objects::new(s3, "bucket".into()),
            todos: Todos::new(dynamodb, "todos".into()),
            purges: Queue::new(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&queue]), "http://queue".into()),
        };
        handle(&parts, event, end).await.map(|done| done.answer)
    }

    /// Answers calls of this name from the state.
    fn answer<I: 'static, O: 'static, E: 'static>(
        &self,
        name: &'static str,
        refuse: fn(ErrorMetadata) -> E,
        answer: fn(&mut State, &I) -> MockResponse<O, E>,
    ) -> impl Fn(&I) -> MockResponse<O, E> + Send + Sync + 'static {
        let world = self.clone();
        move |input| {
            let mut state = world.state();
            state.calls += 1;
            if let Some((_, end)) = state.slow.filter(|(first, _)| state.calls > *first) {
                std::thread::sleep(end.saturating_duration_since(Instant::now()));
            }
            if let Some((_, class)) = state.refused.filter(|(call, _)| *call == name) {
                return MockResponse::Error(refuse(ErrorMetadata::builder().code(class).build()));
            }
            if let Some((_, meanwhile)) = state.meanwhile.take_if(|(call, _)| *call == name) {
                meanwhile(&mut state);
            }
            answer(&mut state, input)
        }
    }
}
