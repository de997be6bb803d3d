//! `config/app.yaml`: the services, their stacks, and how they are wired.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GitHub, OutputRef, Span, Value};

/// What the application is made of; nothing in it knows an environment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct App {
    /// The application's name, the first part of every name on AWS: 2 to 12 characters of `a-z0-9`.
    pub app: String,
    /// The environment that commands use where neither `--env` nor `--branch` is given.
    pub default_environment: String,
    /// The region of the account's own stack, one for all environments: what it holds is global.
    pub home_region: String,
    /// Branch → environment, for `--branch` and the pipelines.
    #[serde(default)]
    pub branches: BTreeMap<String, String>,
    /// Environments of other branches, for a while: `cargo xtask env`. Without this there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previews: Option<Previews>,
    /// Whose workflows may deploy; without this `bootstrap` makes no roles for CI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHub>,
    /// Named whole numbers for templates and the site; an environment may override each.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// How long what deploys leave in the artifact bucket is kept.
    #[serde(default)]
    pub releases: Retention,
    /// The services by name.
    pub services: BTreeMap<String, Service>,
}

/// Environments that a branch gets for a while. Each is a copy of another environment's file, with a name of its own and
/// without its domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Previews {
    /// The environment whose file they go by; not a protected one.
    pub like: String,
    /// How long one lives after its last deploy; an hour or more. Default: 48 hours.
    #[serde(default = "Previews::default_ttl")]
    pub ttl: Span,
}

impl Previews {
    /// The shortest life: a first deploy must come to its end within it, and a CDN takes a while.
    pub const SHORTEST: Span = Span::minutes(60);

    const fn default_ttl() -> Span {
        Span::minutes(48 * 60)
    }
}

/// What `releases prune` keeps. What a live environment runs is kept in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retention {
    /// Releases of each live environment, whatever their age. Default: 20.
    #[schemars(range(min = 1))]
    pub keep: u32,
    /// Days for which everything is kept, whatever it is. Default: 30.
    #[schemars(range(min = 1))]
    pub days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep: 20, days: 30 }
    }
}

/// One service: a stack, perhaps with code, perhaps with a site.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The stack's template, a file below `stacks/`.
    pub stack: PathBuf,
    /// The workspace's package whose binary is the service's one artifact.
    #[serde(default, rename = "crate", skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The functions in the stack; the binary picks its handler by these names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Stack parameter → output of another service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, OutputRef>,
    /// Key pairs that the deployer makes and rotates: `X` gives the parameters `XSecretArn` and `XVersion`, and the
    /// template `keys.X`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, Key>,
    /// Static files behind the stack's bucket and distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
}

/// A key pair that signs what is good for a while.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    /// How long a signature is good. Default: 15 minutes.
    #[serde(default = "Key::default_lifetime")]
    pub lifetime: Span,
    /// How long a key stays trusted after another one has begun to sign; longer than `lifetime`. Default: 1 hour.
    #[serde(default = "Key::default_grace")]
    pub grace: Span,
}

impl Key {
    const fn default_lifetime() -> Span {
        Span::minutes(15)
    }

    const fn default_grace() -> Span {
        Span::minutes(60)
    }
}

/// A static site that npm builds; its stack has the outputs `BucketName`, `DistributionId` and `SiteUrl`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Site {
    /// The npm project's folder.
    pub source: PathBuf,
    /// The folder that `npm run build` writes, below `source`.
    pub output: PathBuf,
    /// Keys of `config.<hash>.json`.
    #[serde(default)]
    pub config: BTreeMap<String, Value>,
    /// Directives of the meta Content-Security-Policy that name other services' hosts.
    #[serde(default)]
    pub csp: BTreeMap<String, Vec<OutputRef>>,
    /// What is different for some of the files: content type, caching, encoding, disposition; docs/sync.md.
    #[serde(default)]
    pub rules: Vec<site_sync::Rule>,
}

impl Site {
    /// The outputs that must be known before the site is written.
    pub fn needs(&self) -> impl Iterator<Item = &OutputRef> {
        let config = self.config.values().filter_map(|value| match value {
            Value::Output(reference) => Some(reference),
            Value::Limit(_) | Value::Region => None,
        });
        config.chain(self.csp.values().flatten())
    }
}
