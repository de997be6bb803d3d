//! What a stack's status asks of a deploy: one row for every status of CloudFormation's `StackStatus` (AWS
//! CloudFormation User Guide, "Stack status codes"). Pure.

use aws_sdk_cloudformation::types::StackStatus;

use crate::aws::stacks::{LiveStack, StackInput};
use crate::plan::declared::filled;

/// What is done about a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// There is no stack, or only the shell that a change set made.
    Create,
    /// It rests: compare it with what is wanted.
    Compare,
    /// An operation failed and kept what had succeeded (`--rollback off`): the next one goes on from there.
    GoOn,
    /// A first creation failed: delete what is left, then create.
    Recreate,
    /// A deletion failed: finish it if the stack was never whole, else leave it to `destroy`.
    FinishDeletion,
    /// Another operation runs: wait for its end, then look again.
    Join,
    /// The way back failed: go on with it, skipping resources only where a person says so.
    ContinueRollback,
    /// Only a person can decide.
    Stuck,
}

/// A status with what we do, what we ask and what we print.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) status: &'static str,
    pub(super) act: Act,
    /// Asked before anything is done; `--yes` answers it.
    pub(super) asks: &'static str,
    /// Asked of a person before something is left behind; `--yes` is no answer.
    pub(super) asks_in_person: &'static str,
    /// What is said of the stack, after its name and status; empty where it is as it should be.
    pub(super) says: &'static str,
}

const fn row(status: &'static str, act: Act, says: &'static str) -> Row {
    Row { status, act, asks: "", asks_in_person: "", says }
}

/// Every status there is.
pub(super) const ROWS: [Row; 23] = [
    row("CREATE_COMPLETE", Act::Compare, ""),
    row("CREATE_FAILED", Act::GoOn, "its creation failed and kept what had succeeded: going on from there"),
    row("CREATE_IN_PROGRESS", Act::Join, "someone creates it: waiting for the end"),
    row("DELETE_COMPLETE", Act::Create, ""),
    Row {
        status: "DELETE_FAILED",
        act: Act::FinishDeletion,
        asks: "",
        asks_in_person: "Delete the stack without these resources, which stay as they are",
        says: "its deletion failed",
    },
    row("DELETE_IN_PROGRESS", Act::Join, "someone deletes it: waiting for the end, then creating it anew"),
    row("IMPORT_COMPLETE", Act::Compare, ""),
    row("IMPORT_IN_PROGRESS", Act::Join, "someone imports resources into it: waiting for the end"),
    row("IMPORT_ROLLBACK_COMPLETE", Act::Compare, ""),
    row("IMPORT_ROLLBACK_FAILED", Act::Stuck, "an import and the way back from it failed"),
    row("IMPORT_ROLLBACK_IN_PROGRESS", Act::Join, "an import is rolled back: waiting for the end"),
    row("REVIEW_IN_PROGRESS", Act::Create, ""),
    row("ROLLBACK_COMPLETE", Act::Recreate, "it is left from a failed creation: deleting it, then creating it anew"),
    row(
        "ROLLBACK_FAILED",
        Act::Recreate,
        "its creation failed, and so did the way back: deleting it, then creating it anew",
    ),
    row("ROLLBACK_IN_PROGRESS", Act::Join, "its creation failed and is rolled back: waiting for the end"),
    row("UPDATE_COMPLETE", Act::Compare, ""),
    row("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Act::Join, "someone's update cleans up: waiting for the end"),
    row("UPDATE_FAILED", Act::GoOn, "an update failed and kept what had succeeded: going on from there"),
    row("UPDATE_IN_PROGRESS", Act::Join, "someone updates it: waiting for the end"),
    row("UPDATE_ROLLBACK_COMPLETE", Act::Compare, ""),
    row("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Act::Join, "a rollback cleans up: waiting for the end"),
    Row {
        status: "UPDATE_ROLLBACK_FAILED",
        act: Act::ContinueRollback,
        asks: "Go on with the rollback",
        asks_in_person: "Go on with the rollback without these resources, which stay as they are",
        says: "an update failed, and so did the way back",
    },
    row("UPDATE_ROLLBACK_IN_PROGRESS", Act::Join, "an update is rolled back: waiting for the end"),
];

/// A status that AWS added after this version.
const UNKNOWN: Row = row("", Act::Stuck, "this version does not know the status");

/// The row of a status.
pub(super) fn of(status: &StackStatus) -> Row {
    ROWS.into_iter().find(|row| row.status == status.as_str()).unwrap_or(UNKNOWN)
}

/// Whether a stack is whole, or on its way to be: one whose inputs can be set without looking at what it failed at.
pub(crate) fn is_at_rest(live: &LiveStack) -> bool {
    matches!(of(&live.status).act, Act::Compare | Act::Join)
}

/// What to do with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Template, parameters or tags differ.
    Update,
    /// Nothing differs.
    Unchanged,
    /// As the status asks; never `Act::Compare`.
    As(Act),
}

/// Decides from what is there and what is wanted; `template` is the live one.
pub(crate) fn decide(live: Option<&LiveStack>, template: Option<&str>, wanted: &StackInput) -> Step {
    let Some(live) = live else { return Step::As(Act::Create) };
    match of(&live.status).act {
        Act::Compare if same(live, template, wanted) => Step::Unchanged,
        Act::Compare => Step::Update,
        act => Step::As(act),
    }
}

fn same(live: &LiveStack, template: Option<&str>, wanted: &StackInput) -> bool {
    let same =
        wanted.kept.is_some() || template.is_some_and(|template| template.trim_end() == wanted.template.trim_end());
    same && live.tags == wanted.tags && same_parameters(live, template.unwrap_or_default(), wanted)
}

/// A stack lists the parameters that its template has a default for, whether they were sent or not.
fn same_parameters(live: &LiveStack, template: &str, wanted: &StackInput) -> bool {
    let known = |(name, value): (&String, &String)| wanted.parameters.get(name).is_none_or(|wanted| wanted == value);
    // A value that differs needs no look into the template.
    live.parameters == wanted.parameters
        || live.parameters.iter().all(known)
            && filled(template, &live.parameters) == filled(template, &wanted.parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn wanted() -> StackInput {
        StackInput {
            name: "demo-dev-a".into(),
            template: "Resources: {}\n".into(),
            template_url: None,
            creation: None,
            parameters: BTreeMap::from([("A".into(), "1".into())]),
            tags: BTreeMap::from([("app".into(), "demo".into())]),
            kept: None,
        }
    }

    fn live(status: &str) -> LiveStack {
        let wanted = wanted();
        LiveStack {
            id: "arn".into(),
            status: StackStatus::from(status),
            reason: String::new(),
            parameters: wanted.parameters,
            tags: wanted.tags,
            outputs: BTreeMap::new(),
            termination_protection: false,
        }
    }

    fn step(status: &str, template: &str) -> Step {
        decide(Some(&live(status)), Some(template), &wanted())
    }

    /// Written out a second time, so that a row changes only where two hands change it.
    #[test]
    fn each_status_is_answered_as_its_row_says() {
        let expected = [
            ("CREATE_COMPLETE", Act::Compare, ""),
            ("CREATE_FAILED", Act::GoOn, ""),
            ("CREATE_IN_PROGRESS", Act::Join, ""),
            ("DELETE_COMPLETE", Act::Create, ""),
            ("DELETE_FAILED", Act::FinishDeletion, "person"),
            ("DELETE_IN_PROGRESS", Act::Join, ""),
            ("IMPORT_COMPLETE", Act::Compare, ""),
            ("IMPORT_IN_PROGRESS", Act::Join, ""),
            ("IMPORT_ROLLBACK_COMPLETE", Act::Compare, ""),
            ("IMPORT_ROLLBACK_FAILED", Act::Stuck, ""),
            ("IMPORT_ROLLBACK_IN_PROGRESS", Act::Join, ""),
            ("REVIEW_IN_PROGRESS", Act::Create, ""),
            ("ROLLBACK_COMPLETE", Act::Recreate, ""),
            ("ROLLBACK_FAILED", Act::Recreate, ""),
            ("ROLLBACK_IN_PROGRESS", Act::Join, ""),
            ("UPDATE_COMPLETE", Act::Compare, ""),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Act::Join, ""),
            ("UPDATE_FAILED", Act::GoOn, ""),
            ("UPDATE_IN_PROGRESS", Act::Join, ""),
            ("UPDATE_ROLLBACK_COMPLETE", Act::Compare, ""),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Act::Join, ""),
            ("UPDATE_ROLLBACK_FAILED", Act::ContinueRollback, "yes, then person"),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Act::Join, ""),
        ];
        for (status, act, answered_by) in expected {
            let row = of(&StackStatus::from(status));
            let found = match (row.asks, row.asks_in_person) {
                ("", "") => "",
                ("", _) => "person",
                _ => "yes, then person",
            };
            assert_eq!((row.act, found), (act, answered_by), "{status}");
            let silent = matches!(act, Act::Compare | Act::Create);
            assert_eq!(row.says.is_empty(), silent, "{status}");
            match act {
                Act::Compare => assert_eq!(step(status, "Resources: {}"), Step::Unchanged, "{status}"),
                act => assert_eq!(step(status, "Resources: {}"), Step::As(act), "{status}"),
            }
        }
        let listed: BTreeSet<&str> = expected.iter().map(|(status, ..)| *status).collect();
        assert_eq!(listed, StackStatus::values().iter().copied().collect());
        assert_eq!(listed, ROWS.iter().map(|row| row.status).collect());
    }

    #[test]
    fn a_status_of_tomorrow_is_a_persons() {
        assert_eq!(step("TRANSMOGRIFY_FAILED", ""), Step::As(Act::Stuck));
    }

    #[test]
    fn any_difference_of_a_stack_at_rest_is_an_update() {
        assert_eq!(step("UPDATE_COMPLETE", "Resources: {A: 1}"), Step::Update);
        let mut other = live("CREATE_COMPLETE");
        other.parameters.insert("A".into(), "2".into());
        assert_eq!(decide(Some(&other), Some("Resources: {}\n"), &wanted()), Step::Update);
        let mut other = live("CREATE_COMPLETE");
        other.tags.clear();
        assert_eq!(decide(Some(&other), Some("Resources: {}\n"), &wanted()), Step::Update);
    }

    #[test]
    fn a_parameter_that_has_its_default_is_no_difference_and_one_that_had_another_value_is() {
        let text = "Parameters: {A: {Type: String}, Size: {Type: Number, Default: 3}}\nResources: {}\n";
        let wanted = StackInput { template: text.into(), ..wanted() };
        let mut there = live("CREATE_COMPLETE");
        for (value, expected) in [("3", Step::Unchanged), ("4", Step::Update)] {
            there.parameters.insert("Size".into(), value.into());
            assert_eq!(decide(Some(&there), Some(text), &wanted), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_there_is_created() {
        assert_eq!(decide(None, None, &wanted()), Step::As(Act::Create));
    }
}
