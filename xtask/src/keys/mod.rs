//! Key pairs of services: the private half in Secrets Manager and nowhere else, the public half in the stack's template.
//! `state`, `facts` and `tags` decide and are pure, `secret` and `rotation` call Secrets Manager.

mod facts;
mod known;
mod pair;
mod rotation;
mod secret;
mod state;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;

use crate::aws::Aws;
use crate::aws::stacks::LiveStack;
use crate::config::{Config, Key};
use crate::error::Problem;
use crate::plan::unknown;

pub use facts::{Facts, UNMADE};
pub use known::{trusted as trusted_by_cdn, wait as wait_until_known};
pub use pair::Public;
#[cfg(test)]
pub(crate) use pair::placeholder;
pub use state::{Needed, Secret, Version};
pub use tags::Tagging;

/// Where the public half of a version is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The secret's tags, which everybody may read who plans; its values where the tags say nothing.
    Tags,
    /// The secret's values, which are what signs.
    Values,
}

/// Grows to sixteen times this.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The keys of a service, as a deploy of it needs them.
#[derive(Debug, Default)]
pub struct Keys {
    /// For the template.
    pub facts: BTreeMap<String, Facts>,
    /// `<Key>SecretArn`, and `<Key>Version`, the version of the secret that signs.
    pub parameters: BTreeMap<String, String>,
    /// Names of secrets and their versions that sign from this deploy on, as far as that must be written down.
    unrecorded: Vec<(String, String)>,
    /// Names of secrets whose tags do not say yet what their values are.
    untagged: Vec<(String, Tagging)>,
}

/// Looks at the keys that a service names, and makes those that are not there yet.
pub async fn ensure(aws: &Aws, config: &Config, service: &str, live: Option<&LiveStack>) -> anyhow::Result<Keys> {
    let spec = config.app.services.get(service).with_context(|| format!("no service `{service}`"))?;
    let tags = [("app", config.app.app.as_str()), ("environment", &config.env.name), ("service", service)];
    let mut keys = Keys::default();
    for (key, spec) in &spec.keys {
        let name = secret_name(config, service, key);
        let secret = secret::ensure(&aws.secrets, &name, &tags, FIRST_PAUSE).await?;
        keys.add(key, spec, name, secret, signing_version(live, key));
    }
    keys.tag(aws).await?;
    keys.untagged.clear();
    Ok(keys)
}

/// Keys as a look finds them.
#[derive(Debug, Default)]
pub struct Looked {
    /// What is there; of a key that is not there yet, everything is marked as unknown.
    pub keys: Keys,
    /// Keys that a deploy would make, each with the name of its secret.
    pub missing: Vec<(String, String)>,
    /// Keys that are there, whose public halves may not be known, each with the name of its secret. They are marked as unknown.
    pub sealed: Vec<(String, String)>,
}

/// Looks at the keys that a service names, and makes none.
pub async fn look_for(aws: &Aws, config: &Config, service: &str, live: Option<&LiveStack>) -> anyhow::Result<Looked> {
    let spec = config.app.services.get(service).with_context(|| format!("no service `{service}`"))?;
    let mut keys = Keys::default();
    let (mut missing, mut sealed) = (Vec::new(), Vec::new());
    for (key, spec) in &spec.keys {
        let name = secret_name(config, service, key);
        let (arn, version) = match secret::look(&aws.secrets, &name, By::Tags).await? {
            secret::Found::Secret(secret) => {
                keys.add(key, spec, name, *secret, signing_version(live, key));
                continue;
            }
            secret::Found::Sealed(known) => {
                sealed.push((key.clone(), name));
                (known.arn, known.current)
            }
            secret::Found::Absent | secret::Found::Deleted | secret::Found::Unsettled => {
                let unmade = (unknown(&name), unknown(&format!("the first version of {name}")));
                missing.push((key.clone(), name));
                unmade
            }
        };
        keys.facts.insert(key.clone(), Facts::unmade(key, spec));
        keys.parameters.insert(format!("{key}SecretArn"), arn);
        keys.parameters.insert(version_parameter(key), version);
    }
    Ok(Looked { keys, missing, sealed })
}

impl Keys {
    fn add(&mut self, key: &str, spec: &Key, name: String, secret: Secret, live: Option<&str>) {
        let needed = secret.previous_needed(live, Timestamp::now(), spec.grace);
        let trusted = secret.trusted(needed);
        if secret.must_record(live) {
            self.unrecorded.push((name.clone(), secret.current.id.clone()));
        }
        if secret.tagging != Tagging::default() {
            self.untagged.push((name, secret.tagging));
        }
        self.facts.insert(key.to_owned(), Facts::new(secret.current.public, trusted, spec));
        self.parameters.insert(format!("{key}SecretArn"), secret.arn);
        self.parameters.insert(version_parameter(key), secret.current.id);
    }

    /// Writes down that the stack, deployed with these keys, has begun to sign with them: the grace of the keys before
    /// begins here.
    pub async fn record(&self, aws: &Aws) -> anyhow::Result<()> {
        self.tag(aws).await?;
        for (name, version) in &self.unrecorded {
            secret::record(&aws.secrets, name, version, Timestamp::now()).await?;
        }
        Ok(())
    }

    async fn tag(&self, aws: &Aws) -> anyhow::Result<()> {
        for (name, tagging) in &self.untagged {
            secret::tag(&aws.secrets, name, tagging).await?;
        }
        Ok(())
    }
}

/// The secret that holds a key, if there is one with a value.
///
/// # Errors
/// Where AWS cannot be asked, or neither tags nor values may tell the public half.
pub async fn look(client: &Client, name: &str, by: By) -> anyhow::Result<Option<Secret>> {
    match secret::look(client, name, by).await? {
        secret::Found::Secret(secret) => Ok(Some(*secret)),
        secret::Found::Sealed(_) => {
            let text = format!("no tag of the secret `{name}` tells its public half, and its value may not be read");
            Err(Problem::failed(text).hint("the next deploy writes the tag; or use credentials that may deploy").into())
        }
        secret::Found::Absent | secret::Found::Deleted | secret::Found::Unsettled => Ok(None),
    }
}

pub use rotation::{promote, propose, propose_anew};

/// Lets all keys of `before` go but the version that signs now, and sees that they are gone.
pub async fn revoke(client: &Client, name: &str, before: &Secret, signs: &str) -> anyhow::Result<()> {
    rotation::revoke(client, name, before, signs, FIRST_PAUSE).await
}

/// The version that a stack signs with: `None` where there is no stack, `Some("")` where it does not say.
#[must_use]
pub fn signing_version<'a>(live: Option<&'a LiveStack>, key: &str) -> Option<&'a str> {
    Some(live?.parameters.get(&version_parameter(key)).map_or("", String::as_str))
}

/// The name of the secret that holds a service's key.
#[must_use]
pub fn secret_name(config: &Config, service: &str, key: &str) -> String {
    format!("{}/{}/{service}/{key}", config.app.app, config.env.name)
}

fn version_parameter(key: &str) -> String {
    format!("{key}Version")
}
