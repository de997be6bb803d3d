//! Templates that are too long for a request: in the artifact bucket, under the digest of their text.

use crate::aws::Aws;
use crate::aws::stacks::INLINE_TEMPLATE;
use crate::config::{Config, dns_suffix};
use crate::digest::sha256;
use crate::releases::fresh;

/// Where a template must be put that is too long for a request.
pub(super) async fn place((aws, config): (&Aws, &Config), template: &str) -> anyhow::Result<Option<String>> {
    if template.len() <= INLINE_TEMPLATE {
        return Ok(None);
    }
    let (bucket, digest) = (config.artifact_bucket(), sha256(template));
    let key = format!("template/{digest}.yaml");
    fresh::put(aws, config, &key, (template.as_bytes().to_vec(), &digest)).await?;
    if let Some(endpoint) = config.env.endpoint() {
        return Ok(Some(format!("{endpoint}/{bucket}/{key}")));
    }
    let suffix = dns_suffix(config.env.partition()).unwrap_or("amazonaws.com");
    Ok(Some(format!("https://{bucket}.s3.{}.{suffix}/{key}", config.env.region)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::operation::head_object::HeadObjectOutput;
    use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
    use aws_sdk_s3::primitives::{ByteStream, DateTime};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    /// Where a long template goes, with these bytes under its name already.
    async fn placed(there: Option<String>) -> anyhow::Result<Option<String>> {
        let taken = there.is_some();
        let put = mock!(Client::put_object).match_requests(|call| call.if_none_match() == Some("*"));
        let put = if taken {
            put.then_error(|| PutObjectError::generic(ErrorMetadata::builder().code("PreconditionFailed").build()))
        } else {
            put.then_output(|| PutObjectOutput::builder().build())
        };
        let now = jiff::Timestamp::now().as_second();
        let head = mock!(Client::head_object)
            .then_output(move || HeadObjectOutput::builder().last_modified(DateTime::from_secs(now)).build());
        let get = mock!(Client::get_object).then_output(move || {
            GetObjectOutput::builder().body(ByteStream::from(there.clone().unwrap_or_default().into_bytes())).build()
        });
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("dev")).unwrap();
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put, &head, &get]);
        let aws = Aws { s3, ..Aws::connect(&config.env).await };
        place((&aws, &config), &long()).await
    }

    fn long() -> String {
        "#".repeat(INLINE_TEMPLATE + 1)
    }

    #[tokio::test]
    async fn a_long_template_goes_to_the_bucket_and_what_lies_there_must_be_the_same() {
        let url = placed(None).await.unwrap().unwrap();
        assert!(url.ends_with(&format!("/template/{}.yaml", sha256(long()))), "{url}");
        assert_eq!(placed(Some(long())).await.unwrap(), Some(url));
        let error = placed(Some("Resources: {}".into())).await.unwrap_err().to_string();
        assert!(error.contains("has other bytes than its name says"), "{error}");
    }
}
