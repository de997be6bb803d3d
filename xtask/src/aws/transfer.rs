//! What the sync's own client of S3 needs to know of AWS: where a bucket is, who signs, over which transport.

use std::time::Duration;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use site_sync::s3::Endpoint;

use super::{SILENCE, tls};
use crate::error::Problem;

/// The bucket's own URL as the SDK would call it, with a transport of its own. `account` is whose the bucket must be.
pub async fn endpoint(sdk: &SdkConfig, bucket: &str, account: Option<&str>) -> anyhow::Result<Endpoint> {
    let context = || format!("no endpoint for the bucket `{bucket}`");
    let region = sdk.region().with_context(|| format!("no region for the bucket `{bucket}`"))?.to_string();
    let url = match sdk.endpoint_url() {
        // By its path: there is no name that leads to the bucket.
        Some(url) => format!("{}/{bucket}", checked(url)?.trim_end_matches('/')),
        None => on_aws(sdk, bucket, &region).await.with_context(context)?,
    };
    let settings =
        HttpConnectorSettings::builder().connect_timeout(Duration::from_secs(5)).read_timeout(SILENCE).build();
    let builder = Connector::builder().connector_settings(settings);
    // The machine's certificates take longer to read than an emulator to answer.
    let connector = if url.starts_with("http://") { builder.build_http() } else { builder.tls_provider(tls()).build() };
    let credentials = sdk.credentials_provider().context("no credentials are configured")?;
    let (connector, account) = (SharedHttpConnector::new(connector), account.map(str::to_owned));
    Ok(Endpoint { url, region, account, credentials, connector })
}

fn checked(url: &str) -> Result<&str, Problem> {
    let parsed = url.parse::<http::Uri>().ok();
    let known = |uri: &http::Uri| matches!(uri.scheme_str(), Some("http" | "https")) && !url.contains('?');
    if parsed.is_some_and(|uri| known(&uri)) {
        return Ok(url);
    }
    Err(Problem::usage(format!("`{url}` is no URL of an S3")).hint("one is such as `http://127.0.0.1:9000`"))
}

async fn on_aws(sdk: &SdkConfig, bucket: &str, region: &str) -> anyhow::Result<String> {
    let params = Params::builder()
        .bucket(bucket)
        .region(region)
        .use_fips(sdk.use_fips().unwrap_or_default())
        .use_dual_stack(sdk.use_dual_stack().unwrap_or_default());
    let found = DefaultResolver::new().resolve_endpoint(&params.build()?).await.map_err(|error| anyhow::anyhow!(error));
    Ok(found?.url().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::Region;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    async fn url(elsewhere: Option<&str>, bucket: &str) -> anyhow::Result<String> {
        let credentials = SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test"));
        let sdk = SdkConfig::builder().region(Region::new("eu-central-1")).credentials_provider(credentials);
        let mut sdk = sdk.build().into_builder();
        sdk.set_endpoint_url(elsewhere.map(str::to_owned));
        Ok(endpoint(&sdk.build(), bucket, None).await?.url)
    }

    #[tokio::test]
    async fn a_bucket_has_a_name_of_its_own_on_aws_and_is_a_path_elsewhere() {
        assert_eq!(url(None, "docs").await.unwrap(), "https://docs.s3.eu-central-1.amazonaws.com");
        assert_eq!(url(None, "a.b").await.unwrap(), "https://s3.eu-central-1.amazonaws.com/a.b");
        for elsewhere in ["http://127.0.0.1:9000", "http://127.0.0.1:9000/"] {
            assert_eq!(url(Some(elsewhere), "docs").await.unwrap(), "http://127.0.0.1:9000/docs");
        }
        assert_eq!(url(Some("http://store/s3"), "docs").await.unwrap(), "http://store/s3/docs");
    }

    #[tokio::test]
    async fn what_is_no_url_of_an_s3_is_refused_before_anything_is_asked() {
        for elsewhere in ["nonsense", "127.0.0.1:9000", "ftp://store", "http://store?a", ""] {
            let error = url(Some(elsewhere), "docs").await.unwrap_err().downcast::<Problem>().unwrap();
            assert_eq!(error.to_string(), format!("`{elsewhere}` is no URL of an S3"));
        }
    }
}
