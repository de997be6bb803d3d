//! Every state a stack can be found in, and every way in which an operation can end.

use std::collections::BTreeMap;

use super::super::stack::{Outcome, Policy};
use super::super::status::ROWS;
use super::{STACK, World, run, template, wanted};
use crate::aws::stacks::{StackInput, Template};
use crate::error::{Exit, exit_of, hints};

const USUAL: Policy = Policy { protect: false, keep: false };

#[tokio::test]
async fn every_status_that_cloudformation_has_leads_to_the_wanted_stack_or_to_a_person() {
    let update = ["UPDATE new", "execute"];
    let create = ["CREATE new", "execute"];
    for row in ROWS {
        let mut world = World::at(row.status);
        world.event("", STACK, "CREATE_IN_PROGRESS", "");
        let expected: Vec<&str> = match row.status {
            "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => create.to_vec(),
            "DELETE_IN_PROGRESS" => {
                world.moves.extend([Some(row.status), None]);
                create.to_vec()
            }
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_FAILED" => [&["delete"], create.as_slice()].concat(),
            "UPDATE_ROLLBACK_FAILED" => [&["continue"], update.as_slice()].concat(),
            "IMPORT_ROLLBACK_FAILED" => vec![],
            "ROLLBACK_IN_PROGRESS" => {
                world.moves.extend([Some(row.status), Some("ROLLBACK_COMPLETE")]);
                [&["delete"], create.as_slice()].concat()
            }
            status if status.ends_with("_IN_PROGRESS") => {
                world.moves.extend([Some(status), Some("UPDATE_COMPLETE")]);
                update.to_vec()
            }
            _ => update.to_vec(),
        };
        let (calls, result) = run(world, &wanted(None), USUAL, true).await;
        assert_eq!(calls, expected, "{}", row.status);
        assert_eq!(result.is_ok(), row.status != "IMPORT_ROLLBACK_FAILED", "{}: {result:?}", row.status);
    }
}

#[tokio::test]
async fn a_rollback_that_fails_again_is_never_skipped_by_yes_alone() {
    let mut world = World::at("UPDATE_ROLLBACK_FAILED");
    world.event("t", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", "");
    world.event("t", "Table", "UPDATE_FAILED", "it is gone");
    world.ends.push_back((
        Some("UPDATE_ROLLBACK_FAILED"),
        &[("Table", "UPDATE_FAILED", "it is gone"), ("Api", "UPDATE_FAILED", "Resource update cancelled")],
    ));
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    let error = result.unwrap_err();
    assert_eq!((calls, exit_of(&error)), (vec!["continue".to_owned()], Exit::Declined));
    let hint = hints(&error).next().unwrap();
    assert!(
        hint.ends_with("continue-update-rollback --stack-name demo-dev-orders --resources-to-skip Table"),
        "{hint}"
    );
}

#[tokio::test]
async fn without_a_yes_and_a_terminal_a_failed_rollback_is_left_alone() {
    let (calls, result) = run(World::at("UPDATE_ROLLBACK_FAILED"), &wanted(None), USUAL, false).await;
    assert_eq!((calls.len(), exit_of(&result.unwrap_err())), (0, Exit::Declined));
}

#[tokio::test]
async fn the_failed_deletion_of_a_stack_that_was_whole_is_left_to_destroy() {
    let good = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"];
    // The last one is a stack whose beginning is older than what CloudFormation tells.
    for status in good.into_iter().chain([""]) {
        let mut world = World::at("DELETE_FAILED");
        if !status.is_empty() {
            world.event("c", STACK, "CREATE_IN_PROGRESS", "");
            world.event("c", STACK, status, "");
        }
        world.event("d", STACK, "DELETE_IN_PROGRESS", "");
        world.event("d", "Bucket", "DELETE_FAILED", "not empty");
        let (calls, result) = run(world, &wanted(None), USUAL, true).await;
        let error = result.unwrap_err();
        assert!(
            calls.is_empty() && error.to_string().contains("Bucket (AWS::X::Y) DELETE_FAILED: not empty"),
            "{error}"
        );
        assert!(hints(&error).next().unwrap().contains("cargo xtask destroy --env dev"));
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_left_behind_only_by_a_person() {
    let mut world = World::at("ROLLBACK_FAILED");
    let fails: (_, &[_]) = (Some("DELETE_FAILED"), &[("Table", "DELETE_FAILED", "guarded")]);
    world.ends.extend([fails, fails]);
    world.event("c", STACK, "CREATE_IN_PROGRESS", "");
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    let error = result.unwrap_err();
    assert_eq!((calls, exit_of(&error)), (vec!["delete".to_owned(), "delete".to_owned()], Exit::Declined));
    assert!(hints(&error).next().unwrap().ends_with("--retain-resources Table"));
}

#[tokio::test]
async fn termination_protection_is_as_the_environment_wants_it_in_both_directions() {
    for (protect, protected, expected) in [
        (true, true, None),
        (false, false, None),
        (true, false, Some("protect true")),
        (false, true, Some("protect false")),
    ] {
        let world = World { protected, template: template("new"), ..World::at("CREATE_COMPLETE") };
        let input = StackInput { tags: BTreeMap::new(), ..wanted(None) };
        let (calls, result) = run(world, &input, Policy { protect, ..USUAL }, true).await;
        let outcome = if expected.is_some() { Outcome::Protection } else { Outcome::Unchanged };
        assert_eq!(result.unwrap().outcome, outcome);
        assert_eq!(calls.first().map(String::as_str), expected, "{protect} {protected}");
    }
}

#[tokio::test]
async fn data_is_guarded_once_the_stack_is_whole_and_not_before() {
    let input = wanted(Some("unguarded"));
    let (calls, result) = run(World::default(), &input, USUAL, true).await;
    assert_eq!(calls, ["CREATE unguarded", "execute", "UPDATE new", "execute"]);
    assert_eq!(result.unwrap().outcome, Outcome::Created);
    // Killed in between, the next run guards it.
    let (calls, _) =
        run(World { template: template("unguarded"), ..World::at("CREATE_COMPLETE") }, &input, USUAL, true).await;
    assert_eq!(calls, ["UPDATE new", "execute"]);
    // A creation that fails is taken back, and made again without guards.
    let failing: (_, &[_]) = (Some("ROLLBACK_COMPLETE"), &[("Api", "CREATE_FAILED", "no")]);
    let failed = World { ends: [failing].into(), ..World::default() };
    let (calls, result) = run(failed, &input, USUAL, true).await;
    assert_eq!(calls, ["CREATE unguarded", "execute"]);
    assert!(result.unwrap_err().to_string().contains("Api (AWS::X::Y) CREATE_FAILED: no"));
    let (calls, _) = run(World::at("ROLLBACK_COMPLETE"), &input, USUAL, true).await;
    assert_eq!(calls[..2], ["delete", "CREATE unguarded"]);
    let (calls, _) = run(World::at("CREATE_FAILED"), &input, USUAL, true).await;
    assert_eq!(calls, ["UPDATE unguarded", "execute", "UPDATE new", "execute"]);
}

/// A table that is new to the stack, and an input that guards it.
fn guarded(guard: bool) -> String {
    format!("Resources: {{New: {{Guard: {guard}}}}}")
}

fn growing() -> StackInput {
    let creation = Some(Template { text: guarded(false), url: None });
    StackInput { template: guarded(true), creation, ..wanted(None) }
}

#[tokio::test]
async fn data_that_is_new_to_a_whole_stack_is_guarded_once_it_is_there_and_not_before() {
    let first = "UPDATE Resources:\n  New:\n    Guard: false\n";
    let second = format!("UPDATE {}", guarded(true));
    let (calls, result) = run(World::at("UPDATE_COMPLETE"), &growing(), USUAL, true).await;
    assert_eq!(calls, [first, "execute", second.as_str(), "execute"]);
    assert_eq!(result.unwrap().outcome, Outcome::Updated);
    // Killed in between, the next run guards it.
    let between = World { template: guarded(false), ..World::at("UPDATE_COMPLETE") };
    assert_eq!(run(between, &growing(), USUAL, true).await.0, [second.as_str(), "execute"]);
    // An update that fails is rolled back while nothing new refuses its deletion, and told.
    let failing: (_, &[_]) = (Some("UPDATE_ROLLBACK_COMPLETE"), &[("Api", "CREATE_FAILED", "no")]);
    let failed = World { ends: [failing].into(), ..World::at("UPDATE_COMPLETE") };
    let (calls, result) = run(failed, &growing(), USUAL, true).await;
    assert_eq!(calls, [first, "execute"]);
    assert!(result.unwrap_err().to_string().contains("Api (AWS::X::Y) CREATE_FAILED: no"));
    // Whatever the stack was doing when it was found, what it lacks afterwards counts.
    let mut busy = World::at("UPDATE_ROLLBACK_IN_PROGRESS");
    busy.event("", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", "");
    busy.moves.extend([Some("UPDATE_ROLLBACK_IN_PROGRESS"), Some("UPDATE_ROLLBACK_COMPLETE")]);
    let (calls, _) = run(busy, &growing(), USUAL, true).await;
    assert_eq!(calls, [first, "execute", second.as_str(), "execute"]);
    // What a failed operation kept is rolled back first: it may lack what its template names.
    let kept = World { template: guarded(false), ..World::at("UPDATE_FAILED") };
    let (calls, _) = run(kept, &growing(), USUAL, true).await;
    assert_eq!(calls[0], "roll back");
}

#[tokio::test]
async fn rollback_off_keeps_what_succeeded_and_the_next_deploy_goes_on_from_there() {
    let keep = Policy { keep: true, ..USUAL };
    let failing: (_, &[_]) = (Some("UPDATE_FAILED"), &[("Api", "UPDATE_FAILED", "no")]);
    let world = World { ends: [failing].into(), ..World::at("UPDATE_COMPLETE") };
    let (calls, result) = run(world, &wanted(None), keep, true).await;
    assert_eq!(calls, ["UPDATE new", "execute keep"]);
    assert!(hints(&result.unwrap_err()).next().unwrap().contains("goes on from there"));
    let (calls, result) = run(World::at("UPDATE_FAILED"), &wanted(None), keep, true).await;
    assert_eq!((calls, result.unwrap().outcome), (vec!["UPDATE new".into(), "execute keep".into()], Outcome::Updated));
}

#[tokio::test]
async fn where_there_is_nothing_to_go_on_with_the_failed_operation_is_rolled_back_if_it_may_be() {
    let empty = ("FAILED", "UNAVAILABLE", "The submitted information didn't contain changes.");
    let world = || World { found: [empty].into(), ..World::at("UPDATE_FAILED") };
    let (calls, result) = run(world(), &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["UPDATE new", "delete our change set", "roll back", "UPDATE new", "execute"]);
    assert!(result.is_ok());
    let (calls, result) = run(world(), &wanted(None), Policy { keep: true, ..USUAL }, true).await;
    assert_eq!(calls, ["UPDATE new", "delete our change set"]);
    assert!(hints(&result.unwrap_err()).next().unwrap().contains("--rollback on"));
}
