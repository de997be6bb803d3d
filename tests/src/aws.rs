//! AWS's own APIs, signed and plain: what the tests need to look behind the app, without an SDK of their own.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4::SigningParams;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::{Call, Deployment, Response};

/// A call of a service with a JSON protocol; `target` is the service's prefix of `x-amz-target`.
fn json_call(service: &str, target: &str, version: &str, body: &Value) -> Value {
    let headers = [("x-amz-target", target.to_owned()), ("content-type", format!("application/x-amz-json-{version}"))];
    signed(service, "POST", "/", &headers, body.to_string().as_bytes()).expect(200)
}

/// A call of `DynamoDB`.
#[must_use]
pub fn dynamodb(action: &str, body: &Value) -> Value {
    json_call("dynamodb", &format!("DynamoDB_20120810.{action}"), "1.0", body)
}

/// A call of SQS.
#[must_use]
pub fn sqs(action: &str, body: &Value) -> Value {
    json_call("sqs", &format!("AmazonSQS.{action}"), "1.0", body)
}

/// A call of `CloudWatch` Logs.
#[must_use]
pub fn logs(action: &str, body: &Value) -> Value {
    json_call("logs", &format!("Logs_20140328.{action}"), "1.1", body)
}

/// A call of Cognito as the pool's administrator.
#[must_use]
pub fn cognito(action: &str, body: &Value) -> Value {
    json_call("cognito-idp", &format!("AWSCognitoIdentityProviderService.{action}"), "1.1", body)
}

/// Runs a function and waits: its answer, or what it failed with.
pub fn invoke(function: &str, event: &Value) -> Result<Value, String> {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let answer = signed("lambda", "POST", &path, &[], event.to_string().as_bytes());
    if answer.status != 200 || !answer.header("x-amz-function-error").is_empty() {
        return Err(format!("{} {}", answer.status, answer.text()));
    }
    Ok(answer.json())
}

/// Replaces a function's execution environments, so that its next call starts anew: AWS does so after every change of a
/// configuration. Its memory is set to what it is.
pub fn start_anew(function: &str) {
    let path = format!("/2015-03-31/functions/{function}/configuration");
    let memory = signed("lambda", "GET", &path, &[], b"").expect(200)["MemorySize"].clone();
    let body = serde_json::json!({"MemorySize": memory}).to_string();
    let _ =
        signed("lambda", "PUT", &path, &[("content-type", "application/json".to_owned())], body.as_bytes()).expect(200);
    crate::eventually("the function is updated", || {
        let now = signed("lambda", "GET", &path, &[], b"").expect(200);
        (now["LastUpdateStatus"] == "Successful" && now["State"] == "Active").then_some(())
    });
}

/// A call of IAM, whose answers are XML.
#[must_use]
pub fn iam(action: &str, parameters: &[(&str, &str)]) -> String {
    let all = [("Action", action), ("Version", "2010-05-08")];
    let pairs = all.iter().chain(parameters);
    let form: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    let answer = signed("iam", "POST", "/", &headers, form.join("&").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

/// The text of every `<tag>` in an answer of IAM or S3.
#[must_use]
pub fn texts(xml: &str, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let inner = xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap());
    inner.map(|text| text.replace("&quot;", "\"").replace("&amp;", "&")).collect()
}

/// A role's inline policy of this name.
#[must_use]
pub fn role_policy(role: &str, policy: &str) -> Value {
    let xml = iam("GetRolePolicy", &[("RoleName", role), ("PolicyName", policy)]);
    let document = texts(&xml, "PolicyDocument").remove(0);
    serde_json::from_str(&percent_decode_str(&document).decode_utf8().unwrap()).unwrap()
}

/// Replaces a role's inline policy.
pub fn put_role_policy(role: &str, policy: &str, document: &Value) {
    let document = document.to_string();
    let _ = iam("PutRolePolicy", &[("RoleName", role), ("PolicyName", policy), ("PolicyDocument", &document)]);
}

/// The keys of a bucket's objects with this prefix, up to 1,000.
#[must_use]
pub fn keys(bucket: &str, prefix: &str) -> Vec<String> {
    let prefix = utf8_percent_encode(prefix, NON_ALPHANUMERIC);
    let answer = signed("s3", "GET", &format!("/{bucket}?list-type=2&prefix={prefix}"), &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    texts(&answer.text(), "Key")
}

/// Puts an object with the administrator's rights.
pub fn put_object(bucket: &str, key: &str, bytes: &[u8]) {
    let answer = signed("s3", "PUT", &format!("/{bucket}/{key}"), &[], bytes);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Deletes an object behind the app's back.
pub fn delete_object(bucket: &str, key: &str) {
    let _ = signed("s3", "DELETE", &format!("/{bucket}/{key}"), &[], b"").expect(204);
}

/// Attempts of a call that the service fails at, as AWS's SDKs make by default (SDKs reference, "Retry behavior").
const ATTEMPTS: usize = 3;

/// A signed call, repeated where the service failed: the emulator answers 500 to who reads a list that is just growing.
fn signed(service: &str, method: &'static str, path: &str, headers: &[(&str, String)], body: &[u8]) -> Response {
    let mut answer = attempt(service, method, path, headers, body);
    for _ in 1..ATTEMPTS {
        if answer.status < 500 {
            break;
        }
        answer = attempt(service, method, path, headers, body);
    }
    answer
}

fn attempt(service: &str, method: &'static str, path: &str, headers: &[(&str, String)], body: &[u8]) -> Response {
    let deployment = Deployment::get();
    let url = format!("{}{path}", deployment.output("aws", "endpoint"));
    let administrator = Credentials::new("test", "test", None, None, "tests");
    let call = call(administrator, (service, deployment.output("aws", "region")), (method, &url), (headers, body));
    if method == "GET" { call.send() } else { call.body(body).send() }
}

/// What S3 answers to whoever asks, without a body.
#[must_use]
pub fn s3_as(who: Credentials, region: &str, method: &'static str, url: &str) -> Response {
    call(who, ("s3", region), (method, url), (&[], b"")).send()
}

/// A call with its signature, and still without its body.
fn call(
    who: Credentials,
    (service, region): (&str, &str),
    (method, url): (&'static str, &str),
    (headers, body): (&[(&str, String)], &[u8]),
) -> Call {
    let identity = who.into();
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let signed_headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let request = SignableRequest::new(method, url, signed_headers, SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let mut call = Call::new(method, url);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    for (name, value) in instructions.headers() {
        call = call.header(name, value);
    }
    call
}
