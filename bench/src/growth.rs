//! How the deployed app grows: a page of the list and a search call beside more and more todos, and more and more
//! clients at once. The emulator's own time is most of every call, so that these figures show growth, not speed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tests::{Deployment, User};
use uuid::Uuid;

use crate::case::{Case, Programs, Side};
use crate::dynamodb::{Cost, Endpoint, Recorder};
use crate::environment::Environment;
use crate::figures::{Table, megabytes, milliseconds, number, percentile};

/// Todos of a user.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Calls over HTTP for each figure.
const CALLS: usize = 20;
/// Clients at the same time.
const CLIENTS: [usize; 3] = [1, 8, 32];
/// Todos of the user whom the clients are.
const CLIENTS_TODOS: usize = 1_000;
/// How long each number of clients calls.
const SPELL: Duration = Duration::from_secs(4);
/// What was measured beside so many todos.
struct Row {
    page: Cost,
    page_time: Duration,
    search: Cost,
    search_time: Duration,
}

/// The most that one query reads, in bytes of items, but for the item that takes it there (Amazon DynamoDB Developer Guide,
/// "Paginating table query results").
const MOST: usize = 1 << 20;

/// Measures and tells; `false` where a page examines more beside more todos, or a search more than one query may.
pub(crate) fn run(programs: &mut Programs, tell: impl Fn(&str)) -> anyhow::Result<bool> {
    let deployment = Deployment::get();
    let endpoint = Endpoint {
        url: deployment.output("aws", "endpoint").to_owned(),
        region: deployment.output("aws", "region").to_owned(),
    };
    let recorder = Recorder::start(endpoint.clone())?;
    programs.endpoint = recorder.url();
    let mut table = Table::new(
        "growth: one page of 50, and one search call that finds nothing",
        &["todos", "page examines", "answer, kB", "p50, ms", "search examines", "answer, kB", "p50, ms"],
    );
    let mut rows = Vec::new();
    for size in SIZES {
        let user = User::new("growth");
        endpoint.put_all(deployment.output("todos", "TableName"), &todos(&user.sub, size))?;
        let row = measure(&user, programs, &recorder).with_context(|| format!("with {size} todos"))?;
        table.row(&cells(size, &row));
        rows.push(row);
    }
    tell(&table.text());
    let user = User::new("clients");
    endpoint.put_all(deployment.output("todos", "TableName"), &todos(&user.sub, CLIENTS_TODOS))?;
    tell(&clients(&user)?);
    let sizes: Vec<usize> = todos(&user.sub, CLIENTS_TODOS).iter().map(size).collect();
    // The first page is the smallest list's whole.
    let [_, full @ ..] = &rows[..] else { bail!("no sizes to compare") };
    let pages: Vec<u64> = full.iter().map(|row| row.page.examined).collect();
    Ok(is_bounded(&pages, rows.iter().map(|row| row.search.examined).max().unwrap_or(u64::MAX), &sizes))
}

/// Whether every page examines the same, and a search no more items than fit into a query that ends with the item that makes
/// it full, were all of them as small as the smallest.
fn is_bounded(pages: &[u64], search: u64, sizes: &[usize]) -> bool {
    let (Some(smallest), Some(largest)) = (sizes.iter().min(), sizes.iter().max()) else { return false };
    let same = pages.windows(2).all(|two| two[0] == two[1]);
    same && search.saturating_mul(*smallest as u64) <= (MOST + largest) as u64
}

/// An item's size as DynamoDB counts it: names and values, a truth value as one byte (Amazon DynamoDB Developer Guide, "DynamoDB
/// item sizes and formats").
fn size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + value["S"].as_str().map_or(1, str::len)).sum()
}

fn cells(size: usize, row: &Row) -> [String; 7] {
    let kilobytes = |cost: &Cost| number(megabytes(cost.bytes) * 1e3);
    [
        size.to_string(),
        row.page.examined.to_string(),
        kilobytes(&row.page),
        number(milliseconds(row.page_time)),
        row.search.examined.to_string(),
        kilobytes(&row.search),
        number(milliseconds(row.search_time)),
    ]
}

/// The cost is that of the release binary's own query, written down between it and the emulator's table; the time is
/// that of the deployed app.
fn measure(user: &User, programs: &Programs, recorder: &Recorder) -> anyhow::Result<Row> {
    let cost = |query: &str| {
        let case = Case::list(&user.sub, query, Deployment::get().output("todos", "TableName"));
        Environment::start(&case, case.command(Side::Ours, programs), 1)?.cold()?;
        let costs = recorder.take();
        ensure!(costs.len() == 1, "a page took {} queries", costs.len());
        Ok(costs[0])
    };
    let time = |query: &str| {
        // Not counted: the emulator may have to start the function.
        page(user, query)?;
        let mut times = (0..CALLS).map(|_| page(user, query)).collect::<anyhow::Result<Vec<_>>>()?;
        times.sort_unstable();
        Ok::<_, anyhow::Error>(percentile(&times, 50))
    };
    let search = "search=nowhere";
    Ok(Row { page: cost("")?, page_time: time("")?, search: cost(search)?, search_time: time(&format!("?{search}"))? })
}

/// How long one call took.
fn page(user: &User, query: &str) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let answer = user.todos("GET", query).exchange();
    let time = start.elapsed();
    ensure!(answer.status == 200, "the app answered {} after {time:?}: {}", answer.status, answer.text());
    Ok(time)
}

/// Pages over HTTP, by several clients at once.
fn clients(user: &User) -> anyhow::Result<String> {
    let mut table = Table::new("pages over HTTP", &["clients", "calls/s", "p50, ms", "p99, ms"]);
    for number_of in CLIENTS {
        let over = AtomicBool::new(false);
        let work = || {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                times.push(page(user, "")?);
            }
            Ok::<_, anyhow::Error>(times)
        };
        let mut times = thread::scope(|scope| {
            let all: Vec<_> = (0..number_of).map(|_| scope.spawn(work)).collect();
            thread::sleep(SPELL);
            over.store(true, Ordering::Relaxed);
            let joined = all.into_iter().map(|one| one.join().unwrap_or_else(|_| bail!("a client failed")));
            joined.collect::<anyhow::Result<Vec<_>>>()
        })?
        .concat();
        times.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = times.len() as f64 / SPELL.as_secs_f64();
        let [p50, p99] = [50, 99].map(|percent| number(milliseconds(percentile(&times, percent))));
        table.row(&[number_of.to_string(), number(rate), p50, p99]);
    }
    Ok(table.text())
}

/// Todos of ordinary length as the service stores them.
fn todos(user: &str, number: usize) -> Vec<Value> {
    (0..number)
        .map(|number| {
            let id = Uuid::now_v7();
            let due = format!("2026-{:02}-{:02}", 1 + number % 12, 1 + number % 28);
            json!({
                "userID": {"S": user},
                "todoID": {"S": id},
                "listOrder": {"S": format!("0#{due}#{:032x}", !id.as_u128())},
                "title": {"S": format!("Call the garage about the winter tyres, {number}")},
                "description": {"S": "Ask for a date in the first week of December, and whether the old ones can stay."},
                "notes": {"S": ""},
                "dateDue": {"S": due},
                "dateCreated": {"S": "2026-11-23T12:00:00.000Z"},
                "completed": {"BOOL": false},
            })
        })
        .collect()
}

#[cfg(test)]
mod laws {
    use super::*;

    #[test]
    fn a_page_that_grows_or_a_search_beyond_one_query_is_no_target_kept() {
        let sizes = [1_000, 1_048];
        assert!(is_bounded(&[51, 51, 51], 1_049, &sizes));
        assert!(!is_bounded(&[51, 52, 51], 1_049, &sizes));
        assert!(!is_bounded(&[51, 51, 52], 1_049, &sizes));
        assert!(!is_bounded(&[51, 51, 51], 1_050, &sizes));
        assert!(!is_bounded(&[51, 51, 51], 1, &[]));
    }

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        assert_eq!(size(&json!({"ab": {"S": "cde"}, "f": {"BOOL": true}})), 7);
    }
}
