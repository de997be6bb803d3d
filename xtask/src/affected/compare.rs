//! What two trees differ in, service by service, and what moves on from there along the wires. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::tree::{Part, Tree};
use super::{Change, Kind, Reason};
use crate::plan::moved_outputs;

/// The services that differ, with the reasons. `before` is `Err` where that tree could not be read: everything differs then.
pub fn compare(before: &Result<Tree, String>, after: &Tree) -> anyhow::Result<BTreeMap<String, Vec<Reason>>> {
    let before = match before {
        Ok(before) => before,
        Err(why) => return Ok(everything(after, why)),
    };
    let names: BTreeSet<&String> = before.services.keys().chain(after.services.keys()).collect();
    let mut found: BTreeMap<String, BTreeSet<Reason>> = BTreeMap::new();
    for name in names {
        let reasons = own(before, after, name);
        if !reasons.is_empty() {
            found.insert(name.clone(), reasons);
        }
    }
    inputs(before, after, &mut found)?;
    Ok(found.into_iter().map(|(name, reasons)| (name, reasons.into_iter().collect())).collect())
}

fn everything(after: &Tree, why: &str) -> BTreeMap<String, Vec<Reason>> {
    let reason = Reason {
        kind: Kind::Configuration,
        cause: "config/app.yaml".to_owned(),
        change: Change::Modified,
        through: vec![format!("what was before cannot be read by this deployer: {why}")],
        environments: Vec::new(),
    };
    after.services.keys().map(|name| (name.clone(), vec![reason.clone()])).collect()
}

/// A reason without the environments where it counts.
type Chain = (Kind, String, Change, Vec<String>);

/// What a service differs in by itself; reasons that differ in their environment only are one.
fn own(before: &Tree, after: &Tree, service: &str) -> BTreeSet<Reason> {
    let none = BTreeMap::new();
    let (old, new) = (before.services.get(service).unwrap_or(&none), after.services.get(service).unwrap_or(&none));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut merged: BTreeMap<Chain, BTreeSet<Option<String>>> = BTreeMap::new();
    for key in keys {
        let (old, new) = (old.get(key), new.get(key));
        if old.map(|part| &part.print) == new.map(|part| &part.print) {
            continue;
        }
        let Some(part) = new.or(old) else { continue };
        for (file, change, through) in causes(before, after, old, new) {
            let key = (part.kind, file.display().to_string(), change, through);
            merged.entry(key).or_default().insert(part.environment.clone());
        }
    }
    let reason = |((kind, cause, change, through), environments): (_, BTreeSet<Option<String>>)| Reason {
        kind,
        cause,
        change,
        through,
        environments: environments.into_iter().collect::<Option<Vec<String>>>().unwrap_or_default(),
    };
    merged.into_iter().map(reason).collect()
}

/// The files that made a part differ. One whose files are all the same differs by what they mean together: then each of
/// them is named, so that no difference goes untold.
fn causes<'a>(
    before: &Tree,
    after: &Tree,
    old: Option<&'a Part>,
    new: Option<&'a Part>,
) -> Vec<(&'a Path, Change, Vec<String>)> {
    let origins: BTreeMap<_, _> = old.into_iter().chain(new).flat_map(|part| &part.origins).collect();
    let all: Vec<_> = origins
        .into_iter()
        .map(|(file, through)| {
            let change = match (before.files.get(file), after.files.get(file)) {
                (None, _) => Some(Change::Added),
                (_, None) => Some(Change::Deleted),
                (Some(old), Some(new)) => (old != new).then_some(Change::Modified),
            };
            (file.as_path(), change, through.clone())
        })
        .collect();
    let untold = all.iter().all(|(_, change, _)| change.is_none());
    let told = all.into_iter().filter(|(_, change, _)| untold || change.is_some());
    told.map(|(file, change, through)| (file, change.unwrap_or(Change::Modified), through)).collect()
}

/// Follows the wires: who takes an output whose value may change is influenced, and so may be who takes one of theirs.
fn inputs(before: &Tree, after: &Tree, found: &mut BTreeMap<String, BTreeSet<Reason>>) -> anyhow::Result<()> {
    let environments: BTreeSet<&String> = after.templates.keys().map(|(_, environment)| environment).collect();
    // Consumer → the parameters whose values may change, per environment.
    let mut moving: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    loop {
        let mut further = false;
        for (consumer, wires) in &after.wires {
            for (parameter, output) in wires {
                for environment in &environments {
                    if !moves(before, after, (output.service.as_str(), &output.output), environment, &moving)? {
                        continue;
                    }
                    let place = moving.entry((consumer.clone(), (*environment).clone())).or_default();
                    further |= parameter.iter().any(|parameter| place.insert(parameter.clone()));
                    let reasons = found.entry(consumer.clone()).or_default();
                    add(reasons, &output.to_string(), parameter.as_deref(), environment);
                }
            }
        }
        if !further {
            return Ok(());
        }
    }
}

fn moves(
    before: &Tree,
    after: &Tree,
    (producer, output): (&str, &str),
    environment: &str,
    moving: &BTreeMap<(String, String), BTreeSet<String>>,
) -> anyhow::Result<bool> {
    let key = (producer.to_owned(), environment.to_owned());
    let (Some(old), Some(new)) = (before.templates.get(&key), after.templates.get(&key)) else {
        return Ok(after.templates.contains_key(&key));
    };
    let inputs = moving.get(&key).cloned().unwrap_or_default();
    if old == new && inputs.is_empty() {
        return Ok(false);
    }
    Ok(moved_outputs(old, new, &inputs)?.contains(output))
}

fn add(reasons: &mut BTreeSet<Reason>, output: &str, parameter: Option<&str>, environment: &str) {
    let through =
        vec![parameter.map_or_else(|| "the site's configuration".to_owned(), |name| format!("input `{name}`"))];
    let same = |reason: &&Reason| reason.cause == output && reason.through == through;
    let mut environments = reasons.iter().find(same).map(|reason| reason.environments.clone()).unwrap_or_default();
    reasons.retain(|reason| !same(&reason));
    if !environments.iter().any(|known| known == environment) {
        environments.push(environment.to_owned());
    }
    let (kind, cause) = (Kind::Input, output.to_owned());
    reasons.insert(Reason { kind, cause, change: Change::Modified, through, environments });
}
