//! Which stack goes when: consumers before producers, all else side by side.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use tokio::task::JoinSet;

use super::observe::Doomed;
use super::stack;
use crate::aws::Aws;
use crate::commands::Ctx;
use crate::config::Config;
use crate::graph;
use crate::ui::Ui;

/// The stacks that may go now: no other stack that is still there needs anything of them. Pure.
fn free<'a>(there: &'a BTreeSet<String>, needs: &BTreeMap<String, BTreeSet<String>>) -> Vec<&'a String> {
    let needed = |name: &String| {
        there.iter().filter(|other| *other != name).any(|other| needs.get(other).is_some_and(|set| set.contains(name)))
    };
    there.iter().filter(|name| !needed(name)).collect()
}

/// Deletes the stacks; one that stays keeps its producers, and the others go on.
pub(super) async fn delete_all(ctx: &Ctx, aws: &Aws, config: &Config, stacks: Vec<Doomed>) -> anyhow::Result<()> {
    let producers = graph::producers(&config.app);
    let names = |set: &BTreeSet<String>| set.iter().map(|service| config.stack_name(service)).collect();
    let needs = producers.iter().map(|(service, set)| (config.stack_name(service), names(set))).collect();
    delete_in_order(&ctx.ui, (&aws.cloudformation, &aws.s3), &needs, stacks).await
}

/// `needs`: stack → the stacks that it is wired to.
pub(super) async fn delete_in_order(
    ui: &Ui,
    (cloudformation, s3): (&aws_sdk_cloudformation::Client, &aws_sdk_s3::Client),
    needs: &BTreeMap<String, BTreeSet<String>>,
    stacks: Vec<Doomed>,
) -> anyhow::Result<()> {
    let mut waiting: BTreeMap<String, Doomed> = stacks.into_iter().map(|stack| (stack.name.clone(), stack)).collect();
    let mut there: BTreeSet<String> = waiting.keys().cloned().collect();
    let mut running = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        for name in free(&there, needs) {
            if let Some(stack) = waiting.remove(name) {
                let (ui, cloudformation, s3) = (ui.clone(), cloudformation.clone(), s3.clone());
                running.spawn(async move {
                    let result = stack::delete(&ui, &cloudformation, &s3, &stack).await;
                    (stack.name, result)
                });
            }
        }
        let Some(done) = running.join_next().await else { break };
        match done.context("the deletion of a stack was cut off")? {
            (name, Ok(())) => {
                ui.step("Deleted", format!("stack {name}"));
                there.remove(&name);
            }
            (name, Err(error)) => failures.push(error.context(format!("stack `{name}` stays"))),
        }
    }
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Ok(()) };
    for other in failures {
        ui.warn(format!("{other:#}"));
    }
    Err(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn consumers_go_before_their_producers_and_strangers_at_once() {
        let needs = BTreeMap::from([
            ("files".to_owned(), set(&["auth", "orders"])),
            ("orders".to_owned(), set(&["auth", "frontend"])),
        ]);
        let mut there = set(&["auth", "files", "frontend", "removed", "orders"]);
        let mut waves = Vec::new();
        while !there.is_empty() {
            let wave: Vec<String> = free(&there, &needs).into_iter().cloned().collect();
            there.retain(|name| !wave.contains(name));
            waves.push(wave);
        }
        assert_eq!(waves, [vec!["files", "removed"], vec!["orders"], vec!["auth", "frontend"]]);
    }
}
