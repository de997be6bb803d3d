//! Other deploys, people in the console, and a connection that comes and goes.

use std::collections::BTreeMap;

use super::super::stack::{Outcome, Policy};
use super::{STACK, World, run, settle_with, template, wanted};
use crate::aws::stacks::StackInput;
use crate::error::hints;

const USUAL: Policy = Policy { protect: false, keep: false };

#[tokio::test]
async fn a_deploy_that_finds_its_change_set_taken_joins_the_other() {
    let mut world = World::at("UPDATE_COMPLETE");
    world.found.push_back(("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS", ""));
    // Looked at twice before the change set, then the other deploy is seen at work, and to its end.
    let at_work = Some("UPDATE_IN_PROGRESS");
    world.moves.extend([at_work, at_work, at_work, Some("UPDATE_COMPLETE")]);
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(calls.iter().filter(|call| *call == "execute").count(), 1, "{calls:?}");
}

#[tokio::test]
async fn a_change_that_had_begun_before_and_was_seen_to_its_end_is_known_as_that() {
    let as_it_is = StackInput { tags: BTreeMap::new(), ..wanted(None) };
    for (found, joined) in [("UPDATE_IN_PROGRESS", true), ("UPDATE_COMPLETE", false)] {
        let mut world = World { template: template("new"), ..World::at(found) };
        world.moves.push_back(Some("UPDATE_COMPLETE"));
        let (calls, result) = run(world, &as_it_is, USUAL, true).await;
        let applied = result.unwrap();
        assert_eq!((applied.outcome, applied.joined), (Outcome::Unchanged, joined), "{found}");
        assert!(calls.is_empty(), "{calls:?}");
    }
}

#[tokio::test]
async fn a_change_set_that_another_deploy_swept_away_or_overtook_is_made_again() {
    for gone in [("", "", ""), ("CREATE_COMPLETE", "OBSOLETE", ""), ("DELETE_COMPLETE", "UNAVAILABLE", "")] {
        let world = World { found: [gone].into(), ..World::at("UPDATE_COMPLETE") };
        let (calls, result) = run(world, &wanted(None), USUAL, true).await;
        assert_eq!(calls, ["UPDATE new", "UPDATE new", "execute"], "{gone:?}");
        assert_eq!(result.unwrap().outcome, Outcome::Updated);
    }
}

#[tokio::test]
async fn a_refusal_because_somebody_else_began_first_is_a_reason_to_wait() {
    let mut world = World::at("UPDATE_COMPLETE");
    world.refusals.push_back("ValidationError");
    let at_work = Some("UPDATE_IN_PROGRESS");
    world.moves.extend([at_work, at_work, at_work, Some("UPDATE_COMPLETE")]);
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(calls, ["UPDATE new", "execute"]);
    // The same words without anybody at work are a refusal.
    let world = World { refusals: ["ValidationError"].into(), ..World::at("UPDATE_COMPLETE") };
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    assert!(calls.is_empty() && format!("{:#}", result.unwrap_err()).contains("ValidationError"));
}

#[tokio::test]
async fn a_whole_change_set_that_a_killed_run_left_is_used_and_a_broken_one_made_anew() {
    let left = || World { refusals: ["AlreadyExistsException"].into(), ..World::at("UPDATE_COMPLETE") };
    let (calls, result) = run(left(), &wanted(None), USUAL, true).await;
    assert_eq!((calls, result.is_ok()), (vec!["execute".to_owned()], true));
    let broken = World { found: [("FAILED", "UNAVAILABLE", "cut off")].into(), ..left() };
    let (calls, result) = run(broken, &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["delete our change set", "UPDATE new", "execute"]);
    assert!(result.is_ok());
}

#[tokio::test]
async fn change_sets_of_ours_under_other_names_are_swept_and_those_of_others_are_not() {
    let world = World { left: vec!["xtask-other", "somebody-elses"], ..World::at("UPDATE_COMPLETE") };
    let (calls, _) = run(world, &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["delete another change set", "UPDATE new", "execute"]);
}

#[tokio::test]
async fn an_update_that_somebody_cancels_is_told_as_that() {
    let mut world = World::at("UPDATE_COMPLETE");
    world.ends.push_back((
        Some("UPDATE_ROLLBACK_COMPLETE"),
        &[
            ("Api", "UPDATE_FAILED", "Resource update cancelled"),
            (STACK, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
        ],
    ));
    let (_, result) = run(world, &wanted(None), USUAL, true).await;
    let text = result.unwrap_err().to_string();
    assert!(text.contains("somebody cancelled it") && !text.contains("Resource update cancelled"), "{text}");
}

#[tokio::test]
async fn throttled_and_lost_polls_end_no_deploy_and_expired_credentials_say_what_goes_on() {
    assert!(settle_with(&["Throttling", "InternalFailure", "Throttling"]).await.is_ok());
    let error = settle_with(&["Throttling", "ExpiredToken"]).await.unwrap_err();
    assert!(error.to_string().contains("credentials have expired"), "{error}");
    assert!(hints(&error).next().unwrap().contains("goes on in AWS"), "{error}");
}

#[tokio::test]
async fn a_status_that_lags_behind_its_events_is_never_taken_for_an_operations_end() {
    for status in ["UPDATE_COMPLETE", "REVIEW_IN_PROGRESS"] {
        let world = World { lags: true, ..World::at(status) };
        let (_, result) = run(world, &wanted(None), USUAL, true).await;
        assert_eq!(result.unwrap().outputs["Template"], template("new"), "{status}");
    }
    // The way back that failed before ends well this time: nobody is asked to leave anything behind.
    let world = World { lags: true, ..World::at("UPDATE_ROLLBACK_FAILED") };
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["continue", "UPDATE new", "execute"]);
    assert!(result.is_ok(), "{result:?}");
}

#[tokio::test]
async fn a_change_set_that_another_deploy_is_just_making_is_left_to_it() {
    let world = World { left: vec!["xtask-other"], undeletable: true, ..World::at("UPDATE_COMPLETE") };
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["delete another change set", "UPDATE new", "execute"]);
    assert!(result.is_ok(), "{result:?}");
}

#[tokio::test]
async fn a_change_set_that_goes_between_its_making_and_its_review_is_made_again() {
    let ready = ("CREATE_COMPLETE", "AVAILABLE", "");
    let world = World { found: [ready, ("", "", "")].into(), ..World::at("UPDATE_COMPLETE") };
    let (calls, result) = run(world, &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["UPDATE new", "UPDATE new", "execute"]);
    assert!(result.is_ok(), "{result:?}");
}
