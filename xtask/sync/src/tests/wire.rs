//! What goes over the wire, and what its answers mean: S3 is a script here.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;

use super::block;
use crate::s3::{Bucket, Endpoint};
use crate::store::{Body, Object, Pieces, Store, Stored, When};
use crate::{Digest, Files, Headers, PART, Problem, State, Tag, Work};

/// Status, headers and body of an answer.
type Answer = (u16, Vec<(&'static str, String)>, String);

type Answers = Box<dyn FnMut(&str, usize) -> Answer + Send>;

/// Answers by a function of the request's first line and of how many came before.
struct Script {
    answers: Mutex<Answers>,
    seen: Arc<Mutex<Vec<HttpRequest>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut seen = self.seen.lock().unwrap();
        let line = line(&request);
        let (status, headers, body) = (self.answers.lock().unwrap())(&line, seen.len());
        seen.push(request);
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn line(request: &HttpRequest) -> String {
    format!("{} {}", request.method(), request.uri().trim_start_matches("http://s3.test"))
}

type Seen = Arc<Mutex<Vec<HttpRequest>>>;

fn bucket(prefix: &str, answers: impl FnMut(&str, usize) -> Answer + Send + 'static) -> (Bucket, Seen) {
    let seen = Seen::default();
    let script = Script { answers: Mutex::new(Box::new(answers)), seen: Arc::clone(&seen) };
    (over(script, prefix), seen)
}

/// A bucket that is reached over this transport.
pub(super) fn over(connector: impl HttpConnector + 'static, prefix: &str) -> Bucket {
    let endpoint = Endpoint {
        url: "http://s3.test".to_owned(),
        region: "eu-central-1".to_owned(),
        account: Some("123456789012".to_owned()),
        credentials: SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")),
        connector: SharedHttpConnector::new(connector),
    };
    Bucket::new(endpoint, "bucket", prefix, None)
}

fn lines(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(line).collect()
}

fn ok(body: &str) -> Answer {
    (200, vec![("etag", "\"e\"".to_owned())], body.to_owned())
}

fn refusal(status: u16, code: &str) -> Answer {
    (status, Vec::new(), format!("<Error><Code>{code}</Code><Message>m</Message></Error>"))
}

fn object(key: &str) -> Object {
    let bytes = Bytes::from_static(b"abc");
    let headers = Headers { content_type: "text/plain".to_owned(), ..Headers::default() };
    Object { key: key.to_owned(), headers, body: Body::Bytes(bytes.clone(), Digest::of(&bytes)) }
}

#[test]
fn a_put_is_signed_conditional_and_carries_digest_headers_and_owner() {
    block(async {
        let (bucket, seen) = bucket("docs", |_, _| ok(""));
        let stored = bucket.put(object("a b+%é.txt"), When::Etag("\"old\"".into())).await.unwrap().unwrap();
        assert_eq!(stored, Stored { etag: "\"e\"".into(), digest: Digest::of(b"abc") });
        assert_eq!(lines(&seen), ["PUT /docs/a%20b%2B%25%C3%A9.txt"]);
        let seen = seen.lock().unwrap();
        let header = |name: &str| seen[0].headers().get(name).unwrap_or_default().to_owned();
        assert_eq!(header("if-match"), "\"old\"");
        assert_eq!(header("content-type"), "text/plain");
        assert_eq!(header("x-amz-expected-bucket-owner"), "123456789012");
        assert_eq!(header("x-amz-content-sha256"), Digest::of(b"abc").hex());
        assert_eq!(header("x-amz-checksum-sha256"), Digest::of(b"abc").base64());
        let signed = header("authorization");
        assert!(
            signed.contains("if-match;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-expected"),
            "{signed}"
        );
    });
}

#[test]
fn a_condition_that_does_not_hold_is_an_answer_and_a_lost_answer_meets_itself() {
    block(async {
        let (lost, _) = bucket("", |_, _| refusal(412, "PreconditionFailed"));
        assert_eq!(lost.put(object("k"), When::Absent).await.unwrap(), None);
        // The first attempt took effect, its answer was a 500; the second one meets what the first one wrote.
        let (own, seen) = bucket("", |line, number| match (line.starts_with("GET"), number) {
            (true, _) => ok("abc"),
            (false, 0) => refusal(500, "InternalError"),
            (false, _) => refusal(412, "PreconditionFailed"),
        });
        assert!(own.put(object("k"), When::Absent).await.unwrap().is_some());
        assert_eq!(lines(&seen), ["PUT /k", "PUT /k", "GET /k"]);
        let (denied, _) = bucket("", |_, _| refusal(403, "AccessDenied"));
        let error = denied.put(object("k"), When::Always).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "cannot write `s3://bucket/k`: AccessDenied: m");
        assert!(error.chain().any(|cause| cause.downcast_ref::<Problem>().is_some_and(|one| one.hint.is_some())));
    });
}

#[test]
fn slow_down_is_repeated() {
    block(async {
        let (bucket, seen) = bucket("", |_, number| if number < 2 { refusal(503, "SlowDown") } else { ok("") });
        assert!(bucket.put(object("k"), When::Always).await.unwrap().is_some());
        assert_eq!(lines(&seen).len(), 3);
    });
}

#[test]
fn what_is_made_in_pieces_is_made_anew_for_each_attempt() {
    block(async {
        let (bucket, seen) = bucket("", |_, number| if number < 1 { refusal(503, "SlowDown") } else { ok("") });
        let pieces = Pieces::new(|| ["ab", "", "c"].into_iter().map(|piece| Ok(Bytes::from(piece)))).unwrap();
        let put = Object { body: Body::Pieces(pieces), ..object("k") };
        let stored = bucket.put(put, When::Absent).await.unwrap().unwrap();
        assert_eq!(stored.digest, Digest::of(b"abc"));
        let sent = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(sent.len(), 2);
        for mut request in sent {
            assert_eq!(request.headers().get("content-length"), Some("3"));
            assert_eq!(request.headers().get("x-amz-content-sha256"), Some(Digest::of(b"abc").hex().as_str()));
            let body = ByteStream::new(std::mem::replace(request.body_mut(), SdkBody::empty()));
            assert_eq!(body.collect().await.unwrap().to_vec(), b"abc");
        }
    });
}

#[test]
fn a_key_that_s3_keeps_is_an_error_although_the_call_succeeded() {
    block(async {
        let kept = "<DeleteResult><Error><Key>p/a&amp;b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>";
        let (refusing, seen) = bucket("p", move |_, _| ok(kept));
        let error = refusing.delete(&["a&b".to_owned(), "c".to_owned()]).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "cannot delete from `s3://bucket/p/`: `p/a&b`: AccessDenied: no");
        let body = seen.lock().unwrap()[0].body().bytes().unwrap().to_vec();
        assert!(String::from_utf8(body).unwrap().contains("<Key>p/a&amp;b</Key>"));
        let (willing, seen) = bucket("", |_, _| ok("<DeleteResult></DeleteResult>"));
        let keys: Vec<String> = (0..1_001).map(|number| number.to_string()).collect();
        willing.delete(&keys).await.unwrap();
        assert_eq!(lines(&seen), ["POST /?delete=", "POST /?delete="]);
    });
}

#[test]
fn a_list_is_read_page_by_page_below_the_prefix_and_nothing_is_asked_of_objects() {
    block(async {
        let (bucket, seen) = bucket("p", |line, _| match line {
            line if line.starts_with("GET /p/.site") => refusal(404, "NoSuchKey"),
            line if line.contains("continuation-token=t%2F1") => {
                ok("<L><Contents><Key>p/b</Key><ETag>2</ETag></Contents><IsTruncated>false</IsTruncated></L>")
            }
            _ => ok("<L><IsTruncated>true</IsTruncated><NextContinuationToken>t/1</NextContinuationToken>\
                <Contents><Key>p/a</Key><ETag>1</ETag></Contents></L>"),
        });
        let mut work = Work::new(Files::default());
        bucket.observe(&mut work).await.unwrap();
        assert!(work.has_object("a") && work.has_object("b"));
        let list = "encoding-type=url&list-type=2&prefix=p%2F";
        let expected = [
            "GET /p/.site/manifest.json".to_owned(),
            format!("GET /?{list}"),
            format!("GET /?continuation-token=t%2F1&{list}"),
        ];
        assert_eq!(lines(&seen), expected);
    });
}

/// Answers by statuses and bodies in turn, the first of which breaks off; then by an empty list.
#[derive(Debug)]
struct Breaking(Mutex<VecDeque<(u16, String)>>);

struct Broken(Option<Bytes>);

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        let cut = || std::io::ErrorKind::ConnectionReset.into();
        Poll::Ready(Some(self.0.take().map(http_body::Frame::data).ok_or_else(cut)))
    }
}

impl HttpConnector for Breaking {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut left = self.0.lock().unwrap();
        let first = left.len() == 2;
        let (status, text) = left.pop_front().unwrap_or((200, "<List></List>".to_owned()));
        let body = if first { SdkBody::from_body_1_x(Broken(Some(text.into()))) } else { SdkBody::from(text) };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), body)))
    }
}

#[test]
fn a_manifest_that_is_cut_off_is_read_anew_and_leaves_nothing_behind() {
    block(async {
        let tag = Tag::of("x").base64();
        let manifest = |keys: &[&str]| {
            let head = format!(r#"{{"format":"site-sync 2","owner":"o","objects":{},"headers":[]}}"#, keys.len());
            let lines = keys.iter().map(|key| format!(r#"{{"key":"{key}","tag":"{tag}"}}"#));
            [head].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
        };
        let gone = "<Error><Code>NoSuchKey</Code></Error>".to_owned();
        let cases = [((200, manifest(&["b"])), vec!["b"], State::Good), ((404, gone), vec![], State::Absent)];
        for (second, known, state) in cases {
            let answers = VecDeque::from([(200, manifest(&["a.txt", "c"])), second]);
            let mut work = Work::new(super::made(&[("a.txt".to_owned(), vec![1])]));
            over(Breaking(Mutex::new(answers)), "").observe(&mut work).await.unwrap();
            assert_eq!(work.strays.keys().map(AsRef::as_ref).collect::<Vec<&str>>(), known);
            assert_eq!((work.state, work.known[0]), (state, None));
        }
    });
}

fn large(folder: &tempfile::TempDir) -> Object {
    let path = folder.path().join("big");
    let size = PART * 2 + 1;
    std::fs::write(&path, vec![7; usize::try_from(size).unwrap()]).unwrap();
    Object { key: "big".to_owned(), headers: Headers::default(), body: Body::File(path, size, None) }
}

fn multipart(line: &str) -> Answer {
    match line {
        "POST /big?uploads=" => ok("<R><UploadId>u</UploadId></R>"),
        "POST /big?uploadId=u" => ok("<R><ETag>\"x-3\"</ETag></R>"),
        _ => ok(""),
    }
}

#[test]
fn a_large_file_goes_in_parts_each_with_its_digest_and_is_what_its_parts_are() {
    block(async {
        let folder = tempfile::tempdir().unwrap();
        let (bucket, seen) = bucket("", |line, _| multipart(line));
        let stored = bucket.put(large(&folder), When::Always).await.unwrap().unwrap();
        let part = |size: u64| Digest::of(&vec![7; usize::try_from(size).unwrap()]);
        let parts = [part(PART), part(PART), part(1)];
        assert_eq!(stored, Stored { etag: "\"x-3\"".to_owned(), digest: Digest::of_parts(&parts) });
        // The very digest that a plan computes of the file.
        assert_eq!(crate::read::digest(&folder.path().join("big"), &mut Vec::new()).unwrap(), stored.digest);
        let last = seen.lock().unwrap().pop().unwrap();
        let body = String::from_utf8(last.body().bytes().unwrap().to_vec()).unwrap();
        assert!(
            body.contains(&format!(
                "<PartNumber>3</PartNumber><ETag>&quot;e&quot;</ETag><ChecksumSHA256>{}<",
                parts[2].base64()
            )),
            "{body}"
        );
        assert_eq!(last.headers().get("x-amz-checksum-sha256"), Some(format!("{}-3", stored.digest.base64()).as_str()));
    });
}

#[test]
fn a_large_file_that_changes_on_its_way_or_fails_late_is_an_error_and_its_parts_go() {
    block(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        let (torn, seen) = bucket("", move |line, _| {
            if line.contains("partNumber=3") {
                let file = std::fs::File::options().write(true).open(&path).unwrap();
                std::os::unix::fs::FileExt::write_at(&file, b"x", 0).unwrap();
            }
            multipart(line)
        });
        let error = torn.put(large(&folder), When::Always).await.unwrap_err();
        assert!(format!("{error:#}").ends_with("big` was changed while it was being synced"), "{error:#}");
        assert_eq!(lines(&seen).last().map(String::as_str), Some("DELETE /big?uploadId=u"));
        let (late, seen) = bucket("", |line, _| match line {
            "POST /big?uploadId=u" => (200, Vec::new(), "<Error><Code>InternalError</Code></Error>".to_owned()),
            line => multipart(line),
        });
        let error = late.put(large(&folder), When::Always).await.unwrap_err();
        assert!(format!("{error:#}").contains("InternalError"), "{error:#}");
        assert_eq!(lines(&seen).last().map(String::as_str), Some("DELETE /big?uploadId=u"));
    });
}
