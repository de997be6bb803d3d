//! `keys list|rotate`.

mod list;
mod rotate;

use jiff::Timestamp;

use super::Ctx;
use crate::aws::Aws;
use crate::cli::KeysCommand;
use crate::config::{Config, Key};
use crate::deploy::observe;
use crate::error::{Problem, suggestion};
use crate::keys::{self, By, Needed, Secret};

pub(super) async fn run(command: KeysCommand, ctx: &Ctx) -> anyhow::Result<()> {
    match command {
        KeysCommand::List(args) => list::run(args, ctx).await,
        KeysCommand::Rotate(args) => rotate::run(args, ctx).await,
    }
}

/// A key of the configuration.
#[derive(Clone, Debug)]
struct Named {
    service: String,
    key: String,
    spec: Key,
    /// Of its secret.
    secret: String,
}

/// A key as it is on AWS.
#[derive(Clone, Debug)]
struct Seen {
    named: Named,
    secret: Secret,
    /// The version that the stack signs with; `None` where there is no stack.
    live: Option<String>,
    needed: Needed,
}

/// The keys that are asked for: all, or those of a service, or of a name.
fn select(config: &Config, service: Option<&str>, key: Option<&str>) -> Result<Vec<Named>, Problem> {
    let known = |what: &str, given: Option<&str>, names: Vec<&str>| match given {
        Some(given) if !names.contains(&given) => {
            let hint = suggestion(given, "known", &names);
            Err(Problem::usage(format!("no {what} `{given}` with a key in config/app.yaml")).hint(hint))
        }
        _ => Ok(()),
    };
    let with_keys = config.app.services.iter().filter(|(_, spec)| !spec.keys.is_empty());
    known("service", service, with_keys.clone().map(|(name, _)| name.as_str()).collect())?;
    let asked = with_keys.filter(|(name, _)| service.is_none_or(|asked| asked == name.as_str()));
    known("key", key, asked.clone().flat_map(|(_, spec)| spec.keys.keys()).map(String::as_str).collect())?;
    let all = asked.flat_map(|(service, spec)| spec.keys.iter().map(move |(name, spec)| (service, name, spec)));
    let wanted = all.filter(|(_, name, _)| key.is_none_or(|asked| asked == name.as_str()));
    Ok(wanted
        .map(|(service, name, spec)| Named {
            service: service.clone(),
            key: name.clone(),
            spec: spec.clone(),
            secret: keys::secret_name(config, service, name),
        })
        .collect())
}

/// Looks at keys; those that have not been made yet are left out.
async fn look(aws: &Aws, config: &Config, wanted: &[Named], by: By) -> anyhow::Result<Vec<Seen>> {
    let stacks = observe(aws, config).await?;
    let mut seen = Vec::new();
    for named in wanted {
        let Some(secret) = keys::look(&aws.secrets, &named.secret, by).await? else { continue };
        let live = keys::signing_version(stacks.get(&named.service), &named.key).map(str::to_owned);
        let needed = secret.previous_needed(live.as_deref(), Timestamp::now(), named.spec.grace);
        seen.push(Seen { named: named.clone(), secret, live, needed });
    }
    Ok(seen)
}
