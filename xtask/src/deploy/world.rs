//! What a deploy finds: every stack with the template that is in force, read once, all at a time.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::Client;
use tokio::task::JoinSet;

use super::status::{self, Act};
use crate::aws::Aws;
use crate::aws::stacks::{self, LiveStack};
use crate::config::Config;
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION};

/// A stack as it was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its status, parameters, tags and outputs.
    pub live: LiveStack,
    /// The template in force, or of the operation that failed and kept what had succeeded; none in any other state.
    pub template: Option<String>,
}

/// Every stack of an environment, and those that its account and region share.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// By service.
    pub services: BTreeMap<String, Seen>,
    /// `BOOTSTRAP_ACCOUNT` and `BOOTSTRAP_REGION`.
    pub shared: BTreeMap<String, Seen>,
}

impl World {
    /// Looks at all of them.
    pub async fn look(aws: &Aws, config: &Config) -> anyhow::Result<Self> {
        let home = aws.cloudformation_in(&config.app.home_region);
        let mut tasks = JoinSet::new();
        let shared = [(BOOTSTRAP_ACCOUNT, home), (BOOTSTRAP_REGION, aws.cloudformation.clone())];
        let shared = shared.map(|(name, client)| (true, name.to_owned(), client, shared_name(config, name)));
        let services = config
            .app
            .services
            .keys()
            .map(|service| (false, service.clone(), aws.cloudformation.clone(), config.stack_name(service)));
        for (shared, key, client, stack) in shared.into_iter().chain(services) {
            tasks.spawn(async move { anyhow::Ok((shared, key, look(&client, &stack).await?)) });
        }
        let mut world = Self::default();
        while let Some(one) = tasks.join_next().await {
            let (shared, key, seen) = one??;
            let list = if shared { &mut world.shared } else { &mut world.services };
            list.extend(seen.map(|seen| (key, seen)));
        }
        Ok(world)
    }

    /// The services whose stacks have outputs, so that others can be wired to them.
    #[must_use]
    pub fn whole(&self) -> BTreeSet<String> {
        let whole = self.services.iter().filter(|(_, seen)| !seen.live.outputs.is_empty());
        whole.map(|(name, _)| name.clone()).collect()
    }

    /// A service's stack.
    #[must_use]
    pub fn live(&self, service: &str) -> Option<&LiveStack> {
        self.services.get(service).map(|seen| &seen.live)
    }
}

/// The name of a stack that all environments of an account share: no environment in it.
#[must_use]
pub(crate) fn shared_name(config: &Config, name: &str) -> String {
    format!("{}-{name}", config.app.app)
}

/// One stack with its template, or `None` where there is none.
pub(super) async fn look(client: &Client, name: &str) -> anyhow::Result<Option<Seen>> {
    let Some(live) = stacks::describe(client, name).await? else { return Ok(None) };
    let template = if settled(&live) { Some(stacks::template(client, name).await?) } else { None };
    Ok(Some(Seen { live, template }))
}

/// Whether the stack has a template that can be compared.
fn settled(live: &LiveStack) -> bool {
    matches!(status::of(&live.status).act, Act::Compare | Act::GoOn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::get_template::GetTemplateOutput;
    use aws_sdk_cloudformation::primitives::DateTime;
    use aws_sdk_cloudformation::types::{Stack, StackStatus};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    #[tokio::test]
    async fn a_settled_stack_costs_one_describe_and_one_template() {
        let describe = mock!(Client::describe_stacks).then_output(|| {
            let stack = Stack::builder().stack_name("demo").stack_status(StackStatus::UpdateComplete);
            let stack = stack.creation_time(DateTime::from_secs(0)).build();
            DescribeStacksOutput::builder().stacks(stack).build()
        });
        let template = mock!(Client::get_template)
            .then_output(|| GetTemplateOutput::builder().template_body("Resources: {}").build());
        let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&describe, &template]);
        let seen = look(&client, "demo").await.unwrap().unwrap();
        assert_eq!(seen.template.as_deref(), Some("Resources: {}"));
        assert_eq!((describe.num_calls(), template.num_calls()), (1, 1));
    }
}
