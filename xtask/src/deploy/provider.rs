//! GitHub's OIDC provider, of which an account has one for all of its repositories: `bootstrap` makes it unless somebody else has.

use std::borrow::Cow;

use aws_sdk_cloudformation::types::StackStatus;
use serde_json::Value;

use super::status::{self, Act};
use super::world::{Seen, look, shared_name};
use crate::aws::{Aws, existing, is_denied, stacks};
use crate::config::Config;
use crate::plan::declared;
use crate::render::BOOTSTRAP_ACCOUNT;
use crate::ui::Ui;

/// Whom GitHub's tokens are made for where a role of AWS is taken with them.
const AUDIENCE: &str = "sts.amazonaws.com";

/// The configuration that `bootstrap` goes by. What our own stack has made stays its own; where it has made none, AWS is asked
/// whether somebody else has.
///
/// # Errors
/// Where AWS cannot be asked. One that lets us not is believed to have none, as the configuration says.
pub async fn found<'a>(ui: &Ui, aws: &Aws, config: &'a Config) -> anyhow::Result<Cow<'a, Config>> {
    let account = config.env.account();
    if config.env.endpoint().is_some() || !makes(config) {
        return Ok(Cow::Borrowed(config));
    }
    let home = aws.cloudformation_in(&config.app.home_region);
    let name = shared_name(config, BOOTSTRAP_ACCOUNT);
    let own = match look(&home, &name).await? {
        None => None,
        Some(Seen { template: Some(template), .. }) => Some(template),
        // What a failed creation made has gone with its rollback.
        Some(seen) if seen.live.status == StackStatus::RollbackComplete => None,
        Some(seen) if status::of(&seen.live.status).act == Act::Create => None,
        // In the middle of something, what is there may be of our own making, too: AWS would call it somebody else's.
        Some(_) => Some(stacks::template(&home, &name).await?),
    };
    if own.is_some_and(|template| makes_it(&template)) {
        return Ok(Cow::Borrowed(config));
    }
    let arn =
        format!("arn:{}:iam::{account}:oidc-provider/token.actions.githubusercontent.com", config.env.partition());
    match existing::oidc_provider(&aws.control, &arn).await {
        Ok(Some(properties)) => {
            ui.step("Found", format!("GitHub's OIDC provider in account {account}: it is used as it is"));
            if is_for_others(&properties) {
                ui.warn(format!(
                    "it takes no tokens for `{AUDIENCE}`, so no workflow gets a role: aws iam \
                     add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn} --client-id {AUDIENCE}"
                ));
            }
            Ok(Cow::Owned(elsewhere(config)))
        }
        Ok(None) => Ok(Cow::Borrowed(config)),
        Err(error) if is_denied(&error) => {
            ui.warn(format!(
                "whether account {account} has GitHub's OIDC provider already is not known ({error:#}); if so, add the account to \
                 `github.existingProviders` in config/app.yaml"
            ));
            Ok(Cow::Borrowed(config))
        }
        Err(error) => Err(error),
    }
}

/// The configuration beside an account's stack that is there: its template says whether its bootstrap has found a provider.
pub(super) fn as_decided<'a>(config: &'a Config, seen: Option<&Seen>) -> Cow<'a, Config> {
    let template = seen.and_then(|seen| seen.template.as_deref());
    match template {
        Some(template) if makes(config) && uses_anothers(template) => Cow::Owned(elsewhere(config)),
        _ => Cow::Borrowed(config),
    }
}

/// Whether a provider's properties name audiences, and not ours.
fn is_for_others(properties: &str) -> bool {
    let properties: Value = serde_json::from_str(properties).unwrap_or_default();
    properties["ClientIdList"].as_array().is_some_and(|clients| !clients.iter().any(|one| one == AUDIENCE))
}

fn makes(config: &Config) -> bool {
    config.app.github.as_ref().is_some_and(|github| github.makes_provider(config.env.account()))
}

fn makes_it(template: &str) -> bool {
    declared::has(template, existing::OIDC_PROVIDER)
}

/// Whether the template notes that the account has a provider of somebody else's.
fn uses_anothers(template: &str) -> bool {
    declared::notes(template, "OidcProvider")
}

/// The same with a provider that somebody else has made.
fn elsewhere(config: &Config) -> Config {
    let mut config = config.clone();
    let account = config.env.account().to_owned();
    if let Some(github) = &mut config.app.github {
        github.existing_providers.push(account);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Renderer;
    use crate::ui::Mode;
    use aws_sdk_cloudcontrol::operation::get_resource::{GetResourceError, GetResourceOutput};
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::get_template::GetTemplateOutput;
    use aws_sdk_cloudformation::types::Stack;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use aws_smithy_types::DateTime;
    use aws_smithy_types::error::ErrorMetadata;

    const PROVIDER: &str = "Resources: {P: {Type: 'AWS::IAM::OIDCProvider'}}";
    const NONE: &str = "Resources: {B: {Type: 'AWS::IAM::ManagedPolicy'}}";
    const ANOTHERS: &str = "Metadata: {OidcProvider: existing}\nResources: {B: {Type: 'AWS::IAM::ManagedPolicy'}}";

    fn config() -> Config {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Config::load(&root, Some("dev")).unwrap()
    }

    /// Whether `bootstrap` makes the provider, with our stack's template and what AWS answers when it is asked.
    async fn made(own: &'static str, answer: Result<(), &'static str>) -> anyhow::Result<bool> {
        made_at("UPDATE_COMPLETE", own, answer).await
    }

    async fn made_at(
        status: &'static str,
        own: &'static str,
        answer: Result<(), &'static str>,
    ) -> anyhow::Result<bool> {
        let describe = mock!(aws_sdk_cloudformation::Client::describe_stacks).then_output(move || {
            let stack = Stack::builder().stack_name("s").stack_status(StackStatus::from(status));
            DescribeStacksOutput::builder().stacks(stack.creation_time(DateTime::from_secs(0)).build()).build()
        });
        let template = mock!(aws_sdk_cloudformation::Client::get_template)
            .then_output(move || GetTemplateOutput::builder().template_body(own).build());
        let get = mock!(aws_sdk_cloudcontrol::Client::get_resource).match_requests(|call| {
            let arn = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";
            (call.type_name(), call.identifier()) == (Some("AWS::IAM::OIDCProvider"), Some(arn))
        });
        let get = match answer {
            Ok(()) => get.then_output(|| GetResourceOutput::builder().build()),
            Err(code) => get.then_error(move || GetResourceError::generic(ErrorMetadata::builder().code(code).build())),
        };
        let config = config();
        let aws = Aws::connect(&config.env).await;
        // A client for another region is made of its configuration, the mocks included.
        let cloudformation = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&describe, &template]);
        let control = mock_client!(aws_sdk_cloudcontrol, RuleMode::MatchAny, [&get]);
        let aws = Aws { control, cloudformation, ..aws };
        let found = found(&Ui::unattended(Mode::default()), &aws, &config).await?;
        let text = Renderer::load(&config.root)?.bootstrap(&found, BOOTSTRAP_ACCOUNT)?;
        assert_eq!(get.num_calls(), usize::from(own == NONE), "our own stack is looked at first");
        Ok(text.contains(existing::OIDC_PROVIDER))
    }

    #[tokio::test]
    async fn a_provider_of_somebody_else_is_used_and_one_of_our_own_stays_ours() {
        assert!(made(PROVIDER, Ok(())).await.unwrap());
        assert!(!made(NONE, Ok(())).await.unwrap());
        assert!(made(NONE, Err("ResourceNotFoundException")).await.unwrap());
        for status in ["ROLLBACK_IN_PROGRESS", "UPDATE_IN_PROGRESS", "ROLLBACK_FAILED"] {
            assert!(made_at(status, PROVIDER, Ok(())).await.unwrap(), "{status}: it is of our own making");
        }
        for status in ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"] {
            assert!(!made_at(status, NONE, Ok(())).await.unwrap(), "{status}: nothing is left of ours");
        }
    }

    #[tokio::test]
    async fn who_may_not_ask_goes_by_the_configuration_and_any_other_failure_ends_it() {
        assert!(made(NONE, Err("AccessDeniedException")).await.unwrap());
        assert!(made(NONE, Err("HandlerFailureException")).await.is_err());
    }

    #[test]
    fn a_provider_that_takes_no_tokens_for_us_is_told() {
        assert!(is_for_others(r#"{"ClientIdList": ["sigstore"]}"#) && is_for_others(r#"{"ClientIdList": []}"#));
        assert!(!is_for_others(r#"{"ClientIdList": ["sigstore", "sts.amazonaws.com"]}"#));
        assert!(!is_for_others("{}") && !is_for_others(""), "what is not told is not known");
    }

    #[test]
    fn a_deploy_holds_the_accounts_stack_to_what_its_bootstrap_decided() {
        let seen = |template: Option<&str>| {
            let live = crate::aws::stacks::LiveStack {
                id: "arn".into(),
                status: StackStatus::UpdateComplete,
                reason: String::new(),
                parameters: std::collections::BTreeMap::new(),
                tags: std::collections::BTreeMap::new(),
                outputs: std::collections::BTreeMap::new(),
                termination_protection: false,
            };
            Seen { live, template: template.map(str::to_owned) }
        };
        // One without either is of before GitHub was configured: its bootstrap is due.
        for (template, expected) in [(Some(PROVIDER), true), (Some(NONE), true), (Some(ANOTHERS), false), (None, true)]
        {
            assert_eq!(makes(&as_decided(&config(), Some(&seen(template)))), expected, "{template:?}");
        }
        assert!(makes(&as_decided(&config(), None)));
    }
}
