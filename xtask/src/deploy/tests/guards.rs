//! What no deploy ends without being told to, whatever state it finds the stack in.

use std::collections::BTreeSet;

use super::super::stack::Policy;
use super::{World, run, wanted};
use crate::aws::stacks::StackInput;
use crate::error::{Exit, exit_of, hints};

const USUAL: Policy = Policy { protect: false, keep: false };
const TABLE: &str =
    "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties: {BillingMode: PAY_PER_REQUEST}\n";

fn renamed() -> StackInput {
    StackInput { template: TABLE.replace("Table:", "Items:"), ..wanted(None) }
}

#[tokio::test]
async fn a_table_that_the_next_template_no_longer_has_is_kept_whatever_state_the_stack_is_in() {
    for status in ["UPDATE_COMPLETE", "UPDATE_FAILED", "CREATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"] {
        let actions = vec![("Add", "Items", "AWS::DynamoDB::Table"), ("Remove", "Table", "AWS::DynamoDB::Table")];
        let world = || World { template: TABLE.into(), actions: actions.clone(), ..World::at(status) };
        let (calls, result) = run(world(), &renamed(), USUAL, true).await;
        let error = result.unwrap_err();
        assert!(calls.is_empty(), "{status}: {calls:?}");
        assert_eq!(exit_of(&error), Exit::Declined, "{status}");
        assert!(error.to_string().contains("orders.Table") && error.to_string().contains("items lost"), "{error}");
        let (calls, result) = run(World { allowed: vec!["orders.Table"], ..world() }, &renamed(), USUAL, true).await;
        assert!(result.is_ok() && calls.last().is_some_and(|call| call == "execute"), "{status}: {calls:?}");
    }
}

#[tokio::test]
async fn what_a_failed_operation_left_outside_of_its_template_goes_only_where_it_holds_nothing() {
    let world = |kind| World { actions: vec![("Remove", "Left", kind)], ..World::at("UPDATE_FAILED") };
    for kind in ["AWS::DynamoDB::Table", "Custom::Store", "AWS::CloudFormation::Stack"] {
        let (calls, result) = run(world(kind), &wanted(None), USUAL, true).await;
        assert_eq!(calls, ["UPDATE new", "delete our change set"], "{kind}");
        assert!(hints(&result.unwrap_err()).next().unwrap().contains("--allow-replacement orders.Left"));
    }
    let (calls, _) = run(world("AWS::Lambda::Function"), &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["UPDATE new", "execute"]);
    // A stack that is whole has all of its resources in its template.
    let world = World { status: Some("UPDATE_COMPLETE"), ..world("AWS::Lambda::Function") };
    let (calls, _) = run(world, &wanted(None), USUAL, true).await;
    assert_eq!(calls, ["UPDATE new", "delete our change set"]);
}

#[tokio::test]
async fn a_stack_that_only_gets_new_inputs_is_neither_deleted_nor_made_anew() {
    let input = StackInput { template: String::new(), kept: Some(BTreeSet::new()), ..wanted(None) };
    for status in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_FAILED", "REVIEW_IN_PROGRESS"] {
        let (calls, result) = run(World::at(status), &input, USUAL, true).await;
        let error = result.unwrap_err().to_string();
        assert!(calls.is_empty() && error.contains("`demo-dev-orders`") && error.contains(status), "{error}");
    }
}
