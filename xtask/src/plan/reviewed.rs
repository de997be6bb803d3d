//! A plan in a file: what was reviewed is what is applied, or nothing is.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Plan, VERSION};
use crate::config::Config;
use crate::error::Problem;
use crate::files;

/// Writes a plan to a file.
pub fn write(plan: &Plan, file: &Path) -> anyhow::Result<()> {
    Ok(files::write(file, plan.json()? + "\n", "cargo xtask plan --out <file>")?)
}

/// Reads a plan that `write` wrote.
pub fn read(file: &Path) -> anyhow::Result<Plan> {
    let unreadable = |error| {
        Problem::usage(format!("cannot read the plan `{}`: {error}", file.display()))
            .hint(format!("make one: cargo xtask plan --out {}", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    let refused = |why: String| {
        Problem::usage(format!("`{}` is no plan of this version: {why}", file.display()))
            .hint("make a new one: cargo xtask plan --out <file>")
    };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(VERSION.into()) {
        return Err(refused(format!("version {}, expected {VERSION}", version.unwrap_or_default())).into());
    }
    serde_json::from_value(value).map_err(|error| refused(error.to_string()).into())
}

/// Whether a plan is one of the environment that is deployed to; which account that is in turns out by asking it.
///
/// # Errors
/// Where it is another one's.
pub fn same_place(reviewed: &Plan, config: &Config) -> Result<(), Problem> {
    let (env, region) = (&config.env.name, &config.env.region);
    if (&reviewed.environment, &reviewed.region) == (env, region) {
        return Ok(());
    }
    let planned = format!("`{}` in {}", reviewed.environment, reviewed.region);
    Err(Problem::usage(format!("the plan is one of {planned}, not of `{env}` in {region}"))
        .hint("deploy with the `--env` that it was made for"))
}

/// An error that names what moved between a reviewed plan and the same plan made now.
pub fn compare(reviewed: &Plan, now: &Plan) -> Result<(), Problem> {
    let place = |plan: &Plan| format!("`{}` in {} {}", plan.environment, plan.account, plan.region);
    if place(reviewed) != place(now) {
        return Err(Problem::usage(format!("the plan is one of {}, not of {}", place(reviewed), place(now)))
            .hint("deploy with the `--env` that it was made for"));
    }
    let parts: BTreeSet<&String> = reviewed.basis.keys().chain(now.basis.keys()).collect();
    let mut moved: Vec<String> = Vec::new();
    for part in parts {
        match (reviewed.basis.get(part), now.basis.get(part)) {
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) => moved.push(format!("{part} changed")),
            (Some(_), None) => moved.push(format!("{part} is gone")),
            (None, _) => moved.push(format!("{part} is new")),
        }
    }
    // The same world, but time went by: what follows from it must not slip in either.
    if moved.is_empty() && reviewed != now {
        moved.push("what is due by now (such as stale files whose grace is over) changed".to_owned());
    }
    if moved.is_empty() {
        return Ok(());
    }
    Err(Problem::declined(format!("not what was reviewed: {}; nothing was changed", moved.join("; ")))
        .hint("plan again, review that, and deploy it: cargo xtask plan --out <file>"))
}
