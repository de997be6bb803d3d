//! What the sync's own client of S3 needs to know of AWS: where a bucket is, who signs, over which transport.

use std::time::Duration;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use site_sync::s3::Endpoint;

use super::{SILENCE, tls};

/// The bucket's own URL as the SDK would call it, with a transport of its own. `account` is whose the bucket must be.
pub async fn endpoint(sdk: &SdkConfig, bucket: &str, account: Option<&str>) -> anyhow::Result<Endpoint> {
    let context = || format!("no endpoint for the bucket `{bucket}`");
    let region = sdk.region().with_context(|| format!("no region for the bucket `{bucket}`"))?.to_string();
    let params = Params::builder()
        .bucket(bucket)
        .region(&region)
        .use_fips(sdk.use_fips().unwrap_or_default())
        .use_dual_stack(sdk.use_dual_stack().unwrap_or_default())
        .set_endpoint(sdk.endpoint_url().map(str::to_owned))
        .force_path_style(sdk.endpoint_url().is_some());
    let params = params.build().with_context(context)?;
    let found = DefaultResolver::new().resolve_endpoint(&params).await.map_err(|error| anyhow::anyhow!(error));
    let url = found.with_context(context)?.url().trim_end_matches('/').to_owned();
    let settings =
        HttpConnectorSettings::builder().connect_timeout(Duration::from_secs(5)).read_timeout(SILENCE).build();
    let builder = Connector::builder().connector_settings(settings);
    // The machine's certificates take longer to read than an emulator to answer.
    let connector = if url.starts_with("http://") { builder.build_http() } else { builder.tls_provider(tls()).build() };
    let credentials = sdk.credentials_provider().context("no credentials are configured")?;
    let (connector, account) = (SharedHttpConnector::new(connector), account.map(str::to_owned));
    Ok(Endpoint { url, region, account, credentials, connector })
}
