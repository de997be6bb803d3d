//! The order of a long list across its pages, with writers at work between them. A program of its own: a page of ten
//! thousand todos takes the emulator, which does one thing at a time, longer than other tests' functions would wait for.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tests::User;
use tests::place::{Placed, seed, stored};
use uuid::Uuid;

const TODOS: usize = 10_000;

/// Ten thousand todos: dates that many share, undated ones, done ones. Every 97th has a word of its own, and one that only
/// undated ones have lies at the end of the open ones.
fn ten_thousand() -> Vec<(Placed, String)> {
    let todo = |number: usize| {
        let (month, day) = (number % 12 + 1, number % 28 + 1);
        let due = if number.is_multiple_of(7) { String::new() } else { format!("2031-{month:02}-{day:02}") };
        let title = match number {
            n if n.is_multiple_of(97) => "Seeded with a Nädel (97)",
            n if n.is_multiple_of(7) => "Seeded without a date",
            _ => "Seeded to be long, so that a query's megabyte ends well before the list does, again and again",
        };
        (Placed { id: Uuid::now_v7(), due, completed: number.is_multiple_of(5) }, title.to_owned())
    };
    (0..TODOS).map(todo).collect()
}

/// The list as it should be: places in order.
type Model = BTreeMap<String, Placed>;

/// Which todo a write is for: some way from where the walk is, or anywhere.
#[derive(Debug, Clone)]
enum Target {
    Near(i8),
    Anywhere(u16),
}

#[derive(Debug, Clone)]
enum Write {
    Add(Option<u8>),
    Complete(Target, bool),
    Redate(Target, Option<u8>),
    Retitle(Target),
    Delete(Target),
}

fn writes() -> impl Strategy<Value = Write> {
    let target = || prop_oneof![any::<i8>().prop_map(Target::Near), any::<u16>().prop_map(Target::Anywhere)];
    let day = || proptest::option::of(0_u8..28);
    prop_oneof![
        day().prop_map(Write::Add),
        (target(), any::<bool>()).prop_map(|(target, completed)| Write::Complete(target, completed)),
        (target(), day()).prop_map(|(target, day)| Write::Redate(target, day)),
        target().prop_map(Write::Retitle),
        target().prop_map(Write::Delete),
    ]
}

/// The todo that a target is, seen from a place.
fn pick(model: &Model, at: &str, target: &Target) -> Placed {
    let found = match *target {
        Target::Anywhere(number) => model.values().nth(usize::from(number) % model.len()),
        Target::Near(steps @ 0..) => {
            model.range(at.to_owned()..).nth(steps.unsigned_abs().into()).map(|(_, todo)| todo)
        }
        Target::Near(steps) => {
            model.range(..at.to_owned()).rev().nth(steps.unsigned_abs().into()).map(|(_, todo)| todo)
        }
    };
    found.or_else(|| model.values().next()).unwrap().clone()
}

fn date(day: Option<u8>) -> String {
    day.map_or(String::new(), |day| format!("2031-06-{:02}", day + 1))
}

/// Writes through the API and into the model; gives the todo whose place may have changed.
fn apply(user: &User, model: &mut Model, at: &str, write: &Write) -> Option<Uuid> {
    let path = |todo: &Placed, tail: &str| format!("/{}{tail}", todo.id);
    let (before, answer) = match write {
        Write::Add(day) => {
            let todo = Placed::of(&user.add(&json!({"title": "Added between two pages", "dateDue": date(*day)})));
            model.insert(todo.key(), todo.clone());
            return Some(todo.id);
        }
        Write::Delete(target) => {
            let todo = pick(model, at, target);
            assert_eq!(user.todos("DELETE", &path(&todo, "/delete")).send().status, 204);
            model.remove(&todo.key());
            return Some(todo.id);
        }
        Write::Retitle(target) => {
            let todo = pick(model, at, target);
            let _ =
                user.todos("PATCH", &path(&todo, "")).json(&json!({"title": "Seeded and renamed"})).send().expect(200);
            return None;
        }
        Write::Complete(target, completed) => {
            let todo = pick(model, at, target);
            let call = user.todos("POST", &path(&todo, "/complete")).json(&json!({"completed": completed}));
            (todo, call.send().expect(200))
        }
        Write::Redate(target, day) => {
            let todo = pick(model, at, target);
            let call = user.todos("PATCH", &path(&todo, "")).json(&json!({"dateDue": date(*day)}));
            (todo, call.send().expect(200))
        }
    };
    let after = Placed::of(&answer);
    model.remove(&before.key());
    model.insert(after.key(), after);
    Some(before.id)
}

/// What chance may never hit: the very todo that the cursor names goes, or moves, and so do its neighbours; what was seen comes
/// again behind the walk, what was not goes before it.
fn nasty() -> Vec<(usize, Vec<Write>)> {
    use Target::{Anywhere, Near};
    vec![
        (1, vec![Write::Delete(Near(0)), Write::Delete(Near(1))]),
        (97, vec![Write::Complete(Near(0), false), Write::Redate(Near(1), Some(0)), Write::Add(None)]),
        (100, vec![Write::Redate(Near(0), None), Write::Redate(Near(-1), Some(27)), Write::Retitle(Near(0))]),
        (2, vec![Write::Complete(Anywhere(0), true), Write::Complete(Near(-2), false), Write::Add(Some(0))]),
    ]
}

/// Walks the list while the script writes, or only its done part. Each page must be what the model has next, at that
/// moment.
fn walk(user: &User, model: &mut Model, done: bool, script: &[(usize, Vec<Write>)]) {
    let start: BTreeSet<Uuid> = model.values().filter(|todo| todo.completed || !done).map(|todo| todo.id).collect();
    let filter = if done { "&completed=true" } else { "" };
    let (mut moved, mut seen) = (BTreeSet::new(), Vec::new());
    let (mut at, mut cursor) = (String::new(), String::new());
    for (limit, writes) in script.iter().cycle() {
        let page = user.list(&format!("?limit={limit}{filter}{cursor}"));
        let todos: Vec<Placed> = page["todos"].as_array().unwrap().iter().map(Placed::of).collect();
        let next = model.range(at.clone()..).filter(|(key, todo)| **key > at && (todo.completed || !done));
        assert_eq!(todos, next.take(*limit).map(|(_, todo)| todo.clone()).collect::<Vec<_>>());
        seen.extend(todos.iter().map(|todo| todo.id));
        at = todos.last().map_or(at, Placed::key);
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        moved.extend(writes.iter().filter_map(|write| apply(user, model, &at, write)));
    }
    // The law: whoever stays in place appears exactly once.
    let mut counts: BTreeMap<Uuid, usize> = BTreeMap::new();
    for id in seen {
        *counts.entry(id).or_default() += 1;
    }
    let stayed: Vec<&Uuid> = start.difference(&moved).collect();
    assert!(stayed.len() > start.len() / 2 && !moved.is_empty());
    for id in stayed {
        assert_eq!(counts.get(id), Some(&1), "{id}");
    }
}

/// All pages of a search, in order, and how many were empty.
fn search(user: &User, query: &str) -> (Vec<Value>, usize) {
    let (mut found, mut empty, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = user.list(&format!("?{query}{cursor}"));
        let todos = page["todos"].as_array().unwrap();
        empty += usize::from(todos.is_empty());
        found.extend(todos.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (found, empty),
        }
    }
}

#[test]
fn a_todo_that_was_added_is_stored_like_a_seeded_one() {
    let user = User::new("shape");
    let todo = user.add(&json!({"title": "as stored", "dateDue": "2031-01-01"}));
    let placed = Placed::of(&todo);
    let expected = placed.item(&user.sub, "as stored", todo["dateCreated"].as_str().unwrap());
    assert_eq!(stored(&user, todo["todoID"].as_str().unwrap()), expected);
}

#[test]
fn ten_thousand_todos_keep_their_order_across_pages_while_others_write() {
    let user = User::new("many");
    let todos = ten_thousand();
    seed(&user, &todos);
    searches_find_every_match_once(&user, &todos);
    let mut model: Model = todos.into_iter().map(|(todo, _)| (todo.key(), todo)).collect();
    walk(&user, &mut model, true, &nasty());
    // The emulator reads the whole partition for every page, 0.1 to 0.2 s: so the pages are mostly large, one walk goes over
    // the whole list, and the others over the 2,000 that are done.
    let limit = || prop_oneof![1 => 1_usize..20, 29 => 97_usize..=100];
    let script = || vec((limit(), vec(writes(), 0..3)), 20..40);
    let model = std::cell::RefCell::new(&mut model);
    for (done, cases) in [(false, 1), (true, 2)] {
        let config = Config { cases, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
        let walked = TestRunner::new(config).run(&script(), |script| {
            walk(&user, &mut model.borrow_mut(), done, &script);
            Ok(())
        });
        walked.unwrap();
    }
}

fn searches_find_every_match_once(user: &User, todos: &[(Placed, String)]) {
    let cases = [
        ("n%C3%84DEL", "Nädel", None),
        ("N%C3%A4del+%2897%29", "Nädel", Some(true)),
        ("a+DATE", "a date", Some(false)),
        ("nothing+like+it", "nothing like it", None),
    ];
    for (keyword, word, completed) in cases {
        let wanted = |(todo, title): &&(Placed, String)| {
            title.contains(word) && completed.is_none_or(|completed| todo.completed == completed)
        };
        let mut expected: Vec<&Placed> = todos.iter().filter(wanted).map(|(todo, _)| todo).collect();
        expected.sort_by_key(|todo| todo.key());
        let filter = completed.map_or(String::new(), |completed| format!("&completed={completed}"));
        let (found, empty) = search(user, &format!("search={keyword}{filter}&limit=70"));
        assert_eq!(found.iter().map(Placed::of).collect::<Vec<_>>(), expected.into_iter().cloned().collect::<Vec<_>>());
        // Dated todos come first and are more than a megabyte, so the first page has no undated one.
        assert!(empty > 0 || !["a date", "nothing like it"].contains(&word), "{word}: {empty} empty pages");
    }
}
