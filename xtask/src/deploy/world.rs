//! What a deploy finds: every stack with the template that is in force, read once, all at a time.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::Client;
use tokio::task::JoinSet;

use super::status::{self, Act};
use crate::aws::Aws;
use crate::aws::stacks::{self, LiveStack};
use crate::config::Config;
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_CERTIFICATE, BOOTSTRAP_REGION};

/// Where CloudFront takes certificates from (CloudFront Developer Guide, "Requirements for using SSL/TLS").
const CERTIFICATES: &str = "us-east-1";

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
    /// By the names that `shared` gives.
    pub shared: BTreeMap<String, Seen>,
}

impl World {
    /// Looks at all of them.
    pub async fn look(aws: &Aws, config: &Config) -> anyhow::Result<Self> {
        let mut tasks = JoinSet::new();
        let shared = shared(config)
            .into_iter()
            .map(|(name, region)| (true, name.to_owned(), aws.cloudformation_in(region), shared_name(config, name)));
        let services = config
            .app
            .services
            .keys()
            .map(|service| (false, service.clone(), aws.cloudformation.clone(), config.stack_name(service)));
        for (shared, key, client, stack) in shared.chain(services) {
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

    /// What those shared stacks have for templates, by output.
    #[must_use]
    pub fn shared_outputs(&self) -> BTreeMap<String, String> {
        self.shared.values().flat_map(|seen| seen.live.outputs.clone()).collect()
    }

    /// A service's stack.
    #[must_use]
    pub fn live(&self, service: &str) -> Option<&LiveStack> {
        self.services.get(service).map(|seen| &seen.live)
    }
}

/// The stacks of `bootstrap` that an environment builds upon, each with its region.
#[must_use]
pub(crate) fn shared(config: &Config) -> Vec<(&'static str, &str)> {
    let mut all = vec![(BOOTSTRAP_ACCOUNT, config.app.home_region.as_str()), (BOOTSTRAP_REGION, &config.env.region)];
    if config.env.domain.as_ref().is_some_and(|domain| domain.certificate_arn.is_none()) {
        all.push((BOOTSTRAP_CERTIFICATE, CERTIFICATES));
    }
    all
}

/// The name of a stack of `bootstrap`. No environment is in it where all of an account share it.
#[must_use]
pub(crate) fn shared_name(config: &Config, name: &str) -> String {
    match name {
        BOOTSTRAP_CERTIFICATE => format!("{}-{name}-{}", config.app.app, config.env.name),
        _ => format!("{}-{name}", config.app.app),
    }
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

    #[test]
    fn a_certificate_is_of_its_environment_and_of_us_east_1_whatever_the_regions() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut config = Config::load(&root, Some("prod")).unwrap();
        assert_eq!(shared(&config).len(), 2);
        let domain = serde_json::json!({"name": "app.example.com", "hostedZoneId": "Z1"});
        config.env.domain = Some(serde_json::from_value(domain).unwrap());
        assert_eq!(shared(&config)[2..], [(BOOTSTRAP_CERTIFICATE, "us-east-1")]);
        let expected = format!("{}-bootstrap-certificate-prod", config.app.app);
        assert_eq!(shared_name(&config, BOOTSTRAP_CERTIFICATE), expected);
        config.env.domain.as_mut().unwrap().certificate_arn = Some("arn".into());
        assert_eq!(shared(&config).len(), 2, "one that is there already is nobody's to make");
    }

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
