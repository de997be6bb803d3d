//! What a deploy refuses to do unless it is named: the end of a resource that holds data or that others use. Pure.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::replacement::{self, Replacement};
use super::resources::{Action, ResourceChange};
use super::stack::StackPlan;
use super::stateful::Fate;
use crate::error::{Problem, suggestion};

/// The end of a resource that must be asked for by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// `<service>.<LogicalId>`, as `--allow-replacement` takes it.
    pub place: String,
    /// The resource's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What would happen, in words.
    pub what: String,
}

/// Everything in a stack's plan that is refused.
#[must_use]
pub fn refusals(stack: &StackPlan) -> Vec<Refusal> {
    let guarded = |change: &&ResourceChange| {
        let kept = change.action == Action::Remove && change.data != Some(Fate::Lost);
        change.action != Action::Add && change.ends() && (change.holds.is_some() && !kept || !change.wired.is_empty())
    };
    let refusal = |change: &ResourceChange| Refusal {
        place: format!("{}.{}", stack.service, change.id),
        kind: change.kind.clone(),
        what: what(change),
    };
    stack.resources.iter().filter(guarded).map(refusal).collect()
}

/// The types of resources that may be made anew only because nothing is known of them, and how they get known.
#[must_use]
pub fn unlisted(stack: &StackPlan) -> Vec<String> {
    let modified = stack.resources.iter().filter(|change| change.action == Action::Modify && change.ends());
    let kinds: BTreeSet<&str> =
        modified.map(|change| change.kind.as_str()).filter(|kind| !replacement::has(kind)).collect();
    let notice = |kind: &str| {
        let how = if kind.starts_with("AWS::") {
            "`cargo xtask test --only lint` prints the command that adds it"
        } else {
            "no schema of AWS has it"
        };
        format!(
            "xtask/src/plan/replacement.json does not have `{kind}`, so any change may make such a resource anew: {how}"
        )
    };
    kinds.into_iter().map(notice).collect()
}

/// The end of a resource in words, such as `is made anew, its items are lost; used by ApiUrl → site`.
#[must_use]
pub fn what(change: &ResourceChange) -> String {
    let verb = match (change.action, change.replacement) {
        (Action::Remove, _) => "is removed",
        (_, Replacement::Always) => "is made anew",
        _ if replacement::has(&change.kind) => "may be made anew",
        _ => "may be made anew (its type is not in replacement.json)",
    };
    let data = match (&change.holds, change.data) {
        (Some(holds), Some(Fate::Lost)) => format!(", {holds} lost"),
        (Some(holds), Some(Fate::Kept)) => format!(", {holds} kept in the old one outside of the stack"),
        (Some(holds), Some(Fate::Snapshot)) => format!(", {holds} kept in a snapshot"),
        _ => String::new(),
    };
    let wired = if change.wired.is_empty() { String::new() } else { format!("; used by {}", change.wired.join(", ")) };
    format!("{verb}{data}{wired}")
}

/// What may end all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// `<service>.<LogicalId>` or `<stack>.<LogicalId>`, as `--allow-replacement` takes them.
    pub places: BTreeSet<String>,
    /// What to do about the rest, of a command that lets nothing be named.
    pub otherwise: Option<&'static str>,
}

impl Allowed {
    /// Whether a place is named, by its service or by its stack.
    #[must_use]
    pub fn names(&self, place: &str, stack: &str) -> bool {
        let id = place.split_once('.').map_or("", |(_, id)| id);
        self.places.contains(place) || self.places.contains(&format!("{stack}.{id}"))
    }

    /// An error where a name is none of a resource of these services.
    pub fn known(&self, services: &[&String], stack_name: impl Fn(&str) -> String) -> Result<(), Problem> {
        let owners: Vec<String> = services.iter().flat_map(|name| [(*name).clone(), stack_name(name)]).collect();
        for place in &self.places {
            let Some((owner, _)) = place.split_once('.').filter(|(_, id)| !id.is_empty()) else {
                let text = format!("`--allow-replacement {place}`: expected `<service>.<LogicalId>`");
                return Err(Problem::usage(text).hint("cargo xtask plan names what would be refused"));
            };
            if !owners.iter().any(|one| one == owner) {
                let text = format!("`--allow-replacement {place}`: no service `{owner}` in config/app.yaml");
                return Err(Problem::usage(text).hint(suggestion(owner, "services", services)));
            }
        }
        Ok(())
    }

    /// The places of no refusal, as `stack_name` names the stacks: a slip, or not needed any more.
    #[must_use]
    pub fn idle(&self, refused: &[Refusal], stack_name: impl Fn(&str) -> String) -> Vec<&str> {
        let meant = |place: &str| {
            refused.iter().any(|one| {
                let (service, id) = one.place.split_once('.').unwrap_or((&one.place, ""));
                place == one.place || place == format!("{}.{id}", stack_name(service))
            })
        };
        self.places.iter().map(String::as_str).filter(|place| !meant(place)).collect()
    }

    /// What to do about places that are not named.
    #[must_use]
    pub fn hint(&self, left: &[&str]) -> String {
        let flags: Vec<String> = left.iter().map(|place| format!("--allow-replacement {place}")).collect();
        let named = || format!("where that is what you want, name it: {}", flags.join(" "));
        self.otherwise.map_or_else(named, str::to_owned)
    }
}

/// An error where something is refused that `allowed` does not name.
pub fn check(refused: &[Refusal], stack_name: impl Fn(&str) -> String, allowed: &Allowed) -> Result<(), Problem> {
    let named = |refusal: &Refusal| {
        let service = refusal.place.split_once('.').map_or(refusal.place.as_str(), |(service, _)| service);
        allowed.names(&refusal.place, &stack_name(service))
    };
    let left: Vec<&Refusal> = refused.iter().filter(|refusal| !named(refusal)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = left.iter().map(|one| format!("`{}` ({}) {}", one.place, one.kind, one.what)).collect();
    let places: Vec<&str> = left.iter().map(|one| one.place.as_str()).collect();
    Err(Problem::declined(format!("refused: {}", lines.join("; "))).hint(allowed.hint(&places)))
}
