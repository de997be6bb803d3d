//! The sites of a deploy, after its stacks.

use std::collections::BTreeMap;

use super::manner::Wait;
use super::run::Run;
use super::stack::Outcome;
use crate::config::Outputs;
use crate::recorder::{self, Kind};
use crate::site;

/// Syncs each site that was asked for, or that names an output of a service which this deploy touches. A hotswap that
/// changed no stack leaves no release of a site either: the next full deploy, or the next one without a watch, does.
pub(super) async fn sync(
    run: &Run,
    outcomes: &BTreeMap<String, Outcome>,
    outputs: &Outputs,
) -> anyhow::Result<BTreeMap<String, site::Synced>> {
    let mut synced = BTreeMap::new();
    let anew = outcomes.values().any(|outcome| matches!(outcome, Outcome::Created | Outcome::Updated));
    for (service, spec) in &run.config.app.services {
        let Some(spec) = &spec.site else { continue };
        if !outcomes.contains_key(service) {
            continue;
        }
        // Not "the outputs changed in this run": an earlier run may have been killed between a stack and its site.
        let touched =
            |name: &String| run.full.contains(name) || outcomes.get(name).is_some_and(|one| *one != Outcome::Unchanged);
        // A round of a watch follows one that ended well: its site is as it was where neither it nor an output changed.
        let concerned = if run.manner.again { anew } else { spec.needs().any(|to| touched(&to.service)) };
        if !touched(service) && !concerned {
            continue;
        }
        if let Some(missing) = spec.needs().find(|to| !outputs.contains_key(&to.service)) {
            run.ctx.ui.warn(format!(
                "the site of `{service}` waits for `{missing}`: run `cargo xtask deploy --env {} --service {}`",
                run.config.env.name, missing.service
            ));
            continue;
        }
        let built = recorder::span(Kind::SiteBuild, service, run.source.site(&run.ctx, &run.config, service)).await?;
        run.site_as_planned(service, &built.digest)?;
        let config = run.source.config(&run.config, service)?;
        // What the plan read is still true where nothing took its time since.
        let quick = outcomes.values().all(|outcome| *outcome == Outcome::Unchanged);
        let preview = run.sites.lock().await.remove(service).filter(|_| quick);
        if let Some(reload) = &run.ctx.reload {
            reload.goes_into(outputs);
        }
        let sync = site::sync(
            &run.ctx,
            &run.aws,
            config,
            service,
            (&built, outputs),
            site::How { preview, waits: run.manner.cdn == Wait::Ended },
        );
        let result = recorder::span(Kind::Sync, service, sync).await?;
        if anew || !run.manner.hotswap {
            run.notes.note(service, |left| {
                left.touched |= result.changed();
                left.site = Some(built);
            });
        }
        synced.insert(service.clone(), result);
    }
    Ok(synced)
}
