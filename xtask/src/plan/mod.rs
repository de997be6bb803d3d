//! What a deploy will do, as data: one plan across stacks, code, keys and sites, made from what is live. `make` and
//! `swapped` read, all else is pure. Nothing in here writes.

pub mod check;
mod conditions;
mod cut;
pub(crate) mod declared;
pub mod diff;
mod functions;
mod grants;
pub mod guard;
mod lines;
mod make;
mod markdown;
mod moved;
mod outputs;
mod protection;
mod references;
mod replacement;
mod resources;
mod reviewed;
mod security;
mod shared;
mod stack;
mod stateful;
mod swapped;
mod template;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use diff::{Difference, Step};
pub use functions::FunctionChange;
pub use guard::Allowed;
pub use make::{Draft, Facts, consumers, make, unmade};
pub use markdown::{LIMIT, markdown};
pub use moved::moved;
pub use outputs::moved_outputs;
pub use references::{is_unknown_text, unknown};
pub use replacement::Replacement;
pub use resources::{Action, ResourceChange};
pub use reviewed::{compare, read, same_place, write};
pub use security::{SecurityChange, Topic};
pub use shared::of_shared;
pub use stack::{Planned, StackAction, StackPlan, plan as plan_stack};
pub use stateful::Fate;
pub use text::{of_stack, text};

use crate::aws::Identity;
use crate::config::Config;
use crate::site::SitePlan;

/// The version of what `--json` and `--out` write. It grows where a field changes its meaning or goes; a new field is no
/// new version.
pub const VERSION: u32 = 1;

/// What a deploy will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Version of this form: 1.
    pub version: u32,
    /// The environment's name.
    pub environment: String,
    /// 12 digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
    /// The services that are deployed in full; others only get inputs that change.
    pub services: BTreeSet<String>,
    /// Whether a deploy would write anything.
    pub changed: bool,
    /// What changes who may do what, first of all.
    pub security: Vec<SecurityChange>,
    /// What a deploy refuses unless `--allow-replacement` names it.
    pub refused: Vec<guard::Refusal>,
    /// What a person should know before the deploy, in words.
    pub notices: Vec<String>,
    /// Key pairs that will be made.
    pub keys: Vec<KeyPlan>,
    /// Functions whose code changes.
    pub functions: Vec<FunctionChange>,
    /// Every stack, producers first.
    pub stacks: Vec<StackPlan>,
    /// Every site that the deploy syncs.
    pub sites: Vec<SitePlan>,
    /// What the plan was made from: a part's name and the fingerprint of what was found. `deploy --plan` compares them.
    pub basis: BTreeMap<String, String>,
}

/// A key pair that the deploy makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyPlan {
    /// The service.
    pub service: String,
    /// Its name in config/app.yaml.
    pub key: String,
    /// The secret that will hold it.
    pub secret: String,
}

impl Plan {
    /// A plan in which nothing happens yet.
    fn new(config: &Config, identity: &Identity) -> Self {
        Self {
            version: VERSION,
            environment: config.env.name.clone(),
            account: identity.account.clone(),
            region: config.env.region.clone(),
            services: BTreeSet::new(),
            changed: false,
            security: vec![],
            refused: vec![],
            notices: vec![],
            keys: vec![],
            functions: vec![],
            stacks: vec![],
            sites: vec![],
            basis: BTreeMap::new(),
        }
    }

    /// The plan as JSON.
    pub fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// One line: what changes, in numbers.
    #[must_use]
    pub fn summary(&self) -> String {
        if !self.changed {
            return "no changes".to_owned();
        }
        let stacks = |wanted: &[StackAction]| self.stacks.iter().filter(|one| wanted.contains(&one.action)).count();
        let files: usize = self.sites.iter().map(|site| site.files.len()).sum();
        let switched = self.stacks.iter().filter(|one| one.protection.is_some()).count();
        let resources = self.stacks.iter().flat_map(|stack| &stack.resources);
        let anew = |how| resources.clone().filter(|one| one.replacement == how).count();
        let (always, perhaps) = (anew(Replacement::Always), anew(Replacement::Conditional));
        let removed = resources.clone().filter(|one| one.action == Action::Remove).count();
        let parts = [
            (stacks(&[StackAction::Create, StackAction::Recreate]), "to create"),
            (stacks(&[StackAction::Update]), "to update"),
            (stacks(&[StackAction::Mend]), "to mend"),
            (stacks(&[StackAction::Wait]), "to wait for"),
            (stacks(&[StackAction::Stuck]), "stuck"),
        ];
        let mut words: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", counted(*count, "stack")))
            .collect();
        let more = [
            (switched, "stack", " with termination protection turned on or off"),
            (always, "resource", " made anew"),
            (perhaps, "resource", " that may be made anew"),
            (removed, "resource", " removed"),
            (self.keys.len(), "key", " to make"),
        ];
        let more =
            more.into_iter().chain([(self.functions.len(), "function", " with new code"), (files, "site file", "")]);
        words.extend(more.filter(|(count, _, _)| *count > 0).map(|(count, what, how)| counted(count, what) + how));
        if words.is_empty() {
            words.push("only invalidations".to_owned());
        }
        words.join(", ")
    }
}

/// `1 stack`, `2 stacks`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The JSON Schema of a plan; `docs/plan.schema.json` holds it.
#[must_use]
pub fn schema() -> String {
    format!("{:#}\n", schemars::schema_for!(Plan).as_value())
}
