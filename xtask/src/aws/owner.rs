//! Names the account that a bucket must belong to in every call of S3: bucket names are anybody's to take and easy to guess.

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

/// S3 refuses a call with this header where another account owns the bucket (S3 User Guide, "Verifying bucket ownership with
/// bucket owner condition").
const HEADER: &str = "x-amz-expected-bucket-owner";

/// The account's number.
#[derive(Clone, Debug)]
pub(super) struct Owner(pub(super) String);

impl Intercept for Owner {
    fn name(&self) -> &'static str {
        "expected bucket owner"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The only call that is about no bucket.
        if config.load::<Metadata>().is_none_or(|operation| operation.name() != "ListBuckets") {
            context.request_mut().headers_mut().try_insert(HEADER, self.0.clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// The head of the request that a call sends, in lower case; it is answered by 404.
    pub(in super::super) async fn sent<T>(call: impl AsyncFnOnce(Client) -> T) -> String {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(format!("http://{}", server.local_addr().unwrap()))
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .interceptor(Owner("111111111111".into()))
            .build();
        let client = Client::from_conf(config);
        let answer = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .await
                .unwrap();
            String::from_utf8(head).unwrap().to_lowercase()
        });
        call(client).await;
        answer.await.unwrap()
    }

    /// The names of the headers that its signature covers.
    pub(in super::super) fn signed(head: &str) -> &str {
        head.lines().find(|line| line.starts_with("authorization")).unwrap()
    }

    #[tokio::test]
    async fn every_call_about_a_bucket_names_its_owner_under_the_signature() {
        let head = sent(async |client| client.head_object().bucket("demo").key("k").send().await.unwrap_err()).await;
        assert!(head.contains("x-amz-expected-bucket-owner: 111111111111"), "{head}");
        assert!(signed(&head).contains("x-amz-expected-bucket-owner"), "{head}");
        let head = sent(async |client| client.list_buckets().send().await.unwrap_err()).await;
        assert!(!head.contains("x-amz-expected-bucket-owner"), "{head}");
    }
}
