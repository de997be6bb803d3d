//! Findings of whole templates, and what becomes of them.

use super::*;
use crate::aws::stacks::LiveStack;
use crate::config::environments;
use crate::render::BOOTSTRAP_REGION;
use crate::ui::Mode;
use aws_sdk_cloudformation::operation::validate_template::{ValidateTemplateError, ValidateTemplateOutput};
use aws_sdk_s3::operation::head_bucket::HeadBucketOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use std::path::Path;

#[test]
fn several_findings_are_told_together_each_with_what_to_do() {
    let one = |weight, stack: &str| Finding {
        weight,
        stack: stack.into(),
        problem: "too long".into(),
        remedy: "shorten it".into(),
    };
    let ui = Ui::unattended(Mode::default());
    let found = [one(Weight::Stops, "a"), one(Weight::Notice, "c"), one(Weight::Stops, "b")];
    let error = refuse(&ui, "a deploy to `dev`", &found).unwrap_err().to_string();
    insta::assert_snapshot!(error, @r"
    2 things stand in the way of a deploy to `dev`:
      `a`: too long
        shorten it
      `b`: too long
        shorten it
    ");
    assert!(refuse(&ui, "a deploy", &[]).is_ok());
    assert!(refuse(&ui, "a deploy", &[one(Weight::Notice, "c")]).is_ok(), "a notice stops nothing");
}

#[test]
fn nothing_stands_in_the_way_of_the_templates_of_any_environment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let renderer = Renderer::load(root).unwrap();
    let mut named = 0;
    for environment in environments(root) {
        let config = Config::load(root, Some(&environment)).unwrap();
        for name in config.app.services.keys() {
            let text = renderer.offline(&config, name).unwrap();
            let one = wanted(&config.stack_name(name), &text, None).unwrap().unwrap();
            assert_eq!(still(&config, &one), []);
            named += names::of(&config, &one.stack, &one.template).len();
        }
    }
    assert!(named > 100, "only {named} names");
}

/// A place where every bucket is there already and every template is taken, and what S3 was asked.
async fn taken() -> (Config, Aws, Rule) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let config = Config::load(root, Some("local")).unwrap();
    let there = mock!(aws_sdk_s3::Client::head_bucket).then_output(|| HeadBucketOutput::builder().build());
    let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&there]);
    let valid = validation(None);
    let cloudformation = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&valid]);
    let aws = Aws { cloudformation, s3, ..Aws::connect(&config.env).await };
    (config, aws, there)
}

/// What is found of a stack with one bucket, beside what is in force, and how often S3 was asked.
async fn bucket(live: Option<&str>) -> (Vec<Finding>, usize) {
    let template = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: demo}}}";
    let (config, aws, there) = taken().await;
    let live = live.map(|text| Seen { live: stack(), template: Some(text.to_owned()) });
    let seen = live.map(|seen| ("orders".to_owned(), seen)).into_iter().collect();
    let templates = BTreeMap::from([("orders".to_owned(), template.to_owned())]);
    (look(&aws, &config, &templates, &seen).await.unwrap(), there.num_calls())
}

/// CloudFormation's answer to every template: it takes them, or refuses with a code.
fn validation(refused: Option<&'static str>) -> Rule {
    match refused {
        None => mock!(aws_sdk_cloudformation::Client::validate_template)
            .then_output(|| ValidateTemplateOutput::builder().build()),
        Some(code) => mock!(aws_sdk_cloudformation::Client::validate_template).then_error(move || {
            let about = ErrorMetadata::builder().code(code).message("Unrecognized resource types: [A::B::C]").build();
            ValidateTemplateError::generic(about)
        }),
    }
}

/// What is found of a template that CloudFormation answers so to.
async fn validated(refused: Option<&'static str>) -> Vec<Finding> {
    let rule = validation(refused);
    let cloudformation = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&rule]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let config = Config::load(root, Some("local")).unwrap();
    let aws = Aws { cloudformation, ..Aws::connect(&config.env).await };
    let templates = BTreeMap::from([("orders".to_owned(), "Resources: {A: {Type: 'A::B::C'}}".to_owned())]);
    look(&aws, &config, &templates, &BTreeMap::new()).await.unwrap()
}

#[tokio::test]
async fn a_template_that_cloudformation_does_not_take_is_in_the_way() {
    assert_eq!(validated(None).await, []);
    let found = validated(Some("ValidationError")).await;
    assert_eq!((found.len(), found[0].weight), (1, Weight::Stops));
    assert!(found[0].problem.contains("Unrecognized resource types: [A::B::C]"), "{found:?}");
}

#[tokio::test]
async fn what_may_not_be_asked_is_told_and_stops_nothing() {
    let found = validated(Some("AccessDenied")).await;
    assert_eq!((found.len(), found[0].weight), (1, Weight::Notice));
    assert!(found[0].problem.contains("is not known") && found[0].problem.contains("AccessDenied"), "{found:?}");
}

fn stack() -> LiveStack {
    LiveStack {
        id: String::new(),
        status: aws_sdk_cloudformation::types::StackStatus::CreateComplete,
        reason: String::new(),
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        outputs: BTreeMap::new(),
        termination_protection: false,
    }
}

#[tokio::test]
async fn a_bucket_that_no_stack_of_ours_owns_is_in_the_way() {
    let (found, _) = bucket(None).await;
    assert!(found[0].problem.contains("S3 Bucket `demo` is there already"), "{found:?}");
    let other = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: another}}}";
    assert_eq!(bucket(Some(other)).await.0.len(), 1);
}

#[tokio::test]
async fn what_our_stack_owns_is_in_nobodys_way_and_an_unchanged_stack_costs_no_call() {
    let same = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: demo}}}";
    assert_eq!(bucket(Some(same)).await, (vec![], 0));
    assert_eq!(bucket(Some(&format!("{same}\nOutputs: {{}}"))).await, (vec![], 0));
}

#[tokio::test]
async fn what_stands_in_the_way_of_bootstrap_is_told_too() {
    let (config, aws, _) = taken().await;
    let stacks = shared::wanted_all(&config).unwrap();
    let region: Vec<SharedStack> = stacks.into_iter().filter(|one| one.key == BOOTSTRAP_REGION).collect();
    let found = look_at_shared(&aws, &config, &region).await.unwrap();
    assert!(found[0].problem.contains("S3 Bucket `") && found[0].problem.contains("is there already"), "{found:?}");
    assert_eq!(found[0].stack, region[0].wanted.name);
}
