//! Which names belong to an environment. Pure.

use std::collections::BTreeSet;

/// An environment's names: `{app}-{environment}-…`, but not those of an environment whose name only starts alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// With the hyphen at its end.
    pub(super) prefix: String,
    /// With the slash at its end.
    pub(super) secrets: String,
    longer: BTreeSet<String>,
}

impl Scope {
    pub(super) fn new(app: &str, environment: &str, others: impl IntoIterator<Item = String>) -> Self {
        let prefix = format!("{app}-{environment}-");
        let others = others.into_iter().map(|other| format!("{app}-{other}-"));
        let longer = others.filter(|other| *other != prefix && other.starts_with(&prefix)).collect();
        Self { prefix, secrets: format!("{app}/{environment}/"), longer }
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        name.starts_with(&self.prefix) && !self.longer.iter().any(|other| name.starts_with(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_environments_names_are_its_own() {
        let scope = Scope::new("demo", "dev", ["dev".to_owned(), "dev-2".to_owned(), "prod".to_owned()]);
        for own in ["demo-dev-auth", "demo-dev-2x", "demo-dev-files-111111111111-eu-central-1"] {
            assert!(scope.holds(own), "{own}");
        }
        for other in ["demo-dev-2-auth", "demo-prod-auth", "demo-develop-auth", "demo-dev", "x-demo-dev-auth"] {
            assert!(!scope.holds(other), "{other}");
        }
        assert_eq!(scope.secrets, "demo/dev/");
    }
}
