//! What a plan says of code that was put into functions directly.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, counted};
use crate::aws::Aws;
use crate::build::{self, Artifact};
use crate::config::Config;
use crate::deploy::World;
use crate::hotswap::{self, Ledger, Swap};
use crate::render::BOOTSTRAP_REGION;

/// What was put directly; without an artifact bucket, nothing.
pub(super) async fn ledger(aws: &Aws, config: &Config, world: &World) -> anyhow::Result<Ledger> {
    if !world.shared.contains_key(BOOTSTRAP_REGION) {
        return Ok(Ledger::default());
    }
    hotswap::read(aws, config).await
}

/// The ledger of code that was put in place directly, and whether the deploy takes any of it back.
pub(super) async fn swapped(
    plan: &mut Plan,
    (aws, config): (&Aws, &Config),
    world: &World,
    codes: &BTreeMap<String, Artifact>,
) -> anyhow::Result<(Ledger, bool)> {
    let ledger = ledger(aws, config, world).await?;
    let mut by_service: BTreeMap<&str, Vec<&Swap>> = BTreeMap::new();
    for (function, swap) in ledger.functions.iter().filter(|(_, swap)| plan.services.contains(&swap.service)) {
        by_service.entry(&swap.service).or_default().push(swap);
        plan.basis.insert(format!("the code put directly into `{function}`"), swap.sha256.clone());
    }
    let any = !by_service.is_empty();
    plan.notices.extend(by_service.iter().map(|(service, swaps)| hotswapped(service, swaps, codes.get(*service))));
    Ok((ledger, any))
}

/// One line, however many functions there are.
fn hotswapped(service: &str, swaps: &[&Swap], code: Option<&Artifact>) -> String {
    let (functions, run) = (counted(swaps.len(), "function"), if swaps.len() == 1 { "runs" } else { "run" });
    let by: BTreeSet<&str> = swaps.iter().map(|swap| swap.by.as_str()).collect();
    let by = by.into_iter().collect::<Vec<_>>().join(", ");
    let end = if code.is_some_and(|code| swaps.iter().all(|swap| build::same_sources(&swap.code, &code.key))) {
        "brings the stack up to it"
    } else {
        "takes it back"
    };
    format!("{functions} of `{service}` {run} code that was put in place directly by {by}: a deploy {end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hotswapped_is_one_line_per_service_and_says_what_a_deploy_does_with_it() {
        let swap = |code: &str| Swap {
            service: "orders".into(),
            code: code.into(),
            sha256: "1".into(),
            replaced: "0".into(),
            by: "ann".into(),
            at: "2026-01-01T00:00:00Z".into(),
        };
        let (one, other) = (swap("code/a.zip"), swap("code/b.zip"));
        let artifact = |key: &str| Artifact {
            bucket: "b".into(),
            key: key.into(),
            sha256: String::new(),
            toolchain: String::new(),
        };
        let line = hotswapped("orders", &[&one, &one], Some(&artifact("code/a.zip")));
        let head = "of `orders` run code that was put in place directly by ann: a deploy";
        assert_eq!(line, format!("2 functions {head} brings the stack up to it"));
        let to_build = |digest: &str| swap(&format!("hotswap/code/orders/{digest}-0123456789ab.zip"));
        let (linked, elsewhere) = (to_build("a"), to_build("b"));
        let line = hotswapped("orders", &[&linked], Some(&artifact("code/orders/a.zip")));
        assert!(line.ends_with("brings the stack up to it"), "{line}");
        let line = hotswapped("orders", &[&elsewhere], Some(&artifact("code/orders/a.zip")));
        assert!(line.ends_with("takes it back"), "{line}");
        let line = hotswapped("orders", &[&one, &other], Some(&artifact("code/a.zip")));
        assert_eq!(line, format!("2 functions {head} takes it back"));
        assert!(hotswapped("orders", &[&one], None).starts_with("1 function of `orders` runs code"));
    }
}
