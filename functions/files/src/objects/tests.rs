//! Presigned uploads, signed without any network.

use aws_sdk_s3::Config;

use super::*;

const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

async fn put(size: i64) -> Put {
    let config = Config::builder().with_test_defaults_v2().build();
    let objects = Objects::new(Client::from_conf(config), "bucket".into());
    let upload = Upload { file_name: "é.html".into(), content_type: "text/html".into(), size, sha256: HASH.into() };
    objects.presign_put("alice/todo/file", &upload).await.expect("a presigned PUT")
}

fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[tokio::test]
async fn length_type_checksum_disposition_caching_and_the_condition_are_signed() {
    for size in [0, 1, 104_857_600] {
        let put = put(size).await;
        assert_eq!(put.method, "PUT");
        let signed = parameter(&put.url, "X-Amz-SignedHeaders").map(|list| list.split("%3B").collect::<Vec<_>>());
        assert_eq!(
            signed.as_deref(),
            Some(
                &[
                    "cache-control",
                    "content-disposition",
                    "content-length",
                    "content-type",
                    "host",
                    "if-none-match",
                    "x-amz-checksum-sha256"
                ][..]
            )
        );
        assert_eq!(parameter(&put.url, "X-Amz-Expires"), Some("900"));
    }
}

#[tokio::test]
async fn the_caller_is_told_exactly_the_headers_that_it_must_send() {
    let headers = put(1).await.headers;
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        headers,
        [
            ("cache-control", "private, max-age=900"),
            ("content-disposition", "attachment; filename*=UTF-8''%C3%A9.html"),
            ("content-type", "text/html"),
            ("if-none-match", "*"),
            ("x-amz-checksum-sha256", HASH),
        ]
    );
}

#[tokio::test]
async fn the_sdk_adds_no_checksum_of_its_own() {
    let put = put(1).await;
    assert!(!put.url.to_lowercase().contains("crc"), "{}", put.url);
    assert!(!put.url.to_lowercase().contains("checksum-algorithm"), "{}", put.url);
}
