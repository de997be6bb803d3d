//! How a deploy goes about it.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::stack::Policy;
use crate::aws::{Aws, Identity};
use crate::build::Form;
use crate::config::{Config, Environment};
use crate::error::Problem;
use crate::plan::{Allowed, Plan};
use crate::previews::Claim;

/// What differs from the usual.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// Put code into functions directly where nothing else of their stack changed.
    pub hotswap: bool,
    /// Keep what succeeded in a stack where something fails, instead of rolling it back.
    pub keep: bool,
    /// How far the CDNs are gone along with.
    pub cdn: Wait,
    /// A further round of one run: what the first one checked, planned, said and asked is not done again, and only what
    /// was asked for is looked into.
    pub again: bool,
    /// Who deploys, shared by the rounds of one run.
    pub session: Session,
    /// Resources that may end although they hold data or others use them.
    pub allowed: Allowed,
    /// What a person is asked once the plan is shown, in every environment. Default: whether to deploy it, and nothing on
    /// this machine.
    pub asks: Option<String>,
    /// The plan that was reviewed: exactly that is deployed, or nothing.
    pub reviewed: Option<Plan>,
    /// Whose environment it is, where a branch gets one.
    pub claim: Option<Claim>,
}

/// How far an invalidation is gone along with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Until it is asked for.
    #[default]
    Asked,
    /// Until every edge has forgotten.
    Ended,
}

/// The clients and who they belong to, found out when they are first needed. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Session(Arc<(OnceCell<Aws>, OnceCell<Identity>)>);

impl Session {
    /// Connections that are open already, else new ones.
    pub(super) async fn open(&self, env: &Environment) -> Aws {
        Box::pin(self.0.0.get_or_init(|| Aws::connect(env))).await.clone()
    }

    /// Who deploys.
    pub(super) async fn identify(&self, env: &Environment) -> anyhow::Result<Identity> {
        let aws = self.open(env).await;
        Box::pin(self.0.1.get_or_try_init(|| aws.identify(env))).await.cloned()
    }
}

impl Manner {
    /// In which form a deploy of this manner asks for code first: what passes by the stacks of an emulator is a link.
    pub(super) fn form(&self, config: &Config) -> Form {
        if self.hotswap && config.env.endpoint().is_some() { Form::Linked } else { Form::Whole }
    }

    /// What the environment wants of its stacks' operations; a protected one is never left half done.
    pub(super) fn policy(&self, config: &Config) -> Result<Policy, Problem> {
        let env = &config.env;
        if self.keep && env.protected {
            let problem =
                Problem::usage(format!("environment `{}` is protected: what fails there is rolled back", env.name));
            return Err(problem.hint("leave `--rollback off` out"));
        }
        Ok(Policy { protect: env.protected, keep: self.keep })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use crate::error::{Exit, exit_of};

    fn policy(environment: &str, keep: bool) -> Result<Policy, Problem> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Manner { keep, ..Manner::default() }.policy(&Config::load(&root, Some(environment)).unwrap())
    }

    #[test]
    fn what_fails_in_a_protected_environment_is_always_rolled_back() {
        assert_eq!(exit_of(&policy("prod", true).unwrap_err().into()), Exit::Usage);
        assert!(policy("prod", false).is_ok_and(|policy| policy.protect && !policy.keep));
        assert!(policy("dev", true).is_ok_and(|policy| !policy.protect && policy.keep));
    }
}
