//! What a template gets to know of a key. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pair::{Public, placeholder};
use crate::config::{Key, Service};

/// Stands for the fingerprint of a key that is not known yet, in the name of its resource.
pub const UNMADE: &str = "KnownAfterDeploy";

/// `keys.<Name>` in a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The key that signs.
    pub current: Public,
    /// The keys whose signatures must be taken, the current one first: one that will sign soon and one that has signed
    /// until a while ago may follow.
    pub trusted: Vec<Public>,
    /// How long a signature is good, in seconds.
    pub lifetime: u64,
}

impl Facts {
    pub(super) fn new(current: Public, trusted: Vec<Public>, spec: &Key) -> Self {
        Self { current, trusted, lifetime: spec.lifetime.seconds() }
    }

    /// The facts of a key that is not made yet, or whose public half nobody tells: fit for a plan, not for a deploy.
    pub(super) fn unmade(key: &str, spec: &Key) -> Self {
        let public = Public { fingerprint: UNMADE.to_owned(), pem: crate::plan::unknown(key) };
        Self::new(public.clone(), vec![public], spec)
    }

    /// The facts of a service's keys where AWS is not asked, for templates to read and to check: as after a rotation,
    /// with two keys, so that all that a template can have is in them. Their private halves are 1 and 2.
    #[must_use]
    pub fn placeholders(service: &Service) -> BTreeMap<String, Self> {
        let trusted: Vec<Public> = [1, 2].into_iter().filter_map(placeholder).collect();
        let facts = |spec| Some(Self::new(trusted.first()?.clone(), trusted.clone(), spec));
        service.keys.iter().filter_map(|(name, spec)| Some((name.clone(), facts(spec)?))).collect()
    }
}
