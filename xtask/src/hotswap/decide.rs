//! Whether a service's code may be put in place directly. Pure.

use std::fmt;

use aws_sdk_cloudformation::types::StackStatus;

use crate::aws::stacks::{LiveStack, StackInput};
use crate::plan::declared::filled;

/// The parameter that names the code; all others must be the live stack's.
const CODE_KEY: &str = "CodeKey";

/// How a service gets what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Only code can differ: it is put into the functions directly.
    Direct,
    /// Through its stack.
    Stack(Reason),
}

/// Why a service takes the way through its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no stack.
    NotDeployed,
    /// The stack is in this status.
    Status(String),
    /// The live template is another one.
    Template,
    /// A parameter has another value, or is only on one side.
    Parameter(String),
    /// The stack's tags differ.
    Tags,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDeployed => f.write_str("it is not deployed yet"),
            Self::Status(status) => write!(f, "its stack is {status}"),
            Self::Template => f.write_str("its template changed"),
            Self::Parameter(name) => write!(f, "its parameter `{name}` changed"),
            Self::Tags => f.write_str("its stack's tags changed"),
        }
    }
}

/// Decides from what is there and what is wanted; `template` is the live one.
#[must_use]
pub fn way(live: Option<&LiveStack>, template: Option<&str>, wanted: &StackInput) -> Way {
    let Some(live) = live else { return Way::Stack(Reason::NotDeployed) };
    let settled = matches!(
        live.status,
        StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportComplete
            | StackStatus::ImportRollbackComplete
    );
    if !settled {
        return Way::Stack(Reason::Status(live.status.as_str().to_owned()));
    }
    if template.is_none_or(|template| template.trim_end() != wanted.template.trim_end()) {
        return Way::Stack(Reason::Template);
    }
    // A stack lists the parameters that its template has a default for, whether they were sent or not.
    let [there, sent] = [&live.parameters, &wanted.parameters].map(|given| filled(&wanted.template, given));
    let names = sent.keys().chain(there.keys());
    let differs = |name: &&String| *name != CODE_KEY && sent.get(*name) != there.get(*name);
    if let Some(name) = names.into_iter().find(differs) {
        return Way::Stack(Reason::Parameter(name.clone()));
    }
    // One that the stack has and the code has not, or the reverse, is no change of code.
    if wanted.parameters.contains_key(CODE_KEY) != live.parameters.contains_key(CODE_KEY) {
        return Way::Stack(Reason::Parameter(CODE_KEY.to_owned()));
    }
    if live.tags != wanted.tags {
        return Way::Stack(Reason::Tags);
    }
    Way::Direct
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn wanted() -> StackInput {
        StackInput {
            name: "demo-dev-orders".into(),
            template: "Resources: {}\n".into(),
            template_url: None,
            creation: None,
            parameters: map(&[("ArtifactBucket", "b"), ("CodeKey", "code/orders/2.zip"), ("Issuer", "i")]),
            tags: map(&[("app", "demo")]),
            kept: None,
        }
    }

    fn live() -> LiveStack {
        LiveStack {
            id: "arn".into(),
            status: StackStatus::UpdateComplete,
            reason: String::new(),
            parameters: map(&[("ArtifactBucket", "b"), ("CodeKey", "code/orders/1.zip"), ("Issuer", "i")]),
            tags: map(&[("app", "demo")]),
            outputs: BTreeMap::new(),
            termination_protection: false,
        }
    }

    fn seen(live: &LiveStack) -> Way {
        way(Some(live), Some("Resources: {}"), &wanted())
    }

    #[test]
    fn other_code_alone_goes_directly() {
        assert_eq!(seen(&live()), Way::Direct);
    }

    #[test]
    fn whatever_else_differs_goes_through_the_stack_and_says_why() {
        let says = |way: Way| match way {
            Way::Stack(reason) => reason.to_string(),
            Way::Direct => "directly".to_owned(),
        };
        assert_eq!(says(way(None, None, &wanted())), "it is not deployed yet");
        assert_eq!(says(way(Some(&live()), Some("Resources: {A: 1}"), &wanted())), "its template changed");
        let mut other = live();
        other.status = StackStatus::UpdateInProgress;
        assert_eq!(says(seen(&other)), "its stack is UPDATE_IN_PROGRESS");
        let mut other = live();
        other.parameters.insert("Issuer".into(), "j".into());
        assert_eq!(says(seen(&other)), "its parameter `Issuer` changed");
        let mut other = live();
        other.parameters.insert("Old".into(), "x".into());
        assert_eq!(says(seen(&other)), "its parameter `Old` changed");
        let mut other = live();
        other.parameters.remove("CodeKey");
        assert_eq!(says(seen(&other)), "its parameter `CodeKey` changed");
        let mut other = live();
        other.tags.clear();
        assert_eq!(says(seen(&other)), "its stack's tags changed");
    }

    #[test]
    fn a_parameter_that_has_its_default_is_no_change() {
        let text = "Parameters: {Size: {Type: Number, Default: 3}}\n";
        let wanted = StackInput { template: text.into(), ..wanted() };
        let mut there = live();
        for (value, expected) in [("3", Way::Direct), ("4", Way::Stack(Reason::Parameter("Size".into())))] {
            there.parameters.insert("Size".into(), value.into());
            assert_eq!(way(Some(&there), Some(text), &wanted), expected, "{value}");
        }
    }

    #[test]
    fn no_status_in_progress_and_no_failed_one_goes_directly() {
        let known =
            StackStatus::values().iter().filter(|name| !name.ends_with("_COMPLETE") || **name == "DELETE_COMPLETE");
        for status in known.chain(&["ROLLBACK_COMPLETE", "NEW_STATUS"]) {
            let mut other = live();
            other.status = StackStatus::from(*status);
            assert_eq!(seen(&other), Way::Stack(Reason::Status((*status).to_owned())));
        }
    }
}
