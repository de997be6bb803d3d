//! What a person decides.

use std::collections::BTreeSet;

use crate::destroy::observe::{Doomed, Observed};
use crate::destroy::scope::Scope;
use crate::destroy::strays::{Kind, Stray};
use crate::destroy::{Retained, choose, confirm};
use crate::error::{Exit, exit_of};
use crate::ui::{Mode, Ui};

fn observed(guarded: bool, strays: &[(Kind, &str)]) -> Observed {
    let strays: BTreeSet<Stray> =
        strays.iter().map(|(kind, name)| Stray { kind: *kind, name: (*name).to_owned() }).collect();
    let scope = Scope::new("demo", "dev", []);
    Observed { scope, stacks: vec![Doomed::of("demo-dev-a")], secrets: vec![], strays, guarded }
}

#[test]
fn yes_is_no_answer_where_the_environment_was_protected_once() {
    let ui = Ui::unattended(Mode { json: false, yes: true });
    assert!(confirm(&ui, &observed(false, &[]), "111111111111", "dev").is_ok());
    let error = confirm(&ui, &observed(true, &[]), "111111111111", "dev").unwrap_err();
    assert_eq!(exit_of(&error.into()), Exit::Declined);
}

#[test]
fn data_without_a_stack_goes_or_stays_by_choice_and_logs_go_anyway() {
    let all = observed(false, &[(Kind::Table, "demo-dev-t"), (Kind::LogGroup, "/aws/lambda/demo-dev-f")]);
    let error = choose(&all, Retained::Refuse, "dev").unwrap_err();
    assert_eq!(error.to_string(), "some of `dev` outlives its stacks:\n  table demo-dev-t");
    let (strays, kept) = choose(&all, Retained::Keep, "dev").unwrap();
    assert_eq!(strays.iter().map(Stray::to_string).collect::<Vec<_>>(), ["log group /aws/lambda/demo-dev-f"]);
    assert_eq!(kept, ["demo-dev-t"]);
    let (strays, kept) = choose(&all, Retained::Remove, "dev").unwrap();
    assert_eq!((strays.len(), kept.len()), (2, 0));
    let only_logs = observed(false, &[(Kind::LogGroup, "/aws/lambda/demo-dev-f")]);
    assert_eq!(choose(&only_logs, Retained::Refuse, "dev").unwrap().0.len(), 1);
}
