//! What a change would do now beyond what was shown of it. Pure.

use serde_json::Value;

use super::diff::Difference;
use super::references::is_unknown;
use super::replacement::Replacement;
use super::resources::{Action, ResourceChange};
use super::stack::{StackAction, StackPlan};
use crate::keys::UNMADE;

/// What of a stack's plan, made from what is there by now, was not in the plan that was shown: a line each. Values that
/// were not known yet may have become any, and what has become needless is no surprise.
#[must_use]
pub fn moved(shown: &StackPlan, now: &StackPlan) -> Vec<String> {
    // Of a stack that was to be made, the rest of its making follows.
    let made = matches!(shown.action, StackAction::Create | StackAction::Recreate);
    let mut found: Vec<String> = Vec::new();
    for change in &now.resources {
        let Some(before) = shown.resources.iter().find(|one| one.id == change.id) else {
            if !(change.action == Action::Add && made_from_a_new_key(shown, change)) {
                found.push(format!("`{}` {}", change.id, verb(change)));
            }
            continue;
        };
        // A guard, say, that a resource gets only once it is there.
        if before.action == Action::Add && change.action == Action::Modify && !change.ends() {
            continue;
        }
        let worse = before.replacement == Replacement::Never && change.replacement != Replacement::Never;
        if before.action != change.action || worse {
            found.push(format!("`{}` {}", change.id, verb(change)));
            continue;
        }
        let place = |one: &Difference| format!("`{}.{}`", change.id, one.place());
        let now = change.properties.iter().chain(&change.attributes);
        let before: Vec<&Difference> = before.properties.iter().chain(&before.attributes).collect();
        found.extend(now.filter(|one| !foreseen(&before, one)).map(|one| place(one) + " differs"));
    }
    let lists = [("tag", &shown.tags, &now.tags), ("parameter", &shown.parameters, &now.parameters)];
    for (what, shown, now) in lists {
        let shown: Vec<&Difference> = shown.iter().collect();
        let news = now.iter().filter(|one| !made && !foreseen(&shown, one));
        found.extend(news.map(|one| format!("{what} `{}` differs", one.place())));
    }
    found
}

fn verb(change: &ResourceChange) -> &'static str {
    match (change.action, change.replacement) {
        (Action::Add, _) => "is new",
        (Action::Remove, _) => "is removed",
        (Action::Modify, Replacement::Never) => "is changed",
        (Action::Modify, _) => "may be made anew",
    }
}

/// Whether the same difference was shown, or one whose value was not known yet.
fn foreseen(shown: &[&Difference], now: &Difference) -> bool {
    shown.iter().any(|one| {
        let open = one.after.as_ref().is_some_and(|value| is_unknown(value) || names_a_new_key(value));
        if open { now.path.starts_with(&one.path) } else { one.path == now.path && one.after == now.after }
    })
}

/// A key that the deploy makes gives its name to a resource.
fn made_from_a_new_key(shown: &StackPlan, change: &ResourceChange) -> bool {
    shown.resources.iter().any(|one| one.action == Action::Add && one.kind == change.kind && one.id.contains(UNMADE))
}

fn names_a_new_key(value: &Value) -> bool {
    value.to_string().contains(UNMADE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws::stacks::{LiveStack, StackInput};
    use crate::deploy::Seen;
    use crate::plan::{plan_stack, unknown};

    const LIVE: &str = "Parameters: {Url: {Type: String}}\nResources: {Thing: {Type: 'A::B::C', Properties: {Size: 1, Url: !Ref Url}}}";

    fn input(template: &str, url: &str) -> StackInput {
        StackInput {
            name: "demo-dev-orders".into(),
            template: template.into(),
            template_url: None,
            creation: None,
            parameters: BTreeMap::from([("Url".to_owned(), url.to_owned())]),
            tags: BTreeMap::new(),
            kept: None,
        }
    }

    /// What a change from the live stack to this template and this parameter is.
    fn change(template: &str, url: &str) -> StackPlan {
        let live = LiveStack {
            id: "arn".into(),
            status: aws_sdk_cloudformation::types::StackStatus::UpdateComplete,
            reason: String::new(),
            parameters: input(LIVE, "old").parameters,
            tags: BTreeMap::new(),
            outputs: BTreeMap::new(),
            termination_protection: false,
        };
        let seen = Seen { live, template: Some(LIVE.into()) };
        plan_stack("orders", Some(&seen), &input(template, url), &BTreeMap::new()).unwrap().plan
    }

    #[test]
    fn the_same_change_and_less_of_it_are_no_surprise() {
        let shown = change(&LIVE.replace("Size: 1", "Size: 2"), "new");
        assert_eq!(moved(&shown, &shown), Vec::<String>::new());
        assert_eq!(moved(&shown, &change(LIVE, "new")), Vec::<String>::new());
    }

    #[test]
    fn a_value_that_was_not_known_yet_may_become_any() {
        let shown = change(LIVE, &unknown("auth.Url"));
        assert_eq!(moved(&shown, &change(LIVE, "https://a.example")), Vec::<String>::new());
        assert_eq!(moved(&shown, &change(LIVE, "old")), Vec::<String>::new());
    }

    #[test]
    fn every_other_difference_is_named() {
        let shown = change(&LIVE.replace("Size: 1", "Size: 2"), "new");
        let other = change(&LIVE.replace("Size: 1", "Size: 3"), "other");
        assert_eq!(moved(&shown, &other), ["`Thing.Size` differs", "`Thing.Url` differs", "parameter `Url` differs"]);
        let removed = change("Parameters: {Url: {Type: String}}\nResources: {New: {Type: 'A::B::C'}}", "new");
        assert_eq!(moved(&shown, &removed), ["`New` is new", "`Thing` is removed"]);
    }

    #[test]
    fn what_follows_a_creation_is_part_of_it_but_no_removal_is() {
        let made = plan_stack("orders", None, &input(LIVE, "old"), &BTreeMap::new()).unwrap().plan;
        let guarded = change(&LIVE.replace("Size: 1", "Size: 1, Guard: true"), "old");
        // The type is known to nobody: whether the property makes the resource anew is not known either.
        assert_eq!(moved(&made, &guarded), ["`Thing` may be made anew"]);
        let table = |plan: StackPlan| {
            let mut plan = plan;
            plan.resources.iter_mut().for_each(|change| change.replacement = Replacement::Never);
            plan
        };
        assert_eq!(moved(&made, &table(guarded)), Vec::<String>::new());
        let removed = change("Parameters: {Url: {Type: String}}\nResources: {New: {Type: 'A::B::C'}}", "old");
        assert_eq!(moved(&made, &removed), ["`New` is new", "`Thing` is removed"]);
    }
}
