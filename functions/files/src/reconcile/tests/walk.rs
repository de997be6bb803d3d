//! Runs that end before their work does.

use std::time::Duration;

use super::findings::{found, one_of_each};
use super::world::{folder, key, long_ago};
use super::*;

/// Time for a first run whose first calls are quick.
const SHORT: Duration = Duration::from_millis(4);

/// A world whose folders reach over pages.
fn large() -> World {
    let world = one_of_each();
    for file in 10..=17 {
        world.file(2, file).available(8, file).object(&key(8, file), long_ago());
    }
    world.record(8, 1, "pending", long_ago(), Some(i64::MAX)).record(8, 9, "pending", long_ago(), Some(i64::MAX));
    world
}

/// Runs until nothing is left to do, each run with `quick` quick calls and slow ones after that; all answers.
async fn until_done(world: &World, dry: bool, quick: usize) -> Vec<Value> {
    let mut event = json!({"dryRun": dry});
    let mut answers = Vec::new();
    loop {
        // Later runs have more time, so that one that gets nowhere is not the last word.
        let runs = u32::try_from(answers.len()).expect("a count");
        let answer =
            world.run_until(event.clone(), quick + answers.len(), SHORT * (1 + runs / 8)).await.expect("an answer");
        let next = answer.get("next").cloned();
        answers.push(answer);
        match next {
            Some(next) => event["from"] = next,
            None => return answers,
        }
    }
}

fn sum(answers: &[Value]) -> ([u64; 3], [u64; 3], usize) {
    let each = |one: &Value| ["objects", "records", "todos"].map(|name| one["examined"][name].as_u64().unwrap_or(99));
    let add = |sums: [u64; 3], one: [u64; 3]| [sums[0] + one[0], sums[1] + one[1], sums[2] + one[2]];
    let examined = answers.iter().map(each).fold([0; 3], add);
    let named = answers.iter().map(|one| one["findings"].as_array().map_or(0, Vec::len)).sum();
    (examined, answers.iter().map(found).fold([0; 3], add), named)
}

#[tokio::test]
async fn a_run_without_time_does_nothing_and_says_where_to_begin() {
    let world = one_of_each();
    let answer = world.run_until(json!({"dryRun": false}), 0, Duration::ZERO).await.expect("an answer");
    assert_eq!((&answer["examined"]["objects"], found(&answer)), (&json!(0), [0, 0, 0]));
    assert_eq!(world.state().calls, 0);
    let answer = world.run(json!({"from": answer["next"]})).await.expect("an answer");
    assert_eq!(found(&answer), [1, 1, 1]);
}

#[tokio::test]
async fn interrupted_anywhere_all_runs_together_see_everything_exactly_once() {
    let whole = large().run(json!({})).await.expect("an answer");
    assert_eq!(found(&whole), [1, 1, 2]);
    for quick in 1..16 {
        let answers = until_done(&large(), true, quick).await;
        assert_eq!(sum(&answers), sum(std::slice::from_ref(&whole)), "{quick} calls");
    }
}

#[tokio::test]
async fn interrupted_anywhere_everything_is_repaired_and_nothing_else() {
    for quick in 1..16 {
        let world = large();
        until_done(&world, false, quick).await;
        let state = world.state();
        assert_eq!((state.objects.len(), state.records.len()), (25, 27), "{quick} calls");
        assert!(!state.objects.contains_key(&key(2, 9)));
        for number in [7, 8] {
            assert!(
                state.purges.iter().any(|body| body.contains(&folder(number).todo_id.to_string())),
                "{quick} calls"
            );
        }
    }
}
