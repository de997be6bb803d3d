//! What a stack's status asks of a deploy. Pure; every status of CloudFormation's `StackStatus` has its row.

use aws_sdk_cloudformation::types::StackStatus;

use crate::aws::stacks::{LiveStack, StackInput};

/// What to do with a stack, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is none, or only the shell that a change set made.
    Create,
    /// Template, parameters or tags differ.
    Update,
    /// Nothing differs.
    Unchanged,
    /// A failed creation left an empty stack: delete it, then create.
    Recreate,
    /// Another operation runs: wait for its end, then look again.
    Join,
    /// Only a person can decide.
    Stuck(&'static str),
}

/// Decides from what is there and what is wanted; `template` is the live one.
pub(super) fn decide(live: Option<&LiveStack>, template: Option<&str>, wanted: &StackInput) -> Step {
    let Some(live) = live else { return Step::Create };
    match &live.status {
        StackStatus::ReviewInProgress | StackStatus::DeleteComplete => Step::Create,
        StackStatus::CreateComplete
        | StackStatus::UpdateComplete
        | StackStatus::UpdateRollbackComplete
        | StackStatus::ImportComplete
        | StackStatus::ImportRollbackComplete => compare(live, template, wanted),
        StackStatus::CreateFailed | StackStatus::RollbackComplete | StackStatus::RollbackFailed => Step::Recreate,
        StackStatus::CreateInProgress
        | StackStatus::UpdateInProgress
        | StackStatus::UpdateCompleteCleanupInProgress
        | StackStatus::UpdateRollbackInProgress
        | StackStatus::UpdateRollbackCompleteCleanupInProgress
        | StackStatus::RollbackInProgress
        | StackStatus::DeleteInProgress
        | StackStatus::ImportInProgress
        | StackStatus::ImportRollbackInProgress => Step::Join,
        StackStatus::UpdateRollbackFailed | StackStatus::ImportRollbackFailed => Step::Stuck(
            "aws cloudformation continue-update-rollback --stack-name <stack>, with --resources-to-skip where a resource cannot be restored",
        ),
        StackStatus::DeleteFailed => Step::Stuck("finish the deletion first: cargo xtask destroy"),
        StackStatus::UpdateFailed => Step::Stuck("aws cloudformation rollback-stack --stack-name <stack>"),
        _ => Step::Stuck("this version does not know the status; look at the stack in the console"),
    }
}

fn compare(live: &LiveStack, template: Option<&str>, wanted: &StackInput) -> Step {
    let same =
        wanted.kept.is_some() || template.is_some_and(|template| template.trim_end() == wanted.template.trim_end());
    if same && live.parameters == wanted.parameters && live.tags == wanted.tags {
        Step::Unchanged
    } else {
        Step::Update
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn wanted() -> StackInput {
        StackInput {
            name: "demo-dev-a".into(),
            template: "Resources: {}\n".into(),
            template_url: None,
            parameters: BTreeMap::from([("A".into(), "1".into())]),
            tags: BTreeMap::from([("app".into(), "demo".into())]),
            kept: None,
        }
    }

    fn live(status: StackStatus) -> LiveStack {
        let wanted = wanted();
        LiveStack {
            id: "arn".into(),
            status,
            reason: String::new(),
            parameters: wanted.parameters,
            tags: wanted.tags,
            outputs: BTreeMap::new(),
            termination_protection: false,
        }
    }

    fn step(status: &str, template: &str) -> Step {
        decide(Some(&live(StackStatus::from(status))), Some(template), &wanted())
    }

    #[test]
    fn a_settled_stack_is_compared_and_left_alone_where_nothing_differs() {
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"] {
            assert_eq!(step(status, "Resources: {}"), Step::Unchanged, "{status}");
            assert_eq!(step(status, "Resources: {A: 1}"), Step::Update, "{status}");
        }
        let mut other = live(StackStatus::CreateComplete);
        other.parameters.insert("A".into(), "2".into());
        assert_eq!(decide(Some(&other), Some("Resources: {}\n"), &wanted()), Step::Update);
        let mut other = live(StackStatus::CreateComplete);
        other.tags.clear();
        assert_eq!(decide(Some(&other), Some("Resources: {}\n"), &wanted()), Step::Update);
    }

    #[test]
    fn nothing_and_an_empty_shell_are_created() {
        assert_eq!(decide(None, None, &wanted()), Step::Create);
        assert_eq!(step("REVIEW_IN_PROGRESS", ""), Step::Create);
    }

    #[test]
    fn a_failed_creation_is_deleted_first() {
        for status in ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"] {
            assert_eq!(step(status, ""), Step::Recreate, "{status}");
        }
    }

    #[test]
    fn every_status_in_progress_is_joined() {
        let known = StackStatus::values().iter().filter(|name| name.ends_with("_IN_PROGRESS"));
        for status in known.filter(|name| **name != "REVIEW_IN_PROGRESS") {
            assert_eq!(step(status, ""), Step::Join, "{status}");
        }
    }

    #[test]
    fn every_status_that_the_sdk_knows_has_a_row() {
        for status in StackStatus::values() {
            let unknown = Step::Stuck("this version does not know the status; look at the stack in the console");
            assert_ne!(step(status, ""), unknown, "{status}");
        }
    }
}
