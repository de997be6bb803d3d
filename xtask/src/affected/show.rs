//! The answer for people: a service a line, with `--why` the chains below it. Pure.

use super::{Affected, Change, Kind, Reason};

/// One service a line; with `why` each followed by its chains, indented.
#[must_use]
pub fn text(affected: &Affected, why: bool) -> String {
    let mut lines = Vec::new();
    for (service, reasons) in &affected.services {
        lines.push(service.clone());
        if why {
            lines.extend(reasons.iter().map(|reason| format!("  {}", chain(reason, service))));
        }
    }
    lines.join("\n")
}

fn chain(reason: &Reason, service: &str) -> String {
    let change = match (reason.kind, reason.change) {
        (Kind::Input, _) => "may change",
        (_, Change::Added) => "added",
        (_, Change::Deleted) => "deleted",
        (_, Change::Modified) => "modified",
    };
    let place = match reason.environments.as_slice() {
        [] => String::new(),
        some => format!(" in {}", some.join(", ")),
    };
    let end = match reason.kind {
        Kind::Template => format!("template of {service}{place}"),
        Kind::Code => format!("code of {service}"),
        Kind::Site => format!("site of {service}"),
        Kind::Configuration | Kind::Deployer | Kind::Input => format!("{service}{place}"),
    };
    let steps = [vec![format!("{} ({change})", reason.cause)], reason.through.clone(), vec![end]].concat();
    steps.join(" -> ")
}
